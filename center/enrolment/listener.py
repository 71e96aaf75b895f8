"""The listener boxes ask for certificates: takes connections, reads one request each, passes it to the signer.

1. Of one address and of all, so many connections are open and so many begin in a minute (`center.core.crowd`). What is
   far above that is cut before the handshake costs anything; what is little above is told "rate" and when to come back.
2. Handshake, request and answer have seconds each. Who trickles is cut; memory per connection is bounded.
3. The signer's answer goes out as it came. When it does not answer, the box is told "unavailable".

Whom the listener itself turns away it counts per address, in a bounded table, and tells the signer every few seconds.
"""

import asyncio
import logging
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from center.core.crowd import OTHERS, Crowd
from center.enrolment.config import Limits
from center.enrolment.frames import Ask, Reply, Tell, Turned, ask, refused
from center.enrolment.reading import BadRequestError, Reading, Request, answer_bytes
from center.enrolment.releases import HandingOut, Wanted
from center.throughput.stream import Line
from wire.errors import WireError

log = logging.getLogger("center.enrolment")

TELL_S: Final = 3.0
MOST_TURNED: Final = 128
"""Rows of the table of whom was turned away between two tellings."""
UNAVAILABLE_S: Final = 15
_READ_BYTES: Final = 4096
_LINGER_S: Final = 1.0
"""Somebody who is refused in the middle of sending gets so long to read why."""


@dataclass(slots=True)
class Listener:
    """One listener's connections. `serve` runs until cancelled."""

    limits: Limits
    tls: ssl.SSLContext
    signer: Path
    tell_s: float = TELL_S
    releases: HandingOut | None = None
    """Hands out release bundles; without it there are none."""
    crowd: Crowd = field(init=False)
    _turned: dict[tuple[str, str], int] = field(default_factory=dict)
    _signer_away: bool = False

    def __post_init__(self) -> None:
        limits = self.limits
        self.crowd = Crowd(limits.connections, limits.per_address, limits.per_address_per_minute)

    async def serve(self, listener: socket.socket) -> None:
        """Accept and serve; ends all connections when cancelled."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_telling())
            while True:
                try:
                    connection, peer = await loop.sock_accept(listener)
                except OSError as error:  # no descriptor left, or the client is gone already
                    log.warning("enrolment-accept", extra={"error": error.strerror or str(error)})
                    await asyncio.sleep(1)
                    continue
                name, wait_s = self.crowd.enter(peer[0], loop.time())
                if wait_s is None:
                    connection.close()
                    self._turn("rate", name)
                    continue
                tasks.create_task(self._connection(connection, name, wait_s))

    async def _connection(self, connection: socket.socket, name: str, wait_s: int) -> None:
        line = None
        try:
            line = await Line.open(connection, self.tls, self.limits.handshake_s)
            reply = await self._reply(line, name, wait_s)
            if isinstance(reply, Wanted):
                assert self.releases is not None
                await self.releases.send(line, reply, name)
                await line.finish(self.limits.answer_s)
                return
            async with asyncio.timeout(self.limits.answer_s):
                await line.send(answer_bytes(reply.status, reply.body))
                if reply.status == 400 or wait_s:
                    await _take_in(line)
                await line.finish(self.limits.answer_s)
        except (OSError, TimeoutError, EOFError):  # a stranger, a cut line, a client that stands still
            log.debug("enrolment-connection-cut")
        except Exception:
            log.exception("enrolment-connection-failed")
        finally:
            if line is None:
                connection.close()
            else:
                line.abort()
            self.crowd.leave(name)

    async def _reply(self, line: Line, name: str, wait_s: int) -> Reply | Wanted:
        if wait_s:
            self._turn("rate", name)
            return refused("rate", "too many requests from this address", wait_s)
        try:
            async with asyncio.timeout(self.limits.request_s):
                request = await self._request(line)
        except TimeoutError:
            self._turn("request", name)
            raise
        except BadRequestError as error:
            self._turn("request", name)
            return refused("request", str(error))
        if request.release is not None:
            return request.release if self.releases is not None else refused("request", "no releases here")
        return await self._ask(Ask(request.path, name, request.body), name)  # type: ignore[arg-type]

    async def _request(self, line: Line) -> Request:
        reading = Reading(self.limits)
        while (request := reading.feed(await line.reader.read(_READ_BYTES))) is None:
            continue
        return request

    async def _ask(self, question: Ask, name: str) -> Reply:
        try:
            reply = await ask(self.signer, question, self.limits.signer_s)
        except (OSError, EOFError, TimeoutError, WireError) as error:
            if not self._signer_away:
                log.warning("enrolment-signer-away", extra={"error": str(error) or type(error).__name__})
            self._signer_away = True
            self._turn("unavailable", name)
            return refused("unavailable", "the signer does not answer", UNAVAILABLE_S)
        if self._signer_away:
            log.info("enrolment-signer-back")
        self._signer_away = False
        return reply

    def _turn(self, code: str, name: str) -> None:
        """Count one that was turned away here."""
        key = (code, name)
        if key not in self._turned and len(self._turned) >= MOST_TURNED:
            key = (code, OTHERS)
        self._turned[key] = self._turned.get(key, 0) + 1

    async def _keep_telling(self) -> None:
        while True:
            await asyncio.sleep(self.tell_s)
            if not self._turned:
                continue
            rows = tuple(Turned(code, name, count) for (code, name), count in self._turned.items())
            told = dict(self._turned)
            with suppress(OSError, EOFError, TimeoutError, WireError):
                await ask(self.signer, Tell(rows), self.limits.signer_s)
                for key, count in told.items():
                    self._turned[key] -= count
                self._turned = {key: count for key, count in self._turned.items() if count}


async def _take_in(line: Line) -> None:
    """What a refused client is still sending: closing over it would take the answer away from it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            for _ in range(64):
                if not await line.reader.read(_READ_BYTES):
                    return
