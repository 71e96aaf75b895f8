"""The rows the gap audit leaves: findings per lane, and which statements are asked about and settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from center.core.audit import KINDS, Finding, Statements
from center.ingest.changes import record_changes
from center.ingest.database import execute, select, writing
from center.worker.audit_facts import lanes_json
from center.worker.records import json_text
from wire.ranges import Ranges

SHOWN_RANGES = 20
"""Ranges kept of a finding: enough to look them up; the count is of all."""
MOST_NUMBERS = 2**62
"""Counts are cut off here: a node may claim any head, a column holds 63 bits."""

_WRITE = """
INSERT INTO connectivity_integrity (node, epoch, stream, kind, count, ranges, since_ms, changed_ms)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (node, epoch, stream, kind) DO UPDATE SET count = excluded.count, ranges = excluded.ranges,
  changed_ms = excluded.changed_ms
"""
_SETTLED = """
UPDATE connectivity_heldstatement SET asked_seq = %s, asked = %s, settled_seq = %s, settled = %s
WHERE node = %s AND epoch = %s
"""


@dataclass(frozen=True, slots=True)
class Audited:
    """What was found of one epoch, and what is to be remembered of it. `known` is None when nothing new settled."""

    node: str
    epoch: str
    known: Statements | None
    findings: Mapping[str, Finding]
    starts: Mapping[str, int]


def write(audited: Sequence[Audited], now_ms: int) -> int:
    """Bring the rows to what was found; returns how many findings changed."""
    changed = 0
    with writing():
        touched: list[str] = []
        for one in audited:
            if one.known is not None:
                _write_settled(one.node, one.epoch, one.known)
            news = _write_findings(one.node, one.epoch, one.findings, now_ms)
            if news:
                touched.append(one.node)
            changed += news
        record_changes(("integrity", node) for node in touched)
    return changed


def _write_settled(node: str, epoch: str, known: Statements) -> None:
    settled = (known.settled.seq, lanes_json(known.settled)) if known.settled else (0, "{}")
    execute(_SETTLED, (known.asked.seq, lanes_json(known.asked), *settled, node, epoch))


def _write_findings(node: str, epoch: str, findings: Mapping[str, Finding], now_ms: int) -> int:
    """Bring the rows of one epoch to what was found; returns how many differ."""
    sql = "SELECT stream, kind, count, ranges FROM connectivity_integrity WHERE node = %s AND epoch = %s"
    there = {(stream, kind): (count, ranges) for stream, kind, count, ranges in select(sql, (node, epoch))}
    found = {
        (stream, kind): _told(finding.of(kind))
        for stream, finding in findings.items()
        for kind in KINDS
        if finding.of(kind)
    }
    for (stream, kind), told in found.items():
        if there.get((stream, kind)) != told:
            execute(_WRITE, (node, epoch, stream, kind, *told, now_ms, now_ms))
    gone = [key for key in there if key not in found]
    for stream, kind in gone:
        where = "node = %s AND epoch = %s AND stream = %s AND kind = %s"
        execute(f"DELETE FROM connectivity_integrity WHERE {where}", (node, epoch, stream, kind))  # noqa: S608
    return len(gone) + sum(there.get(key) != told for key, told in found.items())


def _told(numbers: Ranges) -> tuple[int, str]:
    return min(len(numbers), MOST_NUMBERS), json_text(numbers.pairs[:SHOWN_RANGES])
