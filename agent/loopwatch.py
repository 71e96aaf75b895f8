"""Measures whether the event loop turns in time."""

import asyncio
from typing import Final

from agent.core.lag import LagWatch
from agent.core.together import until_next

TICK_S: Final = 1.0
"""Shorter than what counts as late, so that no stall of that length falls between two ticks unseen."""


class LoopWatch:
    """A tick a second; how late each comes is how long everything else had to wait."""

    def __init__(self) -> None:
        self._lag = LagWatch()
        self._now_s = 0.0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()  # its clock stands while the box sleeps
        while True:
            wait_s = until_next(loop.time(), TICK_S)
            due_s = loop.time() + wait_s
            await asyncio.sleep(wait_s)
            self._now_s = loop.time()
            self._lag.ticked(due_s, self._now_s)

    def conditions(self) -> dict[str, str]:
        """`loop_slow` while the loop was late again and again."""
        late = self._lag.condition(self._now_s)
        return {} if late is None else {"loop_slow": late}

    def status(self) -> dict[str, object]:
        return {"worst_lag_ms": round(self._lag.worst_s * 1000)}
