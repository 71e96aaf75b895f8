"""How much the line carries, and what that means for how much may be under way on it.

1. `LineRate`: while bytes queue up at both ends of an interval, what TCP saw acknowledged in it is the line's rate. A
   line whose queue runs dry is not the bottleneck: the rate is forgotten step by step, for it was another line's.
2. What waits in front of a complaint must have passed within `SMALL_S`: that bounds window and batch in time, whatever
   their bounds in bytes.
3. `SessionYield`: on a line that is cut every few kilobytes, all that is unanswered at the cut is sent twice. Sessions
   that were cut short leave behind how much one of them carried; the next begins with a fraction of that.
"""

from wire.shape import Struct

SAMPLE_S = 0.5
"""Shorter intervals measure the burst of a shaper's bucket, not its rate."""
QUEUED_BYTES = 2048
"""Less than two segments waiting is the tail of a transfer, not a queue."""
FORGET_FACTOR = 1.25
UNLIMITED_BYTES_S = 1_000_000.0
"""Above this no window of ours is bounded by time any more."""

SMALL_S = 2.0
LEAST_WINDOW_BYTES = 2048
LEAST_BATCH_BYTES = 2048

SHORT_SESSION_S = 60.0
LOST_SHARE = 10
"""A window of a tenth of what a session carries: with a batch of half of that behind it, a cut repeats 15 % at most."""


class LineRate(Struct):
    """`bytes_s` is None as long as the line was never seen to be the bottleneck."""

    bytes_s: float | None = None
    _at_s: float | None = None
    _acked: int = 0
    _queued: bool = False

    def restart(self) -> None:
        """Another connection: its counters begin anew, the rate is still the best guess."""
        self._at_s = None

    def observe(self, now_s: float, acked_bytes: int, queued_bytes: int) -> None:
        """`acked_bytes` of this connection so far, `queued_bytes` handed over and not acknowledged by the peer's
        TCP."""
        queued = queued_bytes > QUEUED_BYTES
        if self._at_s is None:
            self._at_s, self._acked, self._queued = now_s, acked_bytes, queued
            return
        passed_s = now_s - self._at_s
        if passed_s < SAMPLE_S:
            self._queued = self._queued and queued
            return
        moved = acked_bytes - self._acked
        if self._queued and queued:
            sample = moved / passed_s
            self.bytes_s = sample if self.bytes_s is None else (self.bytes_s + sample) / 2
        elif moved > 0 and self.bytes_s is not None:
            faster = max(self.bytes_s * FORGET_FACTOR, moved / passed_s)
            self.bytes_s = None if faster > UNLIMITED_BYTES_S else faster
        self._at_s, self._acked, self._queued = now_s, acked_bytes, queued

    def seconds(self, size_bytes: int) -> float:
        """How long so many bytes take; 0 when the line is not known to be slow."""
        return 0.0 if self.bytes_s is None else size_bytes / max(1.0, self.bytes_s)

    def window_bytes(self, most: int) -> int:
        """How much of small records may be under way, at most `most`."""
        return most if self.bytes_s is None else min(most, max(LEAST_WINDOW_BYTES, int(self.bytes_s * SMALL_S)))

    def batch_bytes(self, most: int) -> int:
        """How large a batch may be before compression, at most `most`."""
        return most if self.bytes_s is None else min(most, max(LEAST_BATCH_BYTES, int(self.bytes_s * SMALL_S)))


class SessionYield(Struct):
    """What a session carries before the line is cut; None when sessions live long enough not to matter."""

    bytes_: float | None = None

    def ended(self, carried_bytes: int, lasted_s: float, *, by_line: bool) -> None:
        """A session is over; `by_line`: neither we nor the broker wanted it."""
        if lasted_s >= SHORT_SESSION_S or not by_line:
            self.bytes_ = None if lasted_s >= SHORT_SESSION_S else self.bytes_
            return
        self.bytes_ = carried_bytes if self.bytes_ is None else (self.bytes_ + carried_bytes) / 2

    def window_bytes(self, most: int) -> int:
        """What may be unanswered at a cut, at most `most`."""
        return most if self.bytes_ is None else min(most, max(LEAST_WINDOW_BYTES // 2, int(self.bytes_ / LOST_SHARE)))

    def batch_bytes(self, most: int) -> int:
        """A batch before compression, which halves it at least."""
        return most if self.bytes_ is None else min(most, max(LEAST_BATCH_BYTES, int(self.bytes_ / LOST_SHARE)))
