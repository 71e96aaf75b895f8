"""The outbox: append, lease, acknowledge, give up. Synchronous; the writer calls it from one thread.

Rules every method keeps:
1. A stream's numbers have no gaps; what will not be sent stands in the gap ledger (`gap` events), written in the same
   transaction as the loss.
2. "Accepted" means on the disk when the call returns; for health, when `flush` returns. Only that is ever leased.
3. A record leaves when the centre has said that it committed it. Acknowledgements are noted in memory and written in
   batches: a crash in between offers a record twice, which the centre recognises by its identity.
4. Damage never stops a lane: a bad row is buried, a bad file is put aside and a new epoch begins.
"""

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from agent.core import retention
from agent.core.clock import Stamp
from agent.outbox import epochs, files, lanes, ledger, opening, reading, upkeep
from agent.outbox.config import MIB, OutboxConfig
from agent.outbox.draft import Draft, drafting
from agent.outbox.errors import OutboxError, OutboxFull
from agent.outbox.held import FILE_STREAMS, Held, check_body, file_hash, new_file, new_held, renumbered
from agent.outbox.lanes import KEPT_STREAMS
from wire.bodies import Receipt, encode_body
from wire.ranges import Ranges
from wire.topics import STREAMS

P = ParamSpec("P")
R = TypeVar("R")
MOST_RECEIPTS = 512
"""Downlinks remembered as dealt with; the centre offers at most what is open, and that at each birth."""
WAITING_LIMIT = 4
"""Groups of health reports that may wait in memory while the disk refuses; after that the door is closed."""


def _locked(method: Callable[Concatenate["Outbox", P], R]) -> Callable[Concatenate["Outbox", P], R]:
    """One caller at a time; on a damaged file, recover once and try again."""

    @wraps(method)
    def call(outbox: "Outbox", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with outbox.lock:
            try:
                return method(outbox, *args, **kwargs)
            except OutboxError as error:
                if error.code != "corrupt":
                    raise
                outbox.recover(error.detail)
                return method(outbox, *args, **kwargs)

    return call


class Outbox:
    """One node's outbox, open. Get it from `open_outbox`. Every method may raise OutboxError."""

    def __init__(self, directory: Path, opened: opening.Opened, config: OutboxConfig, stamp: Stamp) -> None:
        self.directory = directory
        self.config = config
        self.lock = threading.RLock()
        self._opened = opened
        self._folder = directory / files.FOLDER
        self._waiting: list[Held] = []
        self._stamp = stamp
        self._upkeep = upkeep.Upkeep(stamp.mono_ms)
        self._last_rejection = ""

    @property
    def epoch(self) -> str:
        """The present epoch; it changes with `new_epoch` and when a damaged file was replaced."""
        return self._opened.epoch

    @property
    def last_life(self) -> Stamp | None:
        """When the newest health report found at opening was made; None in a new outbox."""
        return self._opened.newest

    # -- accepting ---------------------------------------------------------------------------------------------------

    @_locked
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
        with self._drafting() as draft:
            self._insert_waiting(draft)
            held = draft.append(stream, kind, body, stamp)
            self._make_room(draft, stamp)
        self._waiting.clear()
        return held.record.seq

    @_locked
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
        files.write(path, content)
        try:
            with self._drafting() as draft:
                draft.insert(stream, new_file(seq, kind, content, stamp, path))
                self._make_room(draft, stamp)
        except BaseException:
            files.remove([path])
            raise
        return seq

    @_locked
    def append_receipt(self, receipt: Receipt, stamp: Stamp) -> int:
        """File a `receipt` event and remember the downlink's outcome, both or neither."""
        self._stamp = stamp
        with self._drafting() as draft:
            values = (receipt.id, receipt.outcome)
            draft.db.execute("INSERT INTO receipt (id, outcome) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", values)
            draft.db.execute("DELETE FROM receipt WHERE n <= (SELECT max(n) FROM receipt) - ?", (MOST_RECEIPTS,))
            return draft.append("event", "receipt", encode_body(receipt), stamp).record.seq

    @_locked
    def flush(self) -> int:
        """Commit the waiting health reports; returns how many became durable."""
        if not self._waiting:
            return 0
        with self._drafting() as draft:
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

    # -- leasing and letting go --------------------------------------------------------------------------------------

    @_locked
    def page(self, stream: str, after_seq: int, limit_bytes: int, limit_records: int = 200) -> list[Held]:
        """Committed records behind `after_seq` that are not done, ascending; at least one, up to the limits."""
        found, bad = reading.page(self._opened, self._folder, stream, (after_seq, limit_bytes, limit_records))
        for seq in bad:
            self._bury(stream, seq, "corrupt", self._stamp, None)
        return found

    @_locked
    def read_file(self, stream: str, held: Held) -> bytes | None:
        """The payload of a picture or blob; None when it was damaged (then it is buried and the lane goes on)."""
        content = files.read(held.path) if held.path else None
        if content is not None and file_hash(content) == held.record.hash:
            return content
        self._bury(stream, held.record.seq, "corrupt", self._stamp, held)
        return None

    @_locked
    def acknowledge(
        self, epoch: str, stream: str, stored: Iterable[tuple[int, int]], rejected: Iterable[tuple[int, str]] = ()
    ) -> int:
        """The centre has committed these inclusive ranges; returns how many records were news.

        An answer to another epoch is ignored. `rejected` ones lie in the centre's quarantine and count as stored.
        """
        if epoch != self.epoch or stream not in STREAMS:
            return 0
        memory = self._opened.memory
        lane = memory.lanes[stream]
        news = Ranges.from_pairs(pair for first, last in stored for pair in lane.not_done(first, last).pairs)
        for _, code in rejected:
            self._last_rejection = code
        if news:
            memory.lanes[stream] = lane.with_done(news)
            if stream == "health":
                memory.slots = memory.slots.without(seq for seq in memory.slots.held if news.contains(seq))
            self._upkeep.noted(stream, news)
        return len(news)

    @_locked
    def refuse(self, stream: str, seq: int, code: str, stamp: Stamp) -> None:
        """The centre cannot read this record even alone: bury it, enter the gap, go on."""
        held = reading.one(self._opened, self._folder, stream, seq)
        self._bury(stream, seq, f"refused: {code}", stamp, held)

    @_locked
    def maintain(self, stamp: Stamp) -> None:
        """Write down acknowledgements and delete what is done, when enough of it has gathered. Cheap otherwise."""
        self._stamp = stamp
        if self._upkeep.due(self.config, stamp.mono_ms):
            self._write_down(stamp)

    @_locked
    def reoffer(self, generation: str) -> int:
        """The centre's database is of this generation; when that is new, offer kept records again (how many)."""
        known = lanes.note(self._opened.db, "generation")
        if known == generation:
            return 0
        offered = 0
        with self._drafting() as draft:
            lanes.set_note(draft.db, "generation", generation)
            if known is not None:
                self._upkeep.write(draft, self._stamp.mono_ms)
                offered = sum(upkeep.offer_again(draft, stream) for stream in KEPT_STREAMS)
        self._upkeep.written(self._stamp.mono_ms)
        return offered

    @_locked
    def new_epoch(self, reason: str, stamp: Stamp) -> str:
        """Begin a new epoch and move everything unacknowledged into it; returns its name."""
        self._stamp = stamp
        self.flush()
        opening.renew(self._opened, self.directory, self._opened.board, reason, stamp)
        self._upkeep = upkeep.Upkeep(stamp.mono_ms)
        return self.epoch

    # -- looking -----------------------------------------------------------------------------------------------------

    @_locked
    def heads(self) -> dict[str, tuple[int, int, int]]:
        """Per stream: oldest held (head + 1 when nothing waits), committed head, how many wait."""
        return {name: (lane.oldest_held, lane.head, lane.pending) for name, lane in self._opened.memory.lanes.items()}

    def committed_heads(self) -> dict[str, int]:
        """Per stream the last number on the disk. For any thread: it does not wait for the disk."""
        return {stream: lane.head for stream, lane in self._opened.memory.lanes.items()}

    @_locked
    def newest_waiting(self, stream: str) -> int:
        """The number of the newest record that waits; 0 when none does."""
        lane = self._opened.memory.lanes[stream]
        waiting = lane.not_done(1, lane.head).pairs
        return waiting[-1][1] if waiting else 0

    @_locked
    def receipt_outcome(self, downlink_id: str) -> str | None:
        """How a downlink was dealt with; None when it is new."""
        rows = self._opened.db.rows("SELECT outcome FROM receipt WHERE id = ?", (downlink_id,))
        return next((str(outcome) for (outcome,) in rows), None)

    @_locked
    def next_session(self) -> int:
        """The number of the next connection: never used before, also after a crash."""
        session = int(lanes.note(self._opened.db, "session") or 0) + 1
        with self._drafting() as draft:
            lanes.set_note(draft.db, "session", str(session))
        return session

    @_locked
    def status(self) -> dict[str, object]:
        """What `sandi outbox` shows; sizes in bytes."""
        return reading.status(self._opened, self._folder) | {
            "waiting_for_disk": len(self._waiting),
            "unwritten_acks": self._upkeep.count,
            "last_rejection": self._last_rejection,
        }

    def close(self) -> None:
        """Commit what waits, write down what is acknowledged, close the file. The outbox is of no use afterwards."""
        with self.lock:
            try:
                self.flush()
                if self._upkeep.count:
                    self._write_down(self._stamp)
                opening.write_sidecar(self.directory, self._opened)
            finally:
                self._opened.db.close()

    def recover(self, detail: str) -> None:
        """The file turned out to be damaged: go on with a new one."""
        with self.lock:
            with suppress(OutboxError):  # a damaged file may refuse even that
                self._opened.db.close()
            self._opened = opening.replace_damaged(self.directory, self._opened.board, self._stamp, detail)
            head = self._opened.memory.lanes["health"].head
            self._waiting = [renumbered(held, head + 1 + index) for index, held in enumerate(self._waiting)]
            self._upkeep = upkeep.Upkeep(self._stamp.mono_ms)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _append_health(self, kind: str, body: bytes, stamp: Stamp) -> int:
        if len(self._waiting) >= self.config.commit_records * WAITING_LIMIT:
            raise OutboxError("busy", "health reports wait for a disk that does not take them; see the error before")
        seq = self._opened.memory.lanes["health"].head + len(self._waiting) + 1
        self._waiting.append(new_held(seq, kind, body, stamp))
        if len(self._waiting) >= self.config.commit_records:
            self.flush()
        return seq

    def _insert_waiting(self, draft: Draft) -> None:
        for held in self._waiting:
            draft.insert("health", held)

    def _drafting(self) -> AbstractContextManager[Draft]:
        return drafting(self._opened.db, self._opened.memory)

    def _bury(self, stream: str, seq: int, code: str, stamp: Stamp, held: Held | None) -> None:
        with self._drafting() as draft:
            ledger.bury(draft, stream, seq, held, code=code, epoch=self.epoch, stamp=stamp)

    def _write_down(self, stamp: Stamp) -> None:
        self._upkeep.run(self._opened, self.config, self._folder, stamp)
        if self._upkeep.sidecar_due(stamp.mono_ms):
            opening.write_sidecar(self.directory, self._opened)

    def _disk(self) -> retention.Disk:
        free = files.free_bytes(self.directory)
        reserve = self.config.reserve_mb * MIB
        reusable = self._opened.db.reusable_bytes() if free < reserve else 0
        return retention.Disk(free, reusable, reserve)

    def _make_room(self, draft: Draft, stamp: Stamp) -> None:
        held = {stream: lane.size_bytes for stream, lane in draft.memory.lanes.items()}
        for eviction in retention.plan(held, self.config.bound_bytes, self._disk()):
            ledger.evict(draft, eviction, self._folder, stamp)

    def _check_door(self, incoming_bytes: int, *, evictable: bool = False) -> None:
        """Pictures give way to a complaint before it is refused; a new picture gives way to the whole reserve."""
        disk = self._disk()
        if disk.free_bytes - incoming_bytes < disk.reserve_bytes and self._opened.memory.lanes["snapshot"].rows:
            with self._drafting() as draft:
                self._make_room(draft, self._stamp)
            disk = self._disk()
        enough = disk.free_bytes - incoming_bytes >= disk.reserve_bytes if evictable else None
        if not (retention.door_open(disk, incoming_bytes) if enough is None else enough):
            raise OutboxFull(f"only {disk.free_bytes // MIB} MiB of the disk are free; free some space")
