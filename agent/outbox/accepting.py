"""Accepting: records, files, receipts; the door that says beforehand what would be refused; making room."""

from collections.abc import Callable

from agent.core import reserve as arithmetic
from agent.core import retention
from agent.core.clock import Stamp
from agent.outbox import epochs, files, giving_up, reserve
from agent.outbox.config import MIB
from agent.outbox.draft import Draft
from agent.outbox.errors import OutboxError, OutboxFull
from agent.outbox.held import FILE_STREAMS, check_body, new_file, new_held
from agent.outbox.shelf import Shelf, locked
from wire.bodies import Receipt, encode_body
from wire.topics import STREAMS

MOST_RECEIPTS = 512
"""Downlinks remembered as dealt with; the centre offers at most what is open, and that at each birth."""
WAITING_LIMIT = 4
"""Groups of health reports that may wait in memory while the disk refuses; after that the door is closed."""


class Accepting(Shelf):
    """What comes in."""

    @locked
    def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
        """Accept one record; returns its number. On the disk on return, except health (see `flush`).

        OutboxFull for a complaint when the disk reserve is reached; permanent OutboxError for a body that is no JSON.
        """
        check_body(kind, body)
        self._stamp = stamp
        if stream == "health":
            return self._append_health(kind, body, stamp)
        if stream not in STREAMS or stream in FILE_STREAMS:
            raise OutboxError("invalid", f"records of {stream!r} are not appended like this", permanent=True)
        if stream == "complaint":
            self._check_door(len(body))
        with self._drafting(len(body) + self._waiting_bytes()) as draft:
            self._insert_waiting(draft)
            held = draft.append(stream, kind, body, stamp)
            self._make_room(draft, stamp)
        self._waiting.clear()
        return held.record.seq

    @locked
    def append_file(self, stream: str, kind: str, build: Callable[[int, str], bytes], stamp: Stamp) -> int:
        """Accept a picture or sealed blob: `build(seq, epoch)` returns the payload as it will be published.

        On the disk on return. What `build` raises comes through, and no number is used.
        """
        if stream not in FILE_STREAMS:
            raise OutboxError("invalid", f"{stream!r} carries no files", permanent=True)
        self._stamp = stamp
        seq = self._opened.memory.lanes[stream].head + 1
        content = build(seq, self.epoch)
        self._check_door(len(content), evictable=stream == "snapshot")
        path = self._folder / epochs.file_name(stream, self.epoch, seq)
        reserve.ensure(self.directory, arithmetic.needed(len(content)))
        files.write(path, content)
        try:
            with self._drafting() as draft:
                draft.insert(stream, new_file(seq, kind, content, stamp, path))
                self._make_room(draft, stamp)
        except BaseException:
            files.remove([path])
            raise
        return seq

    @locked
    def append_receipt(self, receipt: Receipt, stamp: Stamp) -> int:
        """File a `receipt` event and remember the downlink's outcome, both or neither."""
        self._stamp = stamp
        with self._drafting() as draft:
            values = (receipt.id, receipt.outcome)
            draft.db.execute("INSERT INTO receipt (id, outcome) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", values)
            draft.db.execute("DELETE FROM receipt WHERE n <= (SELECT max(n) FROM receipt) - ?", (MOST_RECEIPTS,))
            return draft.append("event", "receipt", encode_body(receipt), stamp).record.seq

    @locked
    def flush(self) -> int:
        """Commit the waiting health reports; returns how many became durable."""
        if not self._waiting:
            return 0
        with self._drafting(self._waiting_bytes()) as draft:
            self._insert_waiting(draft)
            self._make_room(draft, self._stamp)
        count = len(self._waiting)
        self._waiting.clear()
        return count

    def door(self) -> OutboxError | None:
        """Why a complaint would be refused right now; None when it would be accepted."""
        try:
            with self.lock:
                self._check_door(0)
        except OutboxError as error:
            return error
        return None

    def _append_health(self, kind: str, body: bytes, stamp: Stamp) -> int:
        if len(self._waiting) >= self.config.commit_records * WAITING_LIMIT:
            raise OutboxError("busy", "health reports wait for a disk that does not take them; see the error before")
        seq = self._opened.memory.lanes["health"].head + len(self._waiting) + 1
        self._waiting.append(new_held(seq, kind, body, stamp))
        if len(self._waiting) >= self.config.commit_records:
            self.flush()
        return seq

    def _make_room(self, draft: Draft, stamp: Stamp) -> None:
        held = {stream: lane.size_bytes for stream, lane in draft.memory.lanes.items()}
        for eviction in retention.plan(held, self.config.bound_bytes, self._disk()):
            giving_up.evict(draft, eviction, self._folder, stamp)

    def _check_door(self, incoming_bytes: int, *, evictable: bool = False) -> None:
        """Pictures give way to a complaint before it is refused; a new picture gives way to the whole reserve."""
        disk = self._disk()
        if disk.free_bytes - incoming_bytes < disk.reserve_bytes and self._opened.memory.lanes["snapshot"].rows:
            with self._drafting() as draft:
                self._make_room(draft, self._stamp)
            disk = self._disk()
        enough = disk.free_bytes - incoming_bytes >= disk.reserve_bytes if evictable else None
        if not (retention.door_open(disk, incoming_bytes) if enough is None else enough):
            raise OutboxFull(f"the disk is full but for {disk.free_bytes // MIB} MiB of the reserve; free some space")
        # What writes beside the outbox (the kiosk's tickets) needs room as well, before a citizen begins to type.
        reserve.ensure(self.directory, arithmetic.needed(incoming_bytes))

    def _waiting_bytes(self) -> int:
        return sum(held.size_bytes for held in self._waiting)
