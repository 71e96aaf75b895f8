"""Leasing records to the uplink, and letting go of what the centre has or cannot read."""

import time
from collections.abc import Iterable

from agent.core.clock import Stamp
from agent.core.reasons import CORRUPT, refused
from agent.outbox import files, lanes, opening, reading, sparse, upkeep
from agent.outbox.errors import OutboxError, suppress_of_disk
from agent.outbox.held import Held, file_hash
from agent.outbox.lanes import KEPT_STREAMS
from agent.outbox.shelf import Shelf, locked
from wire.ranges import Ranges
from wire.topics import STREAMS

MOST_UNREADABLE = 3
TRY_AGAIN_S = 10.0
"""How often upkeep tries a disk that refuses: it is asked after each acknowledgement too."""


class LettingGo(Shelf):
    """What goes out, and what is forgotten."""

    @locked
    def page(self, stream: str, after_seq: int, limit_bytes: int, limit_records: int = 200) -> list[Held]:
        """Committed records behind `after_seq` that are not done, ascending; at least one, up to the limits."""
        want = (after_seq, limit_bytes, limit_records)
        passed_over = {seq for other, seq in self._unburied if other == stream}
        found, bad = reading.page(self._opened, self._folder, stream, want, passed_over)
        for seq in bad:
            self._bury(stream, seq, CORRUPT, self._stamp, None)
        self._handed_out.add(stream, [held.record.seq for held in found])
        return found

    @locked
    def read_file(self, stream: str, held: Held) -> bytes | None:
        """The payload of a picture or blob; None when it was damaged (then it is buried and the lane goes on).

        OutboxError when it cannot be read just now. Bytes that the disk fails to give `MOST_UNREADABLE` times count as
        damaged: one bad sector must not stop all the rest.
        """
        content = None
        if held.path is not None:
            try:
                content = files.read(held.path)
            except OutboxError as error:
                tries = self._unreadable.get(held.path.name, 0) + 1
                if error.code != "io" or tries < MOST_UNREADABLE or not files.is_bad_sector(error):
                    self._unreadable[held.path.name] = tries
                    raise
            self._unreadable.pop(held.path.name, None)
        if content is not None and file_hash(content) == held.record.hash:
            return content
        self._bury(stream, held.record.seq, CORRUPT, self._stamp, held)
        return None

    @locked
    def acknowledge(
        self, epoch: str, stream: str, stored: Iterable[tuple[int, int]], rejected: Iterable[tuple[int, str]] = ()
    ) -> int:
        """The centre has committed these inclusive ranges; returns how many records were news.

        An answer to another epoch is ignored. `rejected` ones lie in the centre's quarantine and count as stored.
        """
        if epoch != self.epoch or stream not in STREAMS:
            return 0
        memory = self._opened.memory
        before = memory.lanes[stream]
        lane, news = sparse.settled(self._opened.db, stream, before, Ranges.from_pairs(stored))
        for _, code in rejected:
            self._last_rejection = code
        if news:
            memory.lanes[stream] = lane
            if stream == "health":
                memory.slots = memory.slots.without(seq for seq in memory.slots.held if news.contains(seq))
            self._upkeep.noted(stream, news)
            self._handed_out.progressed()
        return before.pending - lane.pending

    @locked
    def refuse(self, stream: str, seq: int, code: str, stamp: Stamp) -> None:
        """The centre cannot read this record even alone: bury it, enter the gap, go on."""
        held = reading.one(self._opened, self._folder, stream, seq)
        self._bury(stream, seq, refused(code), stamp, held)

    def maintain(self, stamp: Stamp) -> None:
        """Write down acknowledgements and delete what is done, when enough of it has gathered. Cheap otherwise.

        A disk that refuses is no error here: nothing is lost, `refusal` says so, and it is tried again.
        """
        with suppress_of_disk():
            self._maintain(stamp)

    @locked
    def _maintain(self, stamp: Stamp) -> None:
        self._stamp = stamp
        if self._opened.db.refusal is not None:
            if time.monotonic() < self._try_again_s:
                return
            self._try_again_s = time.monotonic() + TRY_AGAIN_S
            self._write_down(stamp)
        elif self._upkeep.due(self.config, stamp.mono_ms):
            self._write_down(stamp)
        self._bury_rest()

    def reoffer(self, generation: str) -> int:
        """The centre's database is of this generation; when that is new, offer kept records again (how many).

        While the disk refuses none are: the next time the centre says so is early enough.
        """
        try:
            return self._reoffer(generation)
        except OutboxError as error:
            if not error.of_disk:
                raise
            return 0

    @locked
    def _reoffer(self, generation: str) -> int:
        known = lanes.note(self._opened.db, "generation")
        if known == generation:
            return 0
        with self._drafting() as draft:
            lanes.set_note(draft.db, "generation", generation)
            if known is None:
                return 0
            self._upkeep.write(draft, self._stamp.mono_ms)
            offered = sum(upkeep.offer_again(draft, stream) for stream in KEPT_STREAMS)
        self._upkeep.written(self._stamp.mono_ms)
        return offered

    def _write_down(self, stamp: Stamp) -> None:
        self._upkeep.run(self._opened, self.config, self._folder, stamp)
        if self._upkeep.sidecar_due(stamp.mono_ms):
            opening.write_sidecar(self.directory, self._opened)
