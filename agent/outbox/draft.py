"""One transaction under construction: rows go to SQLite at once, what is in memory changes only after the commit."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from agent.core.clock import Stamp
from agent.core.reasons import DISK
from agent.outbox import files, lanes, schema, sparse
from agent.outbox.database import Database
from agent.outbox.held import Held, new_held, to_row
from agent.outbox.lanes import MARK_AHEAD, Lane
from agent.outbox.memory import Memory, Waiting
from agent.outbox.slots import Slots
from wire.bodies import Gap, encode_body
from wire.messages import StreamName
from wire.ranges import Ranges
from wire.shape import Struct, field, replace


class Draft(Struct):
    """Changes of one transaction. Use the fields of `memory` here, not the outbox's."""

    db: Database
    memory: Memory
    doomed_files: list[Path] = field(default_factory=list)
    """Removed after the commit: a file without a row is an orphan, a row without a file is a loss."""

    def lane(self, stream: str) -> Lane:
        """The stream as this transaction leaves it."""
        return self.memory.lanes[stream]

    def insert(self, stream: str, held: Held) -> None:
        """Add a record whose number is the next of its stream."""
        if stream != "health" or not self._into_slots(held):
            self._into_table(stream, held)
        lane = replace(self.lane(stream), head=held.record.seq)
        self.memory.lanes[stream] = lane
        if stream == "health" and lane.head > lane.mark:
            self.memory.lanes[stream] = replace(lane, mark=lane.head + MARK_AHEAD)
            self.save(stream)

    def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> Held:
        """Make the stream's next record and add it."""
        held = new_held(self.lane(stream).head + 1, kind, body, stamp)
        self.insert(stream, held)
        return held

    def insert_waiting(self, at: Stamp) -> None:
        """Add the health reports that wait; give out the numbers of those that could not, and declare them."""
        waiting = self.memory.waiting
        if waiting.lost:
            lane = self.lane("health")
            numbers = (lane.head + 1, lane.head + waiting.lost)
            self.memory.lanes["health"] = replace(lane, head=numbers[1], done=lane.done.add(*numbers))
            self.declare("health", (*numbers, waiting.lost), span=waiting.span, why=DISK, at=at)
            self.save("health")
        for held in waiting.held:
            self.insert("health", held)
        self.memory.waiting = Waiting()

    def pay(self) -> None:
        """File the rows of the ledger that are owed, and empty the slots whose damage they are about."""
        if self.memory.slots.damaged:
            self.memory.slots = self.memory.slots.mended(self.db)
            self.save("health")
        for debt in self.memory.owed:
            span = (debt.at.wall_ms, debt.at.wall_ms)
            self.declare(debt.stream, debt.lost, span=span, why=debt.why, at=debt.at)
            self.save(debt.stream)
        self.memory.owed = ()

    def gap(
        self, stream: str, numbers: Ranges, *, span: tuple[int, int], why: str, at: Stamp, count: int | None = None
    ) -> None:
        """Enter what was given up into the ledger: one event per run of numbers.

        `span` are the wall times of the first and last record, `count` how many were lost (None: all of the run).
        """
        for first, last in numbers.pairs:
            given_up = last - first + 1 if count is None else count
            self.declare(stream, (first, last, given_up), span=span, why=why, at=at)

    def declare(self, stream: str, lost: tuple[int, int, int], *, span: tuple[int, int], why: str, at: Stamp) -> None:
        """One row of the ledger: of the numbers first..last, `count` are given up here (`lost` = first, last, count).

        The row covers its whole range: each number in it is stored at the centre, still held here, or given up. So one
        row may stand for a stretch of which some records are kept; counts of rows that overlap add up.
        """
        first, last, count = lost
        body = Gap(cast(StreamName, stream), first, last, count, span[0], span[1], why[:500])
        self.append("event", "gap", encode_body(body), at)
        self.memory.given_up[stream] = self.memory.given_up.get(stream, 0) + count

    def mark_done(self, stream: str, numbers: Ranges) -> None:
        """These need no sending any more. The caller saves the lane in the same transaction, and deletes rows after."""
        self.memory.lanes[stream], _ = sparse.settled(self.db, stream, self.lane(stream), numbers)

    def delete(self, stream: str, rows: Iterable[tuple[int, int, str | None]], folder: Path) -> None:
        """Remove rows (number, size, file) from the stream's table."""
        removed = list(rows)
        for first, last in Ranges.of(seq for seq, _, _ in removed).pairs:
            self.db.execute(schema.DELETE_RANGE[stream], (first, last))
        lane = self.lane(stream)
        size = sum(size for _, size, _ in removed)
        self.memory.lanes[stream] = replace(lane, rows=lane.rows - len(removed), size_bytes=lane.size_bytes - size)
        self.doomed_files += [folder / name for _, _, name in removed if name]

    def save(self, stream: str) -> None:
        """Write the stream's state."""
        lanes.save(self.db, stream, self.lane(stream))

    def empty_slots(self) -> None:
        """Move every slot's record into the table."""
        for held in self.memory.slots.ascending():
            self._into_table("health", held)
        self.memory.slots = Slots({})
        self.save("health")

    def _into_slots(self, held: Held) -> bool:
        placed = self.memory.slots.place(self.db, held)
        if placed is None:
            self.empty_slots()
            placed = self.memory.slots.place(self.db, held)
        if placed is not None:
            self.memory.slots = placed
        return placed is not None

    def _into_table(self, stream: str, held: Held) -> None:
        self.db.execute(schema.INSERT[stream], to_row(stream, held))
        lane = self.lane(stream)
        self.memory.lanes[stream] = replace(lane, rows=lane.rows + 1, size_bytes=lane.size_bytes + held.size_bytes)


@contextmanager
def drafting(db: Database, memory: Memory) -> Iterator[Draft]:
    """A transaction; `memory` changes, and doomed files go, only when it is on the disk."""
    draft = Draft(db, memory.copy())
    with db.transaction():
        draft.pay()
        yield draft
    memory.become(draft.memory)
    files.remove(draft.doomed_files)
