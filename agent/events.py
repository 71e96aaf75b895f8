"""Filing what the agent itself notices: events and health reports, with the current stamp."""

import logging
from typing import Protocol

from msgspec import Struct

from agent.clock import Clock
from agent.core.clock import Stamp
from agent.outbox.errors import OutboxError
from wire.bodies import SelfWarning, encode_body

log = logging.getLogger("agent.events")

_NO_ROOM = ("full", "disk_full")


class Recorder(Protocol):
    """The outbox as the rest of the agent sees it: an event is durable on return, a health report within 10 s."""

    async def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
        """Store one record and return its sequence number; OutboxError when it is not accepted."""


class EventLog:
    """Files on behalf of parts that have nobody to hand an error to.

    What the outbox refuses is lost, and that is said: in the log once, and as a self-warning while it lasts.
    """

    def __init__(self, recorder: Recorder, clock: Clock) -> None:
        self._recorder = recorder
        self._clock = clock
        self._refusal: OutboxError | None = None

    async def file(self, kind: str, body: Struct, stamp: Stamp | None = None, stream: str = "event") -> bool:
        """Store one record; `stamp` when it happened earlier than now. False when the outbox refused it."""
        try:
            await self._recorder.append(stream, kind, encode_body(body), stamp or self._clock.stamp())
        except OutboxError as error:
            if self._refusal is None or self._refusal.code != error.code:
                log.error("outbox-refuses", extra={"kind": kind, "code": error.code, "detail": error.detail})
            self._refusal = error
            return False
        if self._refusal is not None:
            log.info("outbox-accepts-again")
            self._refusal = None
        return True

    async def warn(self, code: str, active: bool, detail: str, stamp: Stamp | None = None) -> bool:
        """File that a self-warning appeared or went; see `file`."""
        return await self.file("warning", SelfWarning(code, active, detail[:500]), stamp)

    def conditions(self) -> dict[str, str]:
        """What the last refusal says against the storage."""
        if self._refusal is None:
            return {}
        return {"disk_reserve" if self._refusal.code in _NO_ROOM else "outbox_readonly": self._refusal.detail[:200]}
