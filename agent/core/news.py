"""Which changes of the verdict are worth an event: those that last, and never a storm of them.

1. A verdict (its code and what stands beside it) must have held for `HOLD_MS` before it is told; "inconclusive" for
   longer, because it is mostly the moment between two findings, and a mere change in what stands beside it too.
2. The more was told in the last ten minutes, the longer it must hold. A line that comes and goes every 20 seconds is
   told some times, then not until something lasts; the probes' own state then says *flapping*, which does last.
"""

from collections import deque
from typing import Final

HOLD_MS: Final = 5_000
UNSURE_MS: Final = 30_000
WITHIN_MS: Final = 600_000
LADDER: Final = ((12, 600_000), (8, 120_000), (4, 30_000))
"""(told within ten minutes, what a verdict must then hold for): at most some twenty an hour, whatever the line does."""

Also = tuple[str, ...]


class News:
    """What was told of the verdict in this run of the agent."""

    def __init__(self) -> None:
        self._told: tuple[str, Also] | None = None
        self._code: tuple[str, int] | None = None
        self._also: tuple[Also, int] | None = None
        self._times: deque[int] = deque(maxlen=LADDER[0][0])

    def take(self, now_ms: int, code: str, also: Also) -> int | None:
        """Since when this verdict holds, when it is to be told now; None when not."""
        if self._code is None or self._code[0] != code:
            self._code = code, now_ms
        if self._also is None or self._also[0] != also:
            self._also = also, now_ms
        due_ms = self.due_ms(now_ms)
        if due_ms is None or now_ms < due_ms:
            return None
        beside_only = self._told is not None and self._told[0] == code
        self._told = code, also
        self._times.append(now_ms)
        return self._also[1] if beside_only else self._code[1]

    def due_ms(self, now_ms: int) -> int | None:
        """When to tell what holds now, if it still does; None when it is told."""
        if self._code is None or self._also is None or self._told == (self._code[0], self._also[0]):
            return None
        recent = sum(now_ms - told_ms < WITHIN_MS for told_ms in self._times)
        damped_ms = next((hold_ms for most, hold_ms in LADDER if recent >= most), 0)
        if self._told is not None and self._told[0] == self._code[0]:
            return self._also[1] + max(UNSURE_MS, damped_ms)
        return self._code[1] + max(UNSURE_MS if self._code[0] == "U0" else HOLD_MS, damped_ms)
