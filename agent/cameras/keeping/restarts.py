"""When a worker that died may be started again. Pure: the caller brings the time.

Failures in a row wait 1, 2, 4 ... 300 s; a picture ends the row. Whatever the row says, no more than five starts fall
into any minute, so a worker that dies after every picture cannot keep the board busy with starting it. The start of a
worker that then ended in order, because the next picture was far away, counts no more: whoever asks for pictures one
after the other need not wait for a minute to pass.
"""

from collections import deque
from typing import Final

FIRST_DELAY_S: Final = 1.0
LONGEST_DELAY_S: Final = 300.0
STARTS_PER_WINDOW: Final = 5
WINDOW_S: Final = 60.0


class RestartBudget:
    """Counts one camera's starts and failures."""

    def __init__(self) -> None:
        self._starts: deque[float] = deque(maxlen=STARTS_PER_WINDOW)
        self.failures = 0

    def started(self, now_s: float) -> None:
        self._starts.append(now_s)

    def ended_in_order(self) -> None:
        """The worker started last was not needed any more and ended when asked."""
        if self._starts:
            self._starts.pop()

    def succeeded(self) -> None:
        self.failures = 0

    def failed(self) -> float:
        """Note a failure; how long to wait before the next try, in seconds."""
        self.failures += 1
        return min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(self.failures - 1, 30))

    def start_allowed_in(self, now_s: float) -> float:
        """Seconds until a start is within the window's budget; 0 when it is now."""
        if len(self._starts) < STARTS_PER_WINDOW:
            return 0.0
        return max(0.0, self._starts[0] + WINDOW_S - now_s)
