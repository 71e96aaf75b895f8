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

Key = tuple[str, tuple[str, ...]]


class News:
    """What was told of the verdict in this run of the agent."""

    def __init__(self) -> None:
        self._told: Key | None = None
        self._held: tuple[Key, int] | None = None
        self._times: deque[int] = deque(maxlen=LADDER[0][0])

    def take(self, now_ms: int, code: str, also: tuple[str, ...]) -> int | None:
        """Since when this verdict holds, when it is to be told now; None when not."""
        key = (code, also)
        if self._held is None or self._held[0] != key:
            self._held = key, now_ms
        since_ms = self._held[1]
        if key == self._told or now_ms - since_ms < self._hold_ms(key, now_ms):
            return None
        self._told = key
        self._times.append(now_ms)
        return since_ms

    def due_ms(self, now_ms: int) -> int | None:
        """When to look again though nothing has changed."""
        if self._held is None or self._held[0] == self._told:
            return None
        key, since_ms = self._held
        return since_ms + self._hold_ms(key, now_ms)

    def _hold_ms(self, key: Key, now_ms: int) -> int:
        beside_only = self._told is not None and self._told[0] == key[0]
        least_ms = UNSURE_MS if key[0] == "U0" or beside_only else HOLD_MS
        recent = sum(now_ms - told_ms < WITHIN_MS for told_ms in self._times)
        return max(least_ms, next((hold_ms for most, hold_ms in LADDER if recent >= most), 0))
