"""From an outbox's file to what the agent knows of it: lanes, slots, and what must be declared of damage found now.

A report that waited in a damaged slot is lost, and which one that was nobody can say; most slots hold reports that the
centre has long acknowledged. What is known are the numbers that are nowhere: neither in a slot nor in a row nor noted
as done. Without damage those were acknowledged, and their slots used again, before the acknowledgement was written
down. With it, as many of them as there are damaged slots may be lost, and the newest numbers may have been in such
slots only: so numbers go on behind the mark (`Lane.mark`), one entry of the ledger covers all that is uncertain, and
another with count 0 the numbers of which nobody knows whether they were given out.

The sidecar may know of a higher head than the file: then commits that were on the disk are gone with the log's end.
"""

from agent.core.clock import Stamp
from agent.core.reasons import CORRUPT
from agent.outbox import lanes, schema, slots
from agent.outbox.database import Database
from agent.outbox.lanes import Lane
from agent.outbox.memory import Debt, Memory
from agent.outbox.slots import Slots
from wire.ranges import Ranges
from wire.shape import replace

UNMARKED = 4096
"""How far beyond the highest number seen an outbox without a mark may have come: an older version saved its state at
the latest with the 64th acknowledgement, each of which freed at most all 64 slots."""


def load(db: Database, known_heads: dict[str, int], at: Stamp) -> tuple[Memory, Stamp | None]:
    """The state as it is on the disk, and when the newest report in the slots was made.

    `known_heads` is what the sidecar says of this epoch. OutboxError("corrupt") when nothing can be made of it.
    """
    memory = Memory(lanes.load(db), slots.load(db))
    newest = _newest(memory.slots)
    for stream, head in known_heads.items():
        if stream in memory.lanes and stream != "health":
            _raise_head(memory, stream, memory.lanes[stream].head, head, at)
    _load_health(db, memory, known_heads.get("health", 0), at)
    return memory, newest


def _newest(all_slots: Slots) -> Stamp | None:
    if not all_slots.held:
        return None
    record = all_slots.held[max(all_slots.held)][0].record
    return Stamp(record.boot, record.run, record.mono_ms, record.wall_ms, record.synced)


def _raise_head(memory: Memory, stream: str, seen: int, head: int, at: Stamp) -> None:
    """Numbers behind `seen`, up to `head`, were given out and are gone."""
    lane = memory.lanes[stream]
    if head > seen:
        memory.lanes[stream] = replace(lane, head=head, done=lane.done.add(seen + 1, head))
        memory.owed += (Debt(stream, (seen + 1, head, head - seen), CORRUPT, at),)


def _load_health(db: Database, memory: Memory, known_head: int, at: Stamp) -> None:
    lane, all_slots = memory.lanes["health"], memory.slots
    border = max(lane.watermark, lane.thinned_to)
    stale = [seq for seq in all_slots.held if seq <= border or lane.done.contains(seq)]
    stale += [seq for seq in all_slots.held if db.integer(schema.NEWEST_BETWEEN["health"], (seq, seq))]
    memory.slots = all_slots.without(stale)
    seen = max(lane.head, all_slots.newest)
    _raise_head(memory, "health", seen, known_head, at)
    lane = replace(memory.lanes["health"], head=max(seen, known_head))
    present = _numbers(db, border + 1).union(Ranges.of(memory.slots.held))
    if all_slots.damaged:
        lane = _with_lost_slots(memory, lane, present, border, at)
    memory.lanes["health"] = replace(lane, done=lane.done.union(present.missing(border + 1, lane.head)))


def _with_lost_slots(memory: Memory, lane: Lane, present: Ranges, border: int, at: Stamp) -> Lane:
    head = max(lane.head, lane.mark or lane.head + UNMARKED)
    uncertain = present.union(lane.done).missing(border + 1, head)
    if uncertain:
        count = min(len(memory.slots.damaged), len(uncertain))
        lost = (uncertain.pairs[0][0], uncertain.pairs[-1][1], count)
        memory.owed += (Debt("health", lost, CORRUPT, at),)
    if head > lane.head:  # up to the mark numbers may have been given out; nobody is to look for those that were not
        memory.owed += (Debt("health", (lane.head + 1, head, 0), CORRUPT, at),)
    return replace(lane, head=head)


def _numbers(db: Database, first: int) -> Ranges:
    """The numbers of reports in the table: a month offline is 90,000 of them."""
    runs: list[list[int]] = []
    for row in db.rows(schema.NUMBERS_FROM["health"], (first,)):
        seq = int(str(row[0]))
        if runs and runs[-1][1] == seq - 1:
            runs[-1][1] = seq
        else:
            runs.append([seq, seq])
    return Ranges.from_pairs((first, last) for first, last in runs)
