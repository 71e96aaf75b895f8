"""What the gap audit and the quarantine know, read for people: pages, interface, command line and metrics."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from center.connectivity.models import GapLedger, HeldStatement, Integrity
from center.connectivity.tails import tails
from center.core.gap_reasons import gap_class
from center.core.replacing import Tail
from center.ingest.models import Epoch, Quarantined, Restore, RestoredLane

QUARANTINE_SHOWN = 5
LEDGER_SHOWN = 8
LEDGER_READ = 1000
"""Entries looked at to make the few lines shown: a thinned day alone has 288."""
_NO_END = 1 << 63
ORDER = ("fault", "checking", "card", "restore")


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding. `ranges` are the first ones; `from_ms`, `to_ms` bound when it was lost, where that is known."""

    node: str
    epoch: str
    stream: str
    kind: str
    count: int
    ranges: list[tuple[int, int]]
    since_ms: int
    from_ms: int | None = None
    to_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """Neighbouring ledger entries of one stream and reason: `count` records between `first` and `last` in all.

    `reason_class` is one of `gap_reasons.CLASSES`, `reason` the node's own word.
    """

    stream: str
    first: int
    last: int
    count: int
    reason: str
    reason_class: str
    received_ms: int


@dataclass(frozen=True, slots=True)
class Case:
    """One case of the quarantine, without what was in it."""

    code: str
    received_ms: int
    size_bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class NodeIntegrity:
    """A node's records: `word` is "fault", "checking", "intact", or "unknown" before its first report.

    `said_ms` is when the statement all this rests on arrived; `conflict` = a cloned card, of which nothing is claimed.
    """

    word: str
    missing: int
    checking: int
    said_ms: int | None
    conflict: bool
    findings: list[FindingRow]
    declared: list[Declared]
    quarantined: int
    cases: list[Case]
    tails: list[Tail]
    """When a lost card may have held what nobody knows."""


def findings(node: str = "", kind: str = "") -> list[FindingRow]:
    """Findings of one node or all, the gravest kinds first."""
    rows = Integrity.objects.all()
    if node:
        rows = rows.filter(node=node)
    if kind:
        rows = rows.filter(kind=kind)
    spans = _Restores(row.node for row in rows if row.kind == "restore")
    found = [_finding(row, *spans.around(row)) for row in rows]
    return sorted(found, key=lambda row: (ORDER.index(row.kind), row.node, row.epoch, row.stream))


def node_integrity(node: str) -> NodeIntegrity:
    """All that is known of one node's records."""
    found = findings(node)
    said_ms = HeldStatement.objects.filter(node=node).order_by("-newest_ms").values_list("newest_ms", flat=True).first()
    missing, checking = _count(found, "fault"), _count(found, "checking")
    word = "fault" if missing else "checking" if checking else "unknown" if said_ms is None else "intact"
    entries = GapLedger.objects.filter(node=node, count__gt=0).order_by("-id")[:LEDGER_READ]
    cases = Quarantined.objects.filter(node=node).defer("payload").order_by("-id")
    return NodeIntegrity(
        word=word,
        missing=missing,
        checking=checking,
        said_ms=said_ms,
        conflict=Epoch.objects.filter(node=node, conflict=True).exists(),
        findings=found,
        declared=_together(entries)[:LEDGER_SHOWN],
        quarantined=cases.count(),
        tails=tails(node),
        cases=[Case(case.code, case.received_ms, case.size_bytes, case.digest) for case in cases[:QUARANTINE_SHOWN]],
    )


def missing_by_node() -> dict[str, int]:
    """Faults per node, for nodes that have any."""
    counts: dict[str, int] = {}
    for node, count in Integrity.objects.filter(kind="fault").values_list("node", "count"):
        counts[node] = counts.get(node, 0) + count
    return counts


def _count(found: Iterable[FindingRow], kind: str) -> int:
    return sum(row.count for row in found if row.kind == kind)


def _finding(row: Integrity, from_ms: int | None, to_ms: int | None) -> FindingRow:
    return FindingRow(
        row.node, row.epoch, row.stream, row.kind, row.count, _ranges(row), row.since_ms, from_ms=from_ms, to_ms=to_ms
    )


def _ranges(row: Integrity) -> list[tuple[int, int]]:
    return [(first, last) for first, last in json.loads(row.ranges)]


class _Restores:
    """Which restore took what: each has noted, per lane, the numbers it can explain."""

    def __init__(self, nodes: Iterable[str]) -> None:
        self._restores = Restore.objects.in_bulk()
        self._lanes: dict[tuple[str, str, str], list[RestoredLane]] = {}
        for lane in RestoredLane.objects.filter(node__in=set(nodes)):
            self._lanes.setdefault((lane.node, lane.epoch, lane.stream), []).append(lane)

    def around(self, row: Integrity) -> tuple[int | None, int | None]:
        """From the newest record the restored database knew to the restore; of several restores the span of all.

        None where no restore is known to have taken it, or the database it put back knew no record.
        """
        if row.kind != "restore":
            return None, None
        ranges = _ranges(row)
        if ranges and sum(last - first + 1 for first, last in ranges) < row.count:
            ranges[-1] = (ranges[-1][0], _NO_END)  # only the first ranges are kept
        lanes = self._lanes.get((row.node, row.epoch, row.stream), ())
        found = [
            self._restores[lane.generation]
            for lane in lanes
            if lane.generation in self._restores
            and any(first <= lane.bound and lane.floor <= last for first, last in ranges)
        ]
        if not found:
            return None, None
        known = [restore.known_until_ms for restore in found]
        earliest = None if None in known else min(at_ms for at_ms in known if at_ms is not None)
        return earliest, max(restore.at_ms for restore in found)


def _together(entries: Iterable[GapLedger]) -> list[Declared]:
    """Entries, newest first, with neighbours of the same kind as one."""
    told: list[Declared] = []
    epoch = ""
    for entry in entries:
        same = told and (epoch, told[-1].stream, told[-1].reason) == (entry.of_epoch, entry.stream, entry.reason)
        if same:
            last = told.pop()
            first, end = min(last.first, entry.first), max(last.last, entry.last)
            told.append(replace(last, first=first, last=end, count=last.count + entry.count))
        else:
            epoch = entry.of_epoch
            reason_class = gap_class(entry.reason)
            told.append(
                Declared(
                    entry.stream, entry.first, entry.last, entry.count, entry.reason, reason_class, entry.received_ms
                )
            )
    return told
