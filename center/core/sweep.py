"""From conclusions to whole seconds of a day: up, down, under maintenance, or nobody knows. Pure.

Precedence: maintenance, then down (the certain part of an outage), then up (proven life outside of every possible
outage), and what is left is unknown. So an outage's uncertain edges are unknown, and the bounds come by themselves:

    worst = up / (up + down + unknown)      best = (up + unknown) / (up + down + unknown)

Every boundary is floored to whole seconds by `_floored` before anything is added, so that days add up to months.
Nothing counts before the node was known, after it was retired, and after now.

The ISP's measure looks at the same seconds within its contract hours: down is what it is to blame for; other outages
and maintenance are excluded; unknown stays unknown.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from center.core import days as calendar
from center.core.facts import EXCLUDED, Concluded, NodeFacts, Seconds, Span
from center.core.proofs import proofs
from center.core.spans import clip, intersect, subtract, union

MAINTENANCE = "maintenance"
"""Why contract seconds are excluded that lie in a stay or a planned work."""


class Hours(Protocol):
    """Contract hours: those of a week (`center.core.hours`), or of a line that changed (`center.core.terms`)."""

    def spans(self, window: Span, without: Collection[int] = ()) -> tuple[Span, ...]:
        """What of the window (Unix ms) lies in them. Days in `without` (20261225) have none."""


def seconds(
    facts: NodeFacts,
    concluded: Sequence[Concluded],
    days: Iterable[int],
    now_ms: int,
    hours: Hours | None = None,
    *,
    holidays: Collection[int] = (),
) -> tuple[Seconds, ...]:
    """One row for each of the days, in their order. `hours`, `holidays`: of the ISP's contract; None: at any time.

    `concluded`: the node's outages, at least those that touch the days.
    """
    wanted = list(days)
    if not wanted:
        return ()
    window = Span(calendar.bounds(min(wanted)).start_ms, calendar.bounds(max(wanted)).end_ms)
    parts = _parts(facts, concluded, window, now_ms)
    contract = None if hours is None else _floored(hours.spans(window, holidays))
    by_day = _by_day(parts.down)
    return tuple(
        _day(facts.node, day, _whole(calendar.bounds(day)), parts, by_day.get(day, {}), contract=contract)
        for day in wanted
    )


@dataclass(frozen=True, slots=True)
class DayPart:
    """The seconds of a day from `from_ms` on, until the next part of that day begins or the day ends."""

    from_ms: int
    seconds: Seconds


def day_parts(
    facts: NodeFacts,
    concluded: Sequence[Concluded],
    cuts: Mapping[int, Sequence[int]],
    now_ms: int,
    hours: Hours | None = None,
    *,
    holidays: Collection[int] = (),
) -> tuple[DayPart, ...]:
    """Days divided at these moments of theirs (whole seconds in ms), the first part from midnight on. The parts of a
    day add up to what `seconds` says of it, second by second and cause by cause."""
    found: list[DayPart] = []
    for day, moments in sorted(cuts.items()):
        window = calendar.bounds(day)
        parts = _parts(facts, concluded, window, now_ms)
        contract = None if hours is None else _floored(hours.spans(window, holidays))
        lost = _by_day(parts.down).get(day, {})
        ends = sorted({window.start_ms, *moments, window.end_ms})
        for start_ms, end_ms in pairwise(ends):
            piece = _whole(Span(start_ms, end_ms))
            found.append(DayPart(start_ms, _day(facts.node, day, piece, parts, lost, contract=contract)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Loss:
    """What one outage cost in a window: whole seconds counted as down, and of them those held against the ISP."""

    outage: Concluded
    lost_s: int
    isp_s: int


def losses(
    facts: NodeFacts,
    concluded: Sequence[Concluded],
    window: Span,
    now_ms: int,
    hours: Hours | None = None,
    *,
    holidays: Collection[int] = (),
) -> tuple[Loss, ...]:
    """Every outage that cost seconds of the window. Over whole days they add up to `down_s` and `isp_down_s` of those
    days, as `seconds` gives them. Of the facts only the stays and the node's own beginning and end matter."""
    contract = None if hours is None else _floored(hours.spans(window, holidays))
    found = []
    for one, spans in _parts(facts, concluded, window, now_ms).down:
        held = spans if contract is None else intersect(spans, contract)
        found.append(Loss(one, _length(spans), _length(held) if one.party == "isp" else 0))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Spans in seconds: apart from each other, each ascending."""

    counted: tuple[Span, ...]
    up: tuple[Span, ...]
    maintenance: tuple[Span, ...]
    down: tuple[tuple[Concluded, tuple[Span, ...]], ...]


def _parts(facts: NodeFacts, concluded: Sequence[Concluded], window: Span, now_ms: int) -> _Parts:
    until_ms = now_ms if facts.retired_ms is None else min(now_ms, facts.retired_ms)
    counted = _floored(clip((Span(facts.known_since_ms, max(facts.known_since_ms, until_ms)),), window))
    maintenance = intersect(_floored(facts.stays), counted)
    open_seconds = subtract(counted, maintenance)
    down = _down(concluded, open_seconds, until_ms)
    taken = [span for _, spans in down for span in spans]
    good = _floored(proofs(facts, window))
    lost = _floored(possible(one, until_ms) for one in concluded if one.counts != "up")
    center = _floored(certain(one, until_ms) for one in concluded if one.counts == "up")
    up = intersect(subtract((*good, *center), (*lost, *taken)), open_seconds)
    return _Parts(counted, up, maintenance, down)


def _down(
    concluded: Sequence[Concluded], open_seconds: tuple[Span, ...], until_ms: int
) -> tuple[tuple[Concluded, tuple[Span, ...]], ...]:
    """What each outage costs. As concluded they lie apart; a second that two claim all the same goes to the first."""
    found: list[tuple[Concluded, tuple[Span, ...]]] = []
    latest = 0
    for one in sorted(concluded, key=lambda one: (one.start, one.cause)):
        if one.counts != "down":
            continue
        mine = tuple(piece for span in _floored((certain(one, until_ms),)) for piece in _inside(open_seconds, span))
        if mine and mine[0].start_ms < latest:
            mine = subtract(mine, (span for _, spans in found for span in spans))
        if mine:
            latest = max(latest, mine[-1].end_ms)
            found.append((one, mine))
    return tuple(found)


def certain(one: Concluded, until_ms: int) -> Span:
    """The stretch it lasted for certain, perhaps empty (start not before end)."""
    return Span(one.start.hi_ms, until_ms if one.end is None else one.end.lo_ms)


def possible(one: Concluded, until_ms: int) -> Span:
    """The stretch outside of which it did not last."""
    return Span(one.start.lo_ms, until_ms if one.end is None else one.end.hi_ms)


def _whole(span: Span) -> Span:
    return Span(span.start_ms // 1000, span.end_ms // 1000)


def _floored(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Milliseconds to whole seconds, the one place where it is done."""
    return union(_whole(span) for span in spans)


def _by_day(down: Sequence[tuple[Concluded, tuple[Span, ...]]]) -> dict[int, dict[int, list[Span]]]:
    """Per day, of the outages that cost seconds of it (by their place in `down`) those seconds."""
    found: dict[int, dict[int, list[Span]]] = {}
    for at, (_, spans) in enumerate(down):
        for span in spans:
            start = span.start_ms
            while start < span.end_ms:
                day = calendar.day_of(start * 1000)
                end = min(span.end_ms, calendar.bounds(day).end_ms // 1000)
                found.setdefault(day, {}).setdefault(at, []).append(Span(start, end))
                start = end
    return found


def _day(
    node: str, day: int, whole: Span, parts: _Parts, lost: Mapping[int, Sequence[Span]],
    *, contract: tuple[Span, ...] | None,
) -> Seconds:  # fmt: skip
    """What of a day lies within `whole` (seconds)."""
    counted, up = _inside(parts.counted, whole), _inside(parts.up, whole)
    maintenance = _inside(parts.maintenance, whole)
    down = [(parts.down[at][0], inside) for at, spans in lost.items() if (inside := _inside(spans, whole))]
    causes: dict[str, int] = {}
    for one, spans in down:
        causes[one.cause] = causes.get(one.cause, 0) + _length(spans)
    up_s, down_s, maintenance_s = _length(up), sum(causes.values()), _length(maintenance)
    held = whole_contract = counted if contract is None else intersect(counted, _inside(contract, whole))
    isp_up_s = _length(intersect(up, held))
    isp_down_s = sum(_length(intersect(spans, held)) for one, spans in down if one.party == "isp")
    others = [(one.cause, _length(intersect(spans, held))) for one, spans in down if one.party != "isp"]
    excluded_s = 0
    for cause, seconds in (*others, (MAINTENANCE, _length(intersect(maintenance, held)))):
        if seconds:
            causes[EXCLUDED + cause] = causes.get(EXCLUDED + cause, 0) + seconds
            excluded_s += seconds
    return Seconds(
        node, day, up_s, down_s, maintenance_s, _length(counted) - up_s - down_s - maintenance_s,
        isp_up_s, isp_down_s, excluded_s, _length(whole_contract) - isp_up_s - isp_down_s - excluded_s,
        dict(sorted(causes.items())),
    )  # fmt: skip


def _inside(spans: Sequence[Span], whole: Span) -> tuple[Span, ...]:
    """`spans` ascend and lie apart; only those near the day are looked at."""
    at = max(0, bisect_right(spans, whole.start_ms, key=lambda span: span.start_ms) - 1)
    found = []
    while at < len(spans) and spans[at].start_ms < whole.end_ms:
        start, end = max(spans[at].start_ms, whole.start_ms), min(spans[at].end_ms, whole.end_ms)
        if start < end:
            found.append(Span(start, end))
        at += 1
    return tuple(found)


def _length(spans: Iterable[Span]) -> int:
    return sum(span.end_ms - span.start_ms for span in spans)
