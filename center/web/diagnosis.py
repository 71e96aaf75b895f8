"""What a node found out about its own line, read for people: its newest finding on the ladder, which verdict held when,
its outages as it tells them, and the way its packets take."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from center.connectivity.models import NodePath, Outage, Report, VerdictChange
from center.core.ladder import Rung, ladder
from center.core.paths import HopRow, compared
from center.core.strip import Piece, severity, strip
from center.core.times import CLOCK_OFF_MS
from center.web.advice import language, party_of
from center.web.live import now_ms
from center.web.newest import newest_rows
from wire.bodies import EvidenceItem, OutageNotice, PathNotice, VerdictNotice
from wire.evidence import sentence

STRIP_HOURS = (24, 7 * 24)
OUTAGES = 8
CHANGES = 8
STEPS = 12
"""Of an outage: the first ones tell how it began, the rest is in the interface."""
EVIDENCE = 6
MAIN_TARGET = "center"

Body = TypeVar("Body", VerdictNotice, OutageNotice, PathNotice)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the node last said about its ladder. `at_ms` None: only its reports say so, no event has come.

    `party`: who is responsible in this case, which may be somebody else than the verdict's own row says.
    """

    code: str
    since_ms: int | None
    at_ms: int | None
    confidence_pct: float | None
    evidence: list[str]
    also: tuple[str, ...]
    rungs: list[Rung]
    party: str
    items: tuple[EvidenceItem, ...] = ()

    @property
    def on_no_rung(self) -> bool:
        """Whether the verdict lies on no rung (U0, A1, A2, codes of newer agents): it is said above them then."""
        return self.code != "OK" and not any(rung.named and rung.code for rung in self.rungs)


@dataclass(frozen=True, slots=True)
class Change:
    """The verdict was `code` from `since_ms` to `until_ms` (None: it is the newest)."""

    code: str
    severity: str
    since_ms: int
    until_ms: int | None
    quality: str

    @property
    def lasted_ms(self) -> int | None:
        """How long; None for the newest."""
        return None if self.until_ms is None else max(0, self.until_ms - self.since_ms)


@dataclass(frozen=True, slots=True)
class Strip:
    """Which verdict held in the last hours; `pieces` with places in per mille of the strip, and their severity."""

    hours: int
    pieces: list[tuple[Piece, int, int, str]]


@dataclass(frozen=True, slots=True)
class Step:
    """From `at_ms` on an outage looked like this."""

    at_ms: int
    code: str
    evidence: list[str]


@dataclass(frozen=True, slots=True)
class OutageRow:
    """One outage. `end_ms` None: the node has not said that it is over."""

    outage: str
    code: str
    onset_ms: int
    end_ms: int | None
    quality: str
    how: str
    received_ms: int
    confidence_pct: float
    sent: int
    lost: int
    also: tuple[str, ...]
    evidence: list[str]
    steps: list[Step]
    more_steps: int
    items: tuple[EvidenceItem, ...]

    @property
    def lasted_ms(self) -> int | None:
        """How long it was; None while that is not known."""
        return None if self.end_ms is None else self.end_ms - self.onset_ms


@dataclass(frozen=True, slots=True)
class PathRow:
    """The newest path to a target. `before_ms` is that of the path it is held against; None when there is none."""

    target: str
    address: str
    at_ms: int
    why: str
    reached: bool
    changed: bool
    hops: list[HopRow]
    before_ms: int | None


def finding(node: str, reported: str) -> Finding | None:
    """The node's newest finding; `reported` is the verdict of its newest report, which counts where they differ."""
    rows = newest_rows(VerdictChange.objects.all(), node, 1)
    body = _body(rows[0].json, VerdictNotice) if rows else None
    if body is None or (reported and body.code != reported):
        return Finding(reported, None, None, None, [], (), ladder(reported), party_of(reported)) if reported else None
    told = [(rung.name, rung.state, rung.code) for rung in body.rungs]
    return Finding(
        body.code,
        rows[0].since_ms,
        rows[0].at_ms,
        body.confidence_pct,
        _said(body.evidence),
        body.also,
        ladder(body.code, told, body.also),
        body.party or party_of(body.code),
        body.evidence,
    )


def changes(node: str, count: int = CHANGES) -> list[Change]:
    """The newest changes of the verdict, newest first."""
    found: list[Change] = []
    until_ms = None
    for row in newest_rows(VerdictChange.objects.all(), node, count):
        found.append(Change(row.code, severity(row.code), row.since_ms, until_ms, row.at_quality))
        until_ms = row.since_ms
    return found


def strips(node: str) -> list[Strip]:
    """Which verdict the node's reports carried, over the spans of STRIP_HOURS."""
    end_ms = now_ms()
    start_ms = end_ms - max(STRIP_HOURS) * 3_600_000
    rows = Report.objects.filter(node=node, at_ms__gte=start_ms, at_ms__lte=end_ms + CLOCK_OFF_MS)
    reports = [
        (at_ms, 1000 * period_s, code) for at_ms, period_s, code in rows.values_list("at_ms", "period_s", "verdict")
    ]
    return [_strip(reports, hours, end_ms) for hours in STRIP_HOURS] if reports else []


def _strip(reports: Iterable[tuple[int, float, str]], hours: int, end_ms: int) -> Strip:
    span_ms = hours * 3_600_000
    start_ms = end_ms - span_ms
    recent = (report for report in reports if report[0] > start_ms)
    pieces = []
    for piece in strip(recent, start_ms, end_ms):
        left, right = (round(1000 * (at - start_ms) / span_ms) for at in (piece.start, piece.end))
        pieces.append(
            (Piece(round(piece.start), round(piece.end), piece.code), left, right - left, severity(piece.code))
        )
    return Strip(hours, pieces)


def outages(node: str, count: int = OUTAGES) -> list[OutageRow]:
    """The newest outages of the node's way to the centre, newest first."""
    return [row for row in map(_outage, newest_rows(Outage.objects.all(), node, count)) if row is not None]


def outage_count(node: str) -> int:
    """How many outages the node has told of in all."""
    return Outage.objects.filter(node=node).count()


def _outage(row: Outage) -> OutageRow | None:
    body = _body(row.json, OutageNotice)
    if body is None:
        return None
    steps = [
        Step(row.at_ms + step.mono_ms - row.mono_ms, step.code, _said(step.evidence)) for step in body.steps[:STEPS]
    ]
    return OutageRow(
        row.outage,
        row.code,
        row.at_ms,
        row.end_ms,
        row.at_quality,
        row.how,
        row.received_ms,
        row.confidence_pct,
        body.sent,
        body.lost,
        body.also,
        _said(body.evidence),
        steps,
        max(0, len(body.steps) - STEPS),
        body.evidence,
    )


def path_to_center(node: str) -> PathRow | None:
    """The newest path to the centre, beside the one before it."""
    found = list(_paths(newest_rows(NodePath.objects.all(), node, 2, target=MAIN_TARGET)))
    if not found:
        return None
    row, body = found[0]
    earlier = [(hop.ttl, hop.address) for hop in found[1][1].hops] if len(found) > 1 else []
    hops = compared([(hop.ttl, hop.address, hop.rtt_ms) for hop in body.hops], earlier)
    before_ms = found[1][0].at_ms if len(found) > 1 else None
    return PathRow(row.target, row.address, row.at_ms, row.why, row.reached, row.changed, hops, before_ms)


def _paths(rows: Iterable[NodePath]) -> Iterator[tuple[NodePath, PathNotice]]:
    for row in rows:
        body = _body(row.json, PathNotice)
        if body is not None:
            yield row, body


def _body(text: str, kind: type[Body]) -> Body | None:
    """A stored body; None when a change of its schema has left an old one unreadable."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError:
        return None


def _said(items: Iterable[EvidenceItem]) -> list[str]:
    return [sentence(item, language()) for item in list(items)[:EVIDENCE]]
