"""What the gap audit needs to know of one node, read in the order that keeps it sound.

Statements first, then what is stored, then whether the projection has caught up with the node's events, then the
ledger. Whatever arrives in between only makes less missing: no fault is found that is not one. The reads need no lock.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from center.core.audit import EVENT, SAME_FILE_REASONS, Ending, Lane, Statement, Statements
from center.core.counts import Entry
from center.core.gap_reasons import RENUMBERED
from center.ingest.database import select
from center.ingest.restores import explained
from wire.ranges import Ranges
from wire.topics import STREAMS

_HEADS = msgspec.json.Decoder(dict[str, int])
_LANES = msgspec.json.Decoder(dict[str, tuple[int, int]])
_STATEMENT = """
SELECT newest_seq, newest, newest_ms, asked_seq, asked, settled_seq, settled FROM connectivity_heldstatement
WHERE node = %s AND epoch = %s
"""
_UNPROJECTED = """
SELECT 1 FROM ingest_rawrecord
WHERE id > (SELECT COALESCE(MAX(position), 0) FROM ingest_cursor WHERE name = 'projection')
  AND node = %s AND stream = 'event' LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class EpochRow:
    """One epoch as its own notice describes it."""

    predecessor: str
    reason: str
    heads: Mapping[str, int]
    conflict: bool


@dataclass(frozen=True, slots=True)
class NodeEpochs:
    """A node's epochs by name, the one it lives in by its newest birth, those of which a statement has settled, and
    those into which not all events of the one before could be moved."""

    known: Mapping[str, EpochRow]
    current: str
    settled: frozenset[str] = frozenset()
    damaged: frozenset[str] = frozenset()

    def ending(self, epoch: str) -> Ending | None:
        """How an epoch ended; None while the node lives in it, or has not said yet what came before its present one."""
        after = self.successors(epoch)
        present = self.known.get(self.current)
        if epoch == self.current or not (after or present is None or present.reason):
            return None
        heads: dict[str, int] = {}
        for name in after:
            for stream, head in self.known[name].heads.items():
                heads[stream] = max(head, heads.get(stream, 0))
        moved = any(self.known[name].reason in SAME_FILE_REASONS for name in after)
        later = self.ledgers(epoch)
        settled, damaged = not self.settled.isdisjoint(later), not self.damaged.isdisjoint(later)
        return Ending(moved, heads, settled, damaged)

    def successors(self, epoch: str) -> list[str]:
        """The epochs that name this one as the one before them."""
        return [name for name, row in self.known.items() if row.predecessor == epoch]

    def ledgers(self, epoch: str) -> list[str]:
        """Later epochs of the same file: the last entries of this epoch's ledger may have moved there."""
        found: list[str] = []
        waiting = [epoch]
        while waiting:
            for name in self.successors(waiting.pop()):
                if self.known[name].reason in SAME_FILE_REASONS and name not in found:
                    found.append(name)
                    waiting.append(name)
        return found


@dataclass(frozen=True, slots=True)
class Facts:
    """One epoch: its statements (None = no report yet) and its lanes by stream."""

    said: Statements | None
    lanes: Mapping[str, Lane]


def epochs_of(node: str) -> NodeEpochs:
    """The node's epochs."""
    rows = select(
        "SELECT epoch, predecessor, reason, predecessor_heads, conflict FROM ingest_epoch WHERE node = %s", (node,)
    )
    known = {
        epoch: EpochRow(predecessor, reason, _HEADS.decode(heads.encode()), bool(conflict))
        for epoch, predecessor, reason, heads, conflict in rows
    }
    newest = select(
        "SELECT epoch FROM ingest_presence WHERE node = %s ORDER BY born_ms DESC, live_ms DESC LIMIT 1", (node,)
    )
    settled = select("SELECT epoch FROM connectivity_heldstatement WHERE node = %s AND settled_seq > 0", (node,))
    sql = "SELECT of_epoch FROM connectivity_gapledger WHERE node = %s AND stream = %s AND reason = %s AND count > 0"
    damaged = select(sql, (node, EVENT, RENUMBERED))
    return NodeEpochs(
        known,
        newest[0][0] if newest else "",
        frozenset(epoch for (epoch,) in settled),
        frozenset(epoch for (epoch,) in damaged),
    )


def facts_of(node: str, epoch: str, epochs: NodeEpochs, starts: Mapping[str, int]) -> Facts | None:
    """An epoch's facts from the lanes' `starts` on; None while the node's events are not all projected."""
    said = _said(node, epoch)
    stored = _stored(node, epoch, starts)
    ahead = dict(select("SELECT stream, head FROM ingest_head WHERE node = %s AND epoch = %s", (node, epoch)))
    if select(_UNPROJECTED, (node,)):
        return None
    declared = _declared(node, epoch, epochs, starts)
    restored = explained(node, epoch)
    streams = {*stored, *ahead, *(said.newest.lanes if said else ()), EVENT}
    lanes = {
        stream: Lane(
            stored.get(stream, Ranges()),
            tuple(declared.get(stream, ())),
            ahead.get(stream, 0),
            restored.get(stream, Ranges()),
        )
        for stream in sorted(streams)
    }
    return Facts(said, lanes)


def being_checked(node: str) -> set[str]:
    """Epochs of which something is being checked: a later one that has settled may decide it."""
    sql = "SELECT DISTINCT epoch FROM connectivity_integrity WHERE node = %s AND kind = 'checking'"
    return {epoch for (epoch,) in select(sql, (node,))}


def lanes_json(statement: Statement) -> str:
    """A statement's lanes as they are kept."""
    return json.dumps({stream: list(pair) for stream, pair in statement.lanes.items()}, separators=(",", ":"))


def heads_said(node: str, epoch: str) -> list[tuple[str, int, int]]:
    """(stream, newest number the node has named, when it did), from its newest report and from its batches."""
    rows = select(_STATEMENT, (node, epoch))
    lanes = _LANES.decode(rows[0][1].encode()) if rows else {}
    found = [(stream, head, rows[0][2]) for stream, (_oldest, head) in lanes.items()]
    return found + select(
        "SELECT stream, head, received_ms FROM ingest_head WHERE node = %s AND epoch = %s", (node, epoch)
    )


def _said(node: str, epoch: str) -> Statements | None:
    rows = select(_STATEMENT, (node, epoch))
    if not rows:
        return None
    newest_seq, newest, _newest_ms, asked_seq, asked, settled_seq, settled = rows[0]
    last = Statement(settled_seq, _LANES.decode(settled.encode())) if settled_seq else None
    return Statements(
        Statement(newest_seq, _LANES.decode(newest.encode())), Statement(asked_seq, _LANES.decode(asked.encode())), last
    )


def _stored(node: str, epoch: str, starts: Mapping[str, int]) -> dict[str, Ranges]:
    pairs: dict[str, list[tuple[int, int]]] = {}
    where, values = _from(starts)
    sql = f"SELECT stream, first, last FROM ingest_span WHERE node = %s AND epoch = %s AND {where}"  # noqa: S608
    for stream, first, last in select(sql, [node, epoch, *values]):
        pairs.setdefault(stream, []).append((first, last))
    return {stream: Ranges.from_pairs(found) for stream, found in pairs.items()}


def _declared(node: str, epoch: str, epochs: NodeEpochs, starts: Mapping[str, int]) -> dict[str, list[Entry]]:
    entries: dict[str, list[Entry]] = {}
    where, values = _from(starts)
    columns = "stream, first, last, count, reason"
    sql = f"SELECT {columns} FROM connectivity_gapledger WHERE node = %s AND of_epoch = %s AND {where}"  # noqa: S608
    for name in (epoch, *epochs.ledgers(epoch)):
        for stream, first, last, count, reason in select(sql, [node, name, *values]):
            if name == epoch or reason != RENUMBERED:
                entries.setdefault(stream, []).append(Entry(first, last, 0 if reason == RENUMBERED else count))
    return entries


def _from(starts: Mapping[str, int]) -> tuple[str, list[str | int]]:
    """The condition "what of each stream reaches to its start", with its parameters."""
    values: list[str | int] = []
    for stream in STREAMS:
        values += [stream, starts.get(stream, 1)]
    return "(" + " OR ".join(["(stream = %s AND last >= %s)"] * len(STREAMS)) + ")", values
