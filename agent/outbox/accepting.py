"""Accepting: records, files, receipts; the door that says beforehand what would be refused; making room."""

import time
from collections.abc import Callable
from contextlib import suppress

from agent.core import chain, retention
from agent.core import reserve as arithmetic
from agent.core.chain import Lost
from agent.core.clock import Stamp
from agent.outbox import epochs, files, giving_up, losses, reserve
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
"""Groups of health reports that may wait in memory while the disk refuses; then the oldest go (`memory.Waiting`)."""
TRY_AGAIN_S = 1.0
"""How often the door tries whether a disk that refused takes a commit again; at once when a full one has room."""


class Accepting(Shelf):
    """What comes in."""

    def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
        """Accept one record; returns its number. On the disk on return, except health (see `flush`).

        A health report is always taken: while the disk refuses, the newest wait and the older ones are given up.
        OutboxFull for a complaint when the disk reserve is reached; permanent OutboxError for a body that is no JSON.
        """
        check_body(kind, body)
        if stream == "health":
            return self._append_health(kind, body, stamp)
        return self._append_now(stream, kind, body, stamp)

    @locked
    def _append_now(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
        self._stamp = stamp
        if stream not in STREAMS or stream in FILE_STREAMS:
            raise OutboxError("invalid", f"records of {stream!r} are not appended like this", permanent=True)
        if stream == "complaint":
            self._check_door(len(body))
        with self._drafting(len(body) + self._opened.memory.waiting.size_bytes) as draft:
            draft.insert_waiting(stamp)
            held = draft.append(stream, kind, body, stamp)
            self._make_room(draft, stamp)
        return held.record.seq

    @locked
    def append_file(self, stream: str, kind: str, build: Callable[[int, str], bytes], stamp: Stamp) -> int:
        """Accept a picture or sealed blob: `build(seq, epoch)` returns the payload as it will be published.

        On the disk on return. What `build` raises comes through, and no number is used.
        """
        if stream not in FILE_STREAMS:
            raise OutboxError("invalid", f"{stream!r} carries no files", permanent=True)
        return self._append_file(stream, kind, lambda seq: build(seq, self.epoch), stamp)

    @locked
    def append_picture(self, camera: str, build: Callable[[int, str, Lost], bytes], stamp: Stamp) -> int:
        """The same for a picture of this camera: `build` also gets what of the camera's pictures was given up and is
        not known to have been told to the centre; what it builds tells of it.
        """
        done = self._opened.memory.lanes[losses.STREAM].done
        lost = chain.settle(losses.read(self._opened.db), done.contains).of(self.epoch, camera)

        def tell(draft: Draft, seq: int) -> None:
            known = losses.read(draft.db)
            now = chain.settle(known, done.contains)
            now = chain.carry(now, self.epoch, camera, seq, lost.count) if lost.count else now
            if now != known:
                losses.write(draft, now)

        return self._append_file(
            losses.STREAM, losses.STREAM, lambda seq: build(seq, self.epoch, lost), stamp, tell=tell
        )

    def _append_file(
        self,
        stream: str,
        kind: str,
        build: Callable[[int], bytes],
        stamp: Stamp,
        *,
        tell: Callable[[Draft, int], None] = lambda _draft, _seq: None,
    ) -> int:
        self._stamp = stamp
        seq = self._opened.memory.lanes[stream].head + 1
        content = build(seq)
        self._check_door(len(content), evictable=stream == "snapshot")
        path = self._folder / epochs.file_name(stream, self.epoch, seq)
        reserve.ensure(self.directory, arithmetic.needed(len(content)))
        files.write(path, content)
        try:
            with self._drafting() as draft:
                draft.insert(stream, new_file(seq, kind, content, stamp, path))
                tell(draft, seq)
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
    def append_once(self, mark: str, kind: str, body: bytes, stamp: Stamp) -> bool:
        """File an event unless one was filed under this mark; whether it was filed now. Both or neither.

        A mark has a blank in it, which no downlink's id has: they share what is remembered.
        """
        check_body(kind, body)
        self._stamp = stamp
        with self._drafting(len(body)) as draft:
            known = draft.db.execute("SELECT 1 FROM receipt WHERE id = ?", (mark,)).fetchone()
            if known is None:
                draft.db.execute("INSERT INTO receipt (id, outcome) VALUES (?, ?)", (mark, kind))
                draft.db.execute("DELETE FROM receipt WHERE n <= (SELECT max(n) FROM receipt) - ?", (MOST_RECEIPTS,))
                draft.append("event", kind, body, stamp)
        return known is None

    @locked
    def flush(self) -> int:
        """Commit the waiting health reports; returns how many became durable."""
        waiting = self._opened.memory.waiting
        if not waiting:
            return 0
        with self._drafting(waiting.size_bytes) as draft:
            draft.insert_waiting(self._stamp)
            self._make_room(draft, self._stamp)
        return len(waiting.held)

    def door(self, incoming_bytes: int = 0) -> OutboxError | None:
        """Why a complaint (of so many bytes, with what belongs to it) would be refused right now; None when it would
        be accepted."""
        try:
            with self.lock:
                self.heal()
                self._check_writable()
                self._check_door(incoming_bytes)
        except OutboxError as error:
            return error
        return None

    def _check_writable(self) -> None:
        """The room there is says nothing about a disk that takes no writes: the last commit does."""
        if files.is_read_only(self.directory):
            raise OutboxError("read_only", f"{self.directory} lies on a file system that is read-only now")
        refusal = self._opened.db.refusal
        if refusal is None:
            return
        full = refusal.code == "disk_full"
        has_room = full and files.free_bytes(self.directory) >= arithmetic.needed(0)
        if time.monotonic() < self._try_again_s and not has_room:
            raise OutboxFull(refusal.detail) if full else refusal
        self._try_again_s = time.monotonic() + TRY_AGAIN_S
        with self._drafting() as draft:
            draft.save("complaint")

    def _append_health(self, kind: str, body: bytes, stamp: Stamp) -> int:
        with self.lock:
            self._stamp = stamp
            memory = self._opened.memory
            seq = memory.waiting.behind(memory.lanes["health"].head)
            most = self.config.commit_records * WAITING_LIMIT
            memory.waiting = memory.waiting.with_newest(new_held(seq, kind, body, stamp), most)
            if len(memory.waiting.held) >= self.config.commit_records:
                with suppress(OutboxError):  # it waits all the same; `flush` will say so again
                    self.flush()
            return seq

    def _make_room(self, draft: Draft, stamp: Stamp) -> None:
        held = {stream: lane.size_bytes for stream, lane in draft.memory.lanes.items()}
        for eviction in retention.plan(held, self.config.bound_bytes, self._disk()):
            giving_up.evict(draft, eviction, self._folder, stamp, self._handed_out.of(eviction.stream))

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
