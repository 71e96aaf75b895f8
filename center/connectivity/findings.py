"""What the gap audit and the quarantine know, read for people: pages, interface, command line and metrics."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from center.connectivity.models import GapLedger, HeldStatement, Integrity
from center.core.gap_reasons import gap_class
from center.ingest.models import Epoch, Quarantined, Restore

QUARANTINE_SHOWN = 5
LEDGER_SHOWN = 8
LEDGER_READ = 1000
"""Entries looked at to make the few lines shown: a thinned day alone has 288."""
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


def findings(node: str = "", kind: str = "") -> list[FindingRow]:
    """Findings of one node or all, the gravest kinds first."""
    rows = Integrity.objects.all()
    if node:
        rows = rows.filter(node=node)
    if kind:
        rows = rows.filter(kind=kind)
    restore = Restore.objects.order_by("-at_ms").first()
    found = [_finding(row, restore) for row in rows]
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


def _finding(row: Integrity, restore: Restore | None) -> FindingRow:
    explained = row.kind == "restore" and restore is not None
    return FindingRow(
        row.node,
        row.epoch,
        row.stream,
        row.kind,
        row.count,
        [(first, last) for first, last in json.loads(row.ranges)],
        row.since_ms,
        restore.known_until_ms if explained and restore else None,
        restore.at_ms if explained and restore else None,
    )


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
