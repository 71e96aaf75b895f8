"""The pause between two sessions: as long as the back-off says, shorter when the way is free again.

What ends it early is evidence that something has changed: the broker's port answers after it did not
(`dial.came_back`), or somebody calls `nudge`. A broker that answers and throws us out all the same gets the full
pause.
"""

import asyncio
from contextlib import suppress

from agent.uplink.config import UplinkConfig
from agent.uplink.dial import AddressBook, came_back
from agent.uplink.ending import Ending

AWAY = ("name", "network", "timeout", "refused", "silent")
"""Endings that mean that the broker could not be reached."""
MOST_HINTS = 3
"""After an attempt that failed in such a way the port may have come back before the first knock. So a port that
answers ends the pause, but only so many times in a row: it may be one that accepts and never speaks."""


class Pause:
    """Of one uplink."""

    def __init__(self, config: UplinkConfig, book: AddressBook) -> None:
        self._config = config
        self._book = book
        self._nudge = asyncio.Event()
        self._hints = 0

    def nudge(self) -> None:
        """The network seems to be back."""
        self._nudge.set()

    def came_up(self) -> None:
        """A session was up: hints count again."""
        self._hints = 0

    async def rest(self, why: Ending, delay_s: float) -> None:
        """Wait `delay_s`, or less. After a take-over nothing shortens it."""
        if why.code == "taken_over":
            await asyncio.sleep(self._config.taken_over_s)
            return
        self._nudge.clear()
        watcher = asyncio.create_task(self._watch(was_away=why.code in AWAY and self._hints < MOST_HINTS))
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(delay_s):
                    await self._nudge.wait()
        finally:
            watcher.cancel()
            await asyncio.wait({watcher})

    async def _watch(self, *, was_away: bool) -> None:
        await came_back(self._book, self._config.knock_s, was_away=was_away)
        self._hints += 1
        self._nudge.set()
