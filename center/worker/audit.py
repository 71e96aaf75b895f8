"""The gap audit as it runs: which epochs have news, what `center.core.audit` finds in them, and the rows that say so.

Only what was touched is looked at again: a report or a ledger entry marks its epoch. Below `sound_to` a lane is known
to be whole and is not read again; that is kept in memory only, so a restart audits everything once more.
"""

import time
from collections.abc import Iterable

from django.db import transaction

from center.core.audit import (
    EVENT,
    KINDS,
    Finding,
    Statements,
    examine,
    settle,
    sound_to,
)
from center.ingest.changes import record_changes
from center.ingest.database import execute, select
from center.ingest.generation import current_generation
from center.ingest.restores import note_heads
from center.worker.audit_facts import Facts, NodeEpochs, epochs_of, facts_of, lanes_json, said_newest
from center.worker.records import json_text
from wire.ranges import Ranges

SHOWN_RANGES = 20
"""Ranges kept of a finding: enough to look them up; the count is of all."""
NODES_A_ROUND = 50
"""About 0.1 s for nodes with little to say; the projection waits no longer than that."""
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


class Auditor:
    """One worker's audit: what is to be looked at, and where each lane may be begun."""

    def __init__(self) -> None:
        self._due: dict[str, set[str]] = {}
        self._starts: dict[tuple[str, str], dict[str, int]] = {}
        self._generation: str | None = None
        self._restored = False

    def mark(self, touched: Iterable[tuple[str, str]]) -> None:
        """These (node, epoch) have news; epoch "" = all of the node's."""
        for node, epoch in touched:
            self._due.setdefault(node, set()).add(epoch)

    def run(self, now_ms: int | None = None) -> int:
        """Audit some of what is due, in transactions of its own; returns how many findings changed."""
        generation = current_generation()
        if generation != self._generation:
            self._generation = generation
            self._restored = bool(select("SELECT 1 FROM ingest_restore LIMIT 1"))
            self._starts.clear()
            self.mark((node, "") for (node,) in select("SELECT DISTINCT node FROM ingest_epoch"))
        now = int(time.time() * 1000) if now_ms is None else now_ms
        changed = 0
        for node in list(self._due)[:NODES_A_ROUND]:
            wanted = self._due.pop(node)
            left = self._node(node, wanted, now)
            changed += left[0]
            if left[1]:
                self._due.setdefault(node, set()).update(left[1])
        return changed

    def _node(self, node: str, wanted: set[str], now_ms: int) -> tuple[int, set[str]]:
        """Audit a node's wanted epochs; how many findings changed, and which epochs must wait."""
        epochs = epochs_of(node)
        names = set(epochs.known) if "" in wanted else wanted & set(epochs.known)
        changed = 0
        waiting: set[str] = set()
        for epoch in sorted(names):
            if self._restored:
                _note_heads(node, epoch)
            facts = facts_of(node, epoch, epochs, self._starts.get((node, epoch), {}))
            if facts is None:
                waiting.add(epoch)
            else:
                changed += self._epoch(node, epoch, epochs, facts, now_ms)
        return changed, waiting

    def _epoch(self, node: str, epoch: str, epochs: NodeEpochs, facts: Facts, now_ms: int) -> int:
        starts = self._starts.get((node, epoch), {})
        known = self._settled(facts)
        ending = epochs.ending(epoch)
        findings = {}
        for stream, lane in facts.lanes.items():
            start = starts.get(stream, 1)
            conflict = epochs.known[epoch].conflict
            findings[stream] = Finding() if conflict else examine(stream, lane, known, ending, start)
            starts = {**starts, stream: sound_to(stream, lane, known, start)}
        with transaction.atomic():
            if known is not None and known != facts.said:
                _write_settled(node, epoch, known)
            changed = _write_findings(node, epoch, findings, now_ms)
            if changed:
                record_changes([("integrity", node)])
        self._starts[node, epoch] = starts
        return changed

    def _settled(self, facts: Facts) -> Statements | None:
        if facts.said is None:
            return None
        events = facts.lanes[EVENT]
        return settle(facts.said, events.stored.union(events.declared))


def _note_heads(node: str, epoch: str) -> None:
    """What the node says it has given out bounds what a restore can explain."""
    said = said_newest(node, epoch)
    if said is not None:
        statement, said_ms = said
        with transaction.atomic():
            note_heads(node, epoch, {stream: head for stream, (_oldest, head) in statement.lanes.items()}, said_ms)


def _write_settled(node: str, epoch: str, known: Statements) -> None:
    settled = (known.settled.seq, lanes_json(known.settled)) if known.settled else (0, "{}")
    execute(_SETTLED, (known.asked.seq, lanes_json(known.asked), *settled, node, epoch))


def _write_findings(node: str, epoch: str, findings: dict[str, Finding], now_ms: int) -> int:
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
