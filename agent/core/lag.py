"""Whether the event loop stutters: how late its ticks come, and whether that happens again and again.

One late tick is a slow card or a busy second and says nothing. Several within minutes mean that round trips were
measured late, that acknowledgements wait, and that nobody will understand the figures without knowing it.
"""

from collections import deque
from typing import Final

LATE_S: Final = 2.0
"""Reports are due every 30 s and probes wait 1 s for an answer: a loop that is 2 s late spoils what it measures."""
OFTEN: Final = 3
WITHIN_S: Final = 300.0


class LagWatch:
    """Remembers the late ticks of the last minutes. Times are of one clock that stands while the box sleeps."""

    def __init__(self) -> None:
        self._late: deque[tuple[float, float]] = deque(maxlen=100)
        self.worst_s = 0.0

    def ticked(self, due_s: float, now_s: float) -> None:
        """A tick that was due at `due_s` came at `now_s`."""
        lag_s = now_s - due_s
        self.worst_s = max(self.worst_s, lag_s)
        if lag_s > LATE_S:
            self._late.append((now_s, lag_s))

    def condition(self, now_s: float) -> str | None:
        """What to say when the loop was late often enough of late; None when not."""
        recent = [lag_s for at_s, lag_s in self._late if now_s - at_s <= WITHIN_S]
        if len(recent) < OFTEN:
            return None
        return f"{len(recent)} x > {LATE_S:g} s / {WITHIN_S / 60:g} min, max {max(recent):.1f} s"
