"""Filing events: the one way parts of the agent put something into the `event` stream."""

from typing import Protocol

from agent.clock import Clock
from agent.core.clock import Stamp
from wire.bodies import SelfWarning, encode_body
from wire.bodies import Struct as Body


class Recorder(Protocol):
    """The outbox as the rest of the agent sees it: durable on return for events."""

    async def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
        """Store one record and return its sequence number."""


class EventLog:
    """Files events with the current stamp."""

    def __init__(self, recorder: Recorder, clock: Clock) -> None:
        self._recorder = recorder
        self._clock = clock

    async def file(self, kind: str, body: Body, stamp: Stamp | None = None) -> int:
        """Store one event; `stamp` when it happened earlier than now."""
        return await self._recorder.append("event", kind, encode_body(body), stamp or self._clock.stamp())

    async def warn(self, code: str, active: bool, detail: str) -> int:
        """File that a self-warning appeared or went."""
        return await self.file("warning", SelfWarning(code, active, detail[:500]))
