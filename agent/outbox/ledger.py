"""Giving up, always with an entry in the ledger: eviction by bounds, damaged rows, payloads nobody can read."""

from dataclasses import dataclass
from pathlib import Path

from agent.core.clock import Stamp
from agent.core.retention import Eviction
from agent.outbox import schema
from agent.outbox.draft import Draft
from agent.outbox.held import Held
from agent.outbox.lanes import KEPT_STREAMS
from wire.ranges import Ranges

PROTECTED_KINDS = ("gap", "epoch")
"""Events that are the ledger itself: never given up to make room."""
MOST_ROWS = 2000
"""Rows looked at per eviction: keeps the transaction short; what is still too much goes with the next one."""
MOST_DEAD = 200


@dataclass(frozen=True, slots=True)
class _Weight:
    seq: int
    size_bytes: int
    wall_ms: int
    kind: str
    file: str | None


def evict(draft: Draft, eviction: Eviction, files: Path, stamp: Stamp) -> None:
    """Give up a stream's oldest records. Kept records that are already acknowledged go first, and need no entry."""
    stream = eviction.stream
    if stream == "health" and draft.lane(stream).rows == 0:
        draft.empty_slots()
    lane = draft.lane(stream)
    chosen: list[_Weight] = []
    freed = 0
    rows = _weights(draft, stream)
    for acked in (True, False):
        for row in rows:
            if freed >= eviction.size_bytes:
                break
            if lane.done.contains(row.seq) == acked and row.kind not in PROTECTED_KINDS:
                chosen.append(row)
                freed += row.size_bytes
    if not chosen:
        return
    lost = [row for row in chosen if not lane.done.contains(row.seq)]
    numbers = Ranges.of(row.seq for row in lost)
    draft.delete(stream, ((row.seq, row.size_bytes, row.file) for row in chosen), files)
    draft.mark_done(stream, numbers)
    for first, last in numbers.pairs:
        walls = [row.wall_ms for row in lost if first <= row.seq <= last]
        draft.gap(stream, Ranges(((first, last),)), span=(min(walls), max(walls)), why=eviction.reason, at=stamp)
    draft.save(stream)


def bury(draft: Draft, stream: str, seq: int, held: Held | None, *, code: str, epoch: str, stamp: Stamp) -> None:
    """Take one record out of its lane: into the small cemetery, and into the ledger.

    A refused ledger entry makes no further one: a centre that can read no event at all would otherwise make the node
    write for ever. The centre's audit (below `oldest_held`, neither stored nor in the ledger) then says so loudly.
    """
    lane = draft.lane(stream)
    if seq > lane.head or lane.done.contains(seq):
        return
    name = held.path.name if held and held.path else None
    body = bytes(held.record.body) if held else b""
    kind = held.record.kind if held else ""
    wall_ms = held.record.wall_ms if held else stamp.wall_ms
    # A sealed blob is a citizen's: its file stays with its headstone. A picture goes.
    kept_file = name if stream == "attachment" else None
    values = (stream, epoch, seq, code, kind, body, kept_file)
    draft.db.execute("INSERT INTO dead (stream, epoch, seq, code, kind, body, file) VALUES (?,?,?,?,?,?,?)", values)
    draft.db.execute(
        "DELETE FROM dead WHERE stream NOT IN ('complaint', 'attachment') AND n <= (SELECT max(n) FROM dead) - ?",
        (MOST_DEAD,),
    )
    if stream == "health" and seq in draft.memory.slots.held:
        draft.memory.slots = draft.memory.slots.without([seq])
    else:
        sizes = draft.db.rows(schema.WEIGHTS[stream], (seq, seq))
        row = next(((int(str(size)), str(file) if file else None) for _, size, _, _, file in sizes), None)
        if row is not None:
            folder = held.path.parent if held and held.path else Path()
            draft.delete(stream, [(seq, row[0], None if kept_file or not held else row[1])], folder)
    numbers = Ranges(((seq, seq),))
    draft.mark_done(stream, numbers)
    if kind != "gap":
        draft.gap(stream, numbers, span=(wall_ms, wall_ms), why=code, at=stamp)
    draft.save(stream)
    draft.save("event")


def expire(draft: Draft, stream: str, before_life_ms: int, files: Path, most_rows: int) -> None:
    """Let go of kept records whose acknowledgement is older than this."""
    entries = list(
        draft.db.rows(
            "SELECT rowid, first, last FROM acked WHERE stream = ? AND at_life_ms < ? ORDER BY rowid LIMIT 50",
            (stream, before_life_ms),
        )
    )
    for row_id, first, last in entries:
        rows = _weights(draft, stream, int(str(first)), int(str(last)), most_rows)
        draft.delete(stream, ((row.seq, row.size_bytes, row.file) for row in rows), files)
        most_rows -= len(rows)
        if most_rows <= 0:
            return  # the rest of this entry with the next round
        draft.db.execute("DELETE FROM acked WHERE rowid = ?", (row_id,))


def forget_acknowledged(draft: Draft, stream: str, files: Path, most_rows: int) -> bool:
    """Delete rows that are done; True when there may be more. Kept streams have their own time (`expire`)."""
    if stream in KEPT_STREAMS:
        return False
    for first, last in draft.lane(stream).done.pairs:
        rows = _weights(draft, stream, first, last, most_rows)
        draft.delete(stream, ((row.seq, row.size_bytes, row.file) for row in rows), files)
        most_rows -= len(rows)
        if most_rows <= 0:
            return True
    return False


def _weights(
    draft: Draft, stream: str, first: int = 1, last: int = 2**53 - 1, most_rows: int = MOST_ROWS
) -> list[_Weight]:
    found: list[_Weight] = []
    rows = draft.db.rows(schema.WEIGHTS[stream], (first, last))
    for seq, size, wall_ms, kind, file in rows:
        if len(found) >= most_rows:
            break
        name = Path(str(file)).name if file else None
        found.append(_Weight(int(str(seq)), int(str(size)), int(str(wall_ms)), str(kind), name))
    return found
