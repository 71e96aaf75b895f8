"""Looking into the outbox: heads, single facts, figures for people. Changes nothing but the session counter."""

from agent.outbox import lanes, reading
from agent.outbox.shelf import Shelf, locked


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
        lane = self._opened.memory.lanes[stream]
        waiting = lane.not_done(1, lane.head).pairs
        return waiting[-1][1] if waiting else 0

    @locked
    def receipt_outcome(self, downlink_id: str) -> str | None:
        """How a downlink was dealt with; None when it is new."""
        rows = self._opened.db.rows("SELECT outcome FROM receipt WHERE id = ?", (downlink_id,))
        return next((str(outcome) for (outcome,) in rows), None)

    @locked
    def next_session(self) -> int:
        """The number of the next connection: never used before, also after a crash."""
        session = int(lanes.note(self._opened.db, "session") or 0) + 1
        with self._drafting() as draft:
            lanes.set_note(draft.db, "session", str(session))
        return session

    @locked
    def status(self) -> dict[str, object]:
        """What `sandi outbox` shows; sizes in bytes."""
        return reading.status(self._opened, self._folder) | {
            "waiting_for_disk": len(self._waiting),
            "unwritten_acks": self._upkeep.count,
            "last_rejection": self._last_rejection,
        }
