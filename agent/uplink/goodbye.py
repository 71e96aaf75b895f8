"""How a session ends when we are asked to stop: last events, retained death, DISCONNECT.

Whatever does not work within its time is left to the will.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from agent.outbox import OutboxError
from agent.uplink import hearing
from agent.uplink.answers import Answers
from agent.uplink.delivery import Delivery
from agent.uplink.ending import SessionEndedError
from agent.uplink.link import Link
from agent.uplink.linkevents import Event, Taken
from agent.uplink.presence import Presence

log = logging.getLogger("agent.uplink")

GOODBYE_S = 0.7
LAST_WORDS_S = 0.3

Handle = Callable[[Event, Delivery, Answers], Awaitable[None]]


class Goodbye:
    """Of one session; use once."""

    def __init__(self, line: Link, presence: Presence, arrived: asyncio.Event, delivery: Delivery | None) -> None:
        self._line = line
        self._presence = presence
        self._arrived = arrived
        self._delivery = delivery

    async def with_last_words(self, answers: Answers, handle: Handle) -> None:
        """What waits goes first: among it, why we stop."""
        await self._within_time(self._speak(answers, handle))

    async def say(self) -> None:
        """Death and DISCONNECT."""
        await self._within_time(self._leave())

    async def _within_time(self, leaving: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(GOODBYE_S):
                await leaving
        except (TimeoutError, SessionEndedError, OSError):
            return
        except Exception:
            log.exception("goodbye-failed")  # we are leaving anyway: the will speaks

    async def _speak(self, answers: Answers, handle: Handle) -> None:
        delivery, line = self._delivery, self._line
        if delivery is not None:
            # Whatever keeps the words back, a disk that fails for example: the death and DISCONNECT still follow.
            with suppress(TimeoutError, OutboxError):
                async with asyncio.timeout(LAST_WORDS_S):
                    await delivery.fill(answers)
                    while delivery.not_taken():
                        while line.events:
                            await handle(line.events.popleft(), delivery, answers)
                        if delivery.not_taken():
                            await hearing.next_event(line, self._arrived)
        await self._leave()

    async def _leave(self) -> None:
        line = self._line
        mid = self._presence.end()
        while mid not in self._taken():
            await hearing.next_event(line, self._arrived)
        line.disconnect()
        while line.closed is None:
            line.events.clear()
            await hearing.next_event(line, self._arrived)

    def _taken(self) -> set[int]:
        taken: set[int] = set()
        while self._line.events:
            event = self._line.events.popleft()
            if isinstance(event, Taken):
                taken.add(event.mid)
                if self._delivery is not None:
                    self._delivery.taken(event)
        return taken
