"""One transaction under construction: rows go to SQLite at once, what is in memory changes only after the commit."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from agent.core.clock import Stamp
from agent.outbox import files, lanes, schema, sparse
from agent.outbox.database import Database
from agent.outbox.held import Held, new_held, to_row
from agent.outbox.lanes import Lane
from agent.outbox.slots import Slots
from wire.bodies import Gap, encode_body
from wire.messages import StreamName
from wire.ranges import Ranges


@dataclass(slots=True)
class Memory:
    """What the outbox knows without asking the disk."""

    lanes: dict[str, Lane]
    slots: Slots
    given_up: dict[str, int] = field(default_factory=dict)
    """Per stream how many records were given up since the start."""
    giving_up: dict[str, str] = field(default_factory=dict)
    """Streams that are being evicted, and why: BOUND or DISK."""


@dataclass(slots=True)
class Draft:
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
        self.memory.lanes[stream] = replace(self.lane(stream), head=held.record.seq)

    def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> Held:
        """Make the stream's next record and add it."""
        held = new_held(self.lane(stream).head + 1, kind, body, stamp)
        self.insert(stream, held)
        return held

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
        self.db.execute(schema.INSERT[stream], to_row(held))
        lane = self.lane(stream)
        self.memory.lanes[stream] = replace(lane, rows=lane.rows + 1, size_bytes=lane.size_bytes + held.size_bytes)


@contextmanager
def drafting(db: Database, memory: Memory) -> Iterator[Draft]:
    """A transaction; `memory` changes, and doomed files go, only when it is on the disk."""
    draft = Draft(db, Memory(dict(memory.lanes), memory.slots, dict(memory.given_up), dict(memory.giving_up)))
    with db.transaction():
        yield draft
    memory.lanes, memory.slots = draft.memory.lanes, draft.memory.slots
    memory.given_up, memory.giving_up = draft.memory.given_up, draft.memory.giving_up
    files.remove(draft.doomed_files)
