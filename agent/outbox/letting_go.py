"""Leasing records to the uplink, and letting go of what the centre has or cannot read."""

from collections.abc import Iterable

from agent.core.clock import Stamp
from agent.outbox import files, lanes, opening, reading, sparse, upkeep
from agent.outbox.held import Held, file_hash
from agent.outbox.lanes import KEPT_STREAMS
from agent.outbox.shelf import Shelf, locked
from wire.ranges import Ranges
from wire.topics import STREAMS


class LettingGo(Shelf):
    """What goes out, and what is forgotten."""

    @locked
    def page(self, stream: str, after_seq: int, limit_bytes: int, limit_records: int = 200) -> list[Held]:
        """Committed records behind `after_seq` that are not done, ascending; at least one, up to the limits."""
        found, bad = reading.page(self._opened, self._folder, stream, (after_seq, limit_bytes, limit_records))
        for seq in bad:
            self._bury(stream, seq, "corrupt", self._stamp, None)
        return found

    @locked
    def read_file(self, stream: str, held: Held) -> bytes | None:
        """The payload of a picture or blob; None when it was damaged (then it is buried and the lane goes on)."""
        content = files.read(held.path) if held.path else None
        if content is not None and file_hash(content) == held.record.hash:
            return content
        self._bury(stream, held.record.seq, "corrupt", self._stamp, held)
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
        return before.pending - lane.pending

    @locked
    def refuse(self, stream: str, seq: int, code: str, stamp: Stamp) -> None:
        """The centre cannot read this record even alone: bury it, enter the gap, go on."""
        held = reading.one(self._opened, self._folder, stream, seq)
        self._bury(stream, seq, f"refused: {code}", stamp, held)

    @locked
    def maintain(self, stamp: Stamp) -> None:
        """Write down acknowledgements and delete what is done, when enough of it has gathered. Cheap otherwise."""
        self._stamp = stamp
        if self._upkeep.due(self.config, stamp.mono_ms):
            self._write_down(stamp)

    @locked
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

    def _write_down(self, stamp: Stamp) -> None:
        self._upkeep.run(self._opened, self.config, self._folder, stamp)
        if self._upkeep.sidecar_due(stamp.mono_ms):
            opening.write_sidecar(self.directory, self._opened)
