"""The watch over a session: that its pump turns and its connection looks after itself.

Nothing here waits for the network, so that a network that hangs cannot hide the hanging. What hangs the whole event
loop is for the service's watchdog to end.
"""

import asyncio
import time
from collections.abc import Coroutine

from agent.core.together import until_next
from agent.uplink.ending import Ending, SessionEndedError
from agent.uplink.link import Link

LOOK_EVERY_S = 5.0
PUMP_STUCK_S = 120.0
"""The pump waits for a minute at most; the rest is for a disk that is slow."""
LINE_STUCK_S = 15.0
"""The connection looks after itself every second; keep-alive and pings hang on that."""
LEAVING_S = 2.0


class Watch:
    """Of one session."""

    def __init__(self) -> None:
        self._turned_s = time.monotonic()

    def turned(self) -> None:
        """The pump has come round."""
        self._turned_s = time.monotonic()

    async def over(self, line: Link, pump: Coroutine[None, None, None]) -> None:
        """Run the pump; SessionEndedError `wedged` when it or the connection is stuck. The pump's own errors pass."""
        task = asyncio.create_task(pump, name="uplink-pump")
        looked_s = time.monotonic()
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=until_next(looked_s, LOOK_EVERY_S))
                now_s = time.monotonic()
                # A machine that stood still, or a loop that was busy, must not make the others look stuck.
                if now_s - looked_s < 2 * LOOK_EVERY_S and not task.done():
                    self._judge(line, now_s)
                elif not task.done():
                    self._turned_s = line.ticked_s = now_s
                looked_s = now_s
            await task
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=LEAVING_S)
            if task.done() and not task.cancelled():
                task.exception()  # seen: the loop need not complain about it

    def _judge(self, line: Link, now_s: float) -> None:
        if now_s - self._turned_s > PUMP_STUCK_S:
            raise SessionEndedError(Ending("wedged", f"the pump has not moved for {now_s - self._turned_s:.0f} s"))
        if line.closed is None and now_s - line.ticked_s > LINE_STUCK_S:
            words = f"the connection has not looked after itself for {now_s - line.ticked_s:.0f} s"
            raise SessionEndedError(Ending("wedged", words))
