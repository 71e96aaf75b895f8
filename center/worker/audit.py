"""The gap audit as it runs: which epochs have news, what `center.core.audit` finds in them, and the rows that say so.

Only what was touched is looked at again: a record marks its epoch, a ledger entry all of its node's. Below `sound_to`
a lane is known to be whole and is not read again; that is kept in memory only, so a restart audits everything once
more.
"""

import time
from collections.abc import Iterable, Iterator, Mapping

from center.core.audit import EVENT, Finding, examine, settle, sound_to
from center.ingest.database import select, writing
from center.ingest.generation import current_generation
from center.ingest.restores import note_heads
from center.worker.audit_facts import Facts, NodeEpochs, being_checked, epochs_of, facts_of, heads_said
from center.worker.audit_rows import Audited, write

NODES_A_ROUND = 50
"""About 0.1 s for nodes with little to say; the projection waits no longer than that."""


class Auditor:
    """One worker's audit: what is to be looked at, and where each lane may be begun."""

    def __init__(self) -> None:
        self._due: dict[str, set[str]] = {}
        self._starts: dict[tuple[str, str], Mapping[str, int]] = {}
        self._generation: str | None = None
        self._restored = False

    def mark(self, touched: Iterable[tuple[str, str]]) -> None:
        """These (node, epoch) have news; epoch "" = all of the node's."""
        for node, epoch in touched:
            self._due.setdefault(node, set()).add(epoch)

    def run(self, now_ms: int | None = None) -> int:
        """Audit some of what is due; returns how many findings changed.

        Raises:
            django.db.Error: what is not written is still due.
        """
        self._notice_generation()
        now = int(time.time() * 1000) if now_ms is None else now_ms
        changed, decided = self._round(now)
        return changed + (self._round(now)[0] if decided else 0)

    def _round(self, now: int) -> tuple[int, bool]:
        """One transaction; how many findings changed, and whether that may decide what earlier epochs left open."""
        nodes = list(self._due)[:NODES_A_ROUND]
        waiting: dict[str, set[str]] = {}
        audited: list[Audited] = []
        for node in nodes:
            for one in self._node(node, self._due[node]):
                if isinstance(one, Audited):
                    audited.append(one)
                else:
                    waiting.setdefault(node, set()).add(one)
        changed = write(audited, now) if audited else 0
        for node in nodes:
            del self._due[node]
        self._due.update(waiting)
        self._starts.update({(one.node, one.epoch): one.starts for one in audited})
        settled = {one.node for one in audited if one.known is not None}
        open_ones = [(node, epoch) for node in settled for epoch in being_checked(node)]
        self.mark(open_ones)
        return changed, bool(open_ones)

    def _notice_generation(self) -> None:
        """A database that was put back knows less than this memory: begin anew."""
        generation = current_generation()
        if generation == self._generation:
            return
        self._restored = bool(select("SELECT 1 FROM ingest_restore LIMIT 1"))
        self._starts.clear()
        self.mark((node, "") for (node,) in select("SELECT DISTINCT node FROM ingest_epoch"))
        self._generation = generation

    def _node(self, node: str, wanted: set[str]) -> Iterator[Audited | str]:
        """Audit a node's wanted epochs; the bare name of an epoch that must wait for the projection."""
        epochs = epochs_of(node)
        names = set(epochs.known) if "" in wanted else wanted & set(epochs.known)
        for epoch in sorted(names):
            if self._restored:
                _note_heads(node, epoch)
            starts = self._starts.get((node, epoch), {})
            facts = facts_of(node, epoch, epochs, starts)
            yield epoch if facts is None else _audit(node, epoch, epochs, facts, starts)


def _audit(node: str, epoch: str, epochs: NodeEpochs, facts: Facts, starts: Mapping[str, int]) -> Audited:
    known = facts.said
    if known is not None:
        events = facts.lanes[EVENT]
        known = settle(known, events.stored.union(events.declared))
    ending = epochs.ending(epoch)
    conflict = epochs.known[epoch].conflict
    findings: dict[str, Finding] = {}
    begin: dict[str, int] = {}
    for stream, lane in facts.lanes.items():
        start = starts.get(stream, 1)
        findings[stream] = Finding() if conflict else examine(stream, lane, known, ending, start)
        begin[stream] = sound_to(stream, lane, known, start)
    return Audited(node, epoch, None if known == facts.said else known, findings, begin)


def _note_heads(node: str, epoch: str) -> None:
    """What the node says it has given out, in a report or with any batch, bounds what a restore can explain."""
    with writing():
        for stream, head, said_ms in heads_said(node, epoch):
            note_heads(node, epoch, {stream: head}, said_ms)
