"""The ledger, and the ways out of a lane other than making room (`giving_up`): burial of what nobody can read, expiry.

An entry is a `gap` event, filed in the transaction of the loss: {stream, first, last, count, from_ms, to_ms, reason}
(reasons: `agent.core.reasons`). It covers the numbers first..last, each of which is stored at the centre, still held
here, or given up; `count` of them are given up by this entry. So a thinned stretch of a thousand reports is one entry,
and the centre takes every number an entry covers for declared. Counts of overlapping entries add up: below
`oldest_held`, no more numbers may be missing in a stretch than its entries count. Entries themselves never go.
"""

from pathlib import Path

import msgspec

from agent.core.clock import Stamp
from agent.outbox import losses, schema
from agent.outbox.draft import Draft
from agent.outbox.held import ENVELOPE_BYTES, Held
from agent.outbox.lanes import KEPT_STREAMS
from agent.outbox.weights import weights
from wire.bodies import Gap, encode_body
from wire.ranges import Ranges

MOST_DEAD = 200
HEADSTONE = "INSERT INTO dead (stream, epoch, seq, code, kind, body, file) VALUES (?,?,?,?,?,?,?)"


def bury(draft: Draft, stream: str, seq: int, held: Held | None, *, code: str, epoch: str, stamp: Stamp) -> None:
    """Take one record out of its lane: into the small cemetery, and into the ledger.

    A refused ledger entry makes no further one: a centre that can read no event at all would otherwise make the node
    write for ever. The centre's audit (below `oldest_held`, neither stored nor in the ledger) then says so loudly.
    """
    lane = draft.lane(stream)
    if seq > lane.head or lane.done.contains(seq):
        return
    numbers = Ranges(((seq, seq),))
    draft.mark_done(stream, numbers)
    if draft.lane(stream).pending == lane.pending:
        return  # thinned away meanwhile
    sizes = draft.db.rows(schema.WEIGHTS[stream], (seq, seq))
    row = next(((int(str(size)), Path(str(file)).name if file else None) for _, size, _, _, file in sizes), None)
    name = held.path.name if held and held.path else row[1] if row else None
    body = bytes(held.record.body) if held else b""
    kind = held.record.kind if held else ""
    wall_ms = held.record.wall_ms if held else stamp.wall_ms
    # A sealed blob is a citizen's: its file stays with its headstone. A picture goes.
    kept_file = name if stream == "attachment" else None
    values = (stream, epoch, seq, code, kind, body, kept_file)
    draft.db.execute(HEADSTONE, values)
    draft.db.execute(
        "DELETE FROM dead WHERE stream NOT IN ('complaint', 'attachment') AND n <= (SELECT max(n) FROM dead) - ?",
        (MOST_DEAD,),
    )
    if stream == "health" and seq in draft.memory.slots.held:
        draft.memory.slots = draft.memory.slots.without([seq])
    elif row is not None:
        folder = held.path.parent if held and held.path else Path()
        draft.delete(stream, [(seq, row[0], None if kept_file or not held else row[1])], folder)
    if stream == losses.STREAM:
        losses.give_up(draft, [(seq, held.path if held else None)])
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
        rows = weights(draft.db, stream, (int(str(first)), int(str(last))), most=most_rows)
        draft.delete(stream, (row.doomed for row in rows), files)
        most_rows -= len(rows)
        if most_rows <= 0:
            return  # the rest of this entry with the next round
        draft.db.execute("DELETE FROM acked WHERE rowid = ?", (row_id,))


def forget_acknowledged(draft: Draft, stream: str, files: Path, most_rows: int) -> bool:
    """Delete rows that are done; True when there may be more. Kept streams have their own time (`expire`)."""
    if stream in KEPT_STREAMS:
        return False
    for first, last in draft.lane(stream).done.pairs:
        rows = weights(draft.db, stream, (first, last), most=most_rows)
        draft.delete(stream, (row.doomed for row in rows), files)
        most_rows -= len(rows)
        if most_rows <= 0:
            return True
    return False


def bound(held: Held, epoch: str) -> Held:
    """An event that moves to another epoch: an entry of the ledger names the one its numbers belong to from here on."""
    if held.record.kind != "gap":
        return held
    try:
        gap = msgspec.json.decode(held.record.body, type=Gap)
    except msgspec.DecodeError:
        return held
    if gap.epoch:
        return held
    body = encode_body(msgspec.structs.replace(gap, epoch=epoch))
    record = msgspec.structs.replace(held.record, body=msgspec.Raw(body))
    return Held(record, len(body) + ENVELOPE_BYTES)
