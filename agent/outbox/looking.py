"""Looking into the outbox: heads, single facts, figures for people. Changes nothing but the session counter."""

from collections.abc import Collection

from agent.core.reasons import BLOB, CORRUPT
from agent.outbox import reading, reserve, schema, sparse
from agent.outbox.shelf import Shelf, locked
from wire.messages import Record


class Looking(Shelf):
    """What can be asked."""

    @locked
    def heads(self) -> dict[str, tuple[int, int, int]]:
        """Per stream: oldest held (head + 1 when nothing waits), committed head, how many wait."""
        return {name: (lane.oldest_held, lane.head, lane.pending) for name, lane in self._opened.memory.lanes.items()}

    def committed_heads(self) -> dict[str, int]:
        """Per stream the last number on the disk. For any thread: it does not wait for the disk."""
        return {stream: lane.head for stream, lane in self._opened.memory.lanes.items()}

    @locked
    def newest_waiting(self, stream: str) -> int:
        """The number of the newest record that waits; 0 when none does."""
        return sparse.newest_waiting(self._opened.db, stream, self._opened.memory.lanes[stream])

    @locked
    def fates(self, epoch: str, stream: str, numbers: Collection[int]) -> dict[int, str]:
        """What became of records this epoch gave numbers to: `waits`, `done`, or `lost`.

        Lost is one whose number was never given out (an older state of the file came back), one that was damaged here
        before the centre had it, and all of an epoch that is not the present one. For streams without thinning.
        """
        if not numbers or epoch != self.epoch:
            return dict.fromkeys(numbers, "lost")
        lane = self._opened.memory.lanes[stream]
        here = {int(str(seq)) for (seq,) in self._opened.db.rows(schema.NUMBERS_FROM[stream], (min(numbers),))}
        values = (stream, self.epoch, CORRUPT, BLOB)
        dead = {int(str(seq)) for (seq,) in self._opened.db.rows(schema.DEAD_OF, values)}

        def fate(seq: int) -> str:
            if seq > lane.head or seq in dead:
                return "lost"
            if lane.done.contains(seq):
                return "done"
            return "waits" if seq in here else "lost"

        return {seq: fate(seq) for seq in numbers}

    @locked
    def waiting(self) -> tuple[int, list[Record]]:
        """How many records wait in all streams, and the oldest of each stream in which one does."""
        lanes = {name: lane for name, lane in self._opened.memory.lanes.items() if lane.pending}
        found = [reading.one(self._opened, self._folder, name, lane.oldest_held) for name, lane in lanes.items()]
        return sum(lane.pending for lane in lanes.values()), [held.record for held in found if held is not None]

    @locked
    def receipt_outcome(self, downlink_id: str) -> str | None:
        """How a downlink was dealt with; None when it is new."""
        rows = self._opened.db.rows("SELECT outcome FROM receipt WHERE id = ?", (downlink_id,))
        return next((str(outcome) for (outcome,) in rows), None)

    @locked
    def next_session(self) -> int:
        """The number of the next connection: never used before, also after a crash; see `sessions`.

        What was handed out to the session before is not under way any more.
        """
        self._handed_out.began()
        return self._sessions.next(self._opened)

    @locked
    def ping(self) -> None:
        """Touch the file. OutboxError when there is none that works."""
        self._opened.db.integer("PRAGMA schema_version")

    @locked
    def status(self) -> dict[str, object]:
        """What `sandi outbox` shows; sizes in bytes."""
        return reading.status(self._opened, self._folder) | {
            "waiting_for_disk": len(self._opened.memory.waiting.held),
            "unwritten_acks": self._upkeep.count,
            "last_rejection": self._last_rejection,
            "reserve_bytes": reserve.held_bytes(self.directory),
            "reserve_target_bytes": self.reserve_target_bytes,
            "given_up": dict(self._opened.memory.given_up),
            "giving_up": self.conditions().get("giving_up", ""),
            "damaged": self._damaged(),
        }

    def conditions(self) -> dict[str, str]:
        """What the outbox has to say against itself: code -> detail. For any thread: it does not wait for the disk."""
        memory, found = self._opened.memory, {}
        refusal = self.refusal
        if refusal is not None:
            found["disk_reserve" if refusal.code == "disk_full" else "outbox_readonly"] = refusal.detail[:200]
        giving_up = dict(memory.giving_up)
        if giving_up:
            found["giving_up"] = ", ".join(f"{s}: {memory.given_up.get(s, 0)} ({why})" for s, why in giving_up.items())
        damage = self._damage
        if damage is not None and damage.shown(self._stamp.mono_ms):
            found["outbox_damaged"] = damage.detail
        return found

    @locked
    def ledger(self, most: int) -> list[dict[str, object]]:
        """The newest entries of the ledger that are still here, newest first, and whether the centre has them."""
        return reading.ledger(self._opened, most)

    @locked
    def dead(self, most: int) -> list[dict[str, object]]:
        """What the centre could not read and what was damaged, newest first, without contents."""
        return reading.dead(self._opened, most)

    def _damaged(self) -> dict[str, object] | None:
        damage = self._damage
        if damage is None:
            return None
        return {
            "detail": damage.detail,
            "wall_ms": damage.wall_ms,
            "life_s": (self._stamp.mono_ms - damage.at_ms) // 1000,
        }
