"""The listener: takes connections, admits streams, cuts what does not move.

1. At most `connections` are open, `per_address` of one address, unfinished handshakes included; a handshake and a
   request have 5 s each.
2. A stream is admitted when its certificate is a node's, that node has no other, fewer than `streams` run, and the
   node's day has room. The bytes asked for are set aside at once; at the end what did not go is given back, and
   what a node sent beyond its grant is counted too.
3. A stream ends at its bytes or its time. Whatever is not over shortly after that is aborted: a client that stopped
   reading, or fell silent, holds a place for seconds and no longer.
"""

import asyncio
import logging
import os
import socket
import ssl
from dataclasses import dataclass, field

from center.core.crowd import Crowd
from center.throughput.config import Limits
from center.throughput.ledger import TransferLedger
from center.throughput.peer import node_of
from center.throughput.stream import ASK_AGAIN_S, Line, Stream
from wire.errors import WireError
from wire.throughput import MAX_LINE_BYTES, MAX_TIME_MS, Grant, Refusal, Request, encode, parse_request

log = logging.getLogger("center.throughput")

_BACKLOG = 64
_ANY = 2**31
"""Connections in a minute are not counted here: a stream needs a certificate, and its node's day has a bound."""
_QUIET_S = 60.0


def open_listener(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


@dataclass(slots=True)
class Endpoint:
    """One listener's connections and streams. `serve` runs until cancelled."""

    limits: Limits
    ledger: TransferLedger
    tls: ssl.SSLContext
    block: bytes = field(default_factory=lambda: os.urandom(64 * 1024))
    """What downloads consist of: nothing on the way can make it smaller."""
    crowd: Crowd = field(init=False)
    streams: set[str] = field(default_factory=set)
    """The nodes being measured."""
    told_s: float = float("-inf")

    def __post_init__(self) -> None:
        self.crowd = Crowd(self.limits.connections, self.limits.per_address, per_minute=_ANY)

    async def serve(self, listener: socket.socket) -> None:
        """Accept and serve; ends all connections when cancelled."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    connection, peer = await loop.sock_accept(listener)
                except OSError as error:  # no descriptor left, or the client is gone already
                    log.warning("throughput-accept", extra={"error": error.strerror or str(error)})
                    await asyncio.sleep(1)
                    continue
                name, wait_s = self.crowd.enter(peer[0], loop.time())
                if wait_s is None:
                    connection.close()
                    self._tell_once(name)
                    continue
                group.create_task(self._connection(connection, name))

    def _tell_once(self, name: str) -> None:
        """Say that somebody is cut, and whom, once while this goes on."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self.told_s > _QUIET_S:
            log.warning("throughput-crowded", extra={"from": name, "open": self.crowd.open})
        self.told_s = now_s

    async def _connection(self, connection: socket.socket, name: str) -> None:
        limits, line = self.limits, None
        longest_s = limits.handshake_s + limits.request_s + MAX_TIME_MS / 1000 + 2 * limits.grace_s
        try:
            async with asyncio.timeout(longest_s):
                line = await Line.open(connection, self.tls, limits.handshake_s)
                await self._talk(line)
                await line.finish(limits.grace_s)
        except (OSError, TimeoutError, EOFError):  # a stranger, a cut line, a client that stands still
            log.debug("throughput-connection-cut")
        except Exception:
            log.exception("throughput-connection-failed")
        finally:
            if line is not None:
                line.abort()
            self.crowd.leave(name)

    async def _talk(self, line: Line) -> None:
        node = node_of(line.tls)
        if node is None:
            await line.send(encode(Refusal("name", ASK_AGAIN_S)))
            return
        async with asyncio.timeout(self.limits.request_s):
            raw = await line.line(MAX_LINE_BYTES)
        try:
            asked = parse_request(raw)
        except WireError:
            await line.send(encode(Refusal("request", ASK_AGAIN_S)))
            return
        refusal = self.refused(node, asked)
        if refusal is not None:
            log.info("throughput-refused", extra={"node": node, "code": refusal.code, "wait_s": refusal.wait_s})
            await line.send(encode(refusal))
            return
        await self._stream(node, asked, line)

    def refused(self, node: str, asked: Request) -> Refusal | None:
        """Why this stream may not begin now; None when it may."""
        if node in self.streams:
            return Refusal("second", ASK_AGAIN_S)
        if len(self.streams) >= self.limits.streams:
            return Refusal("busy", ASK_AGAIN_S)
        wait_s = self.ledger.wait_s(node, asked.size_bytes)
        if wait_s == 0:
            return None
        return Refusal("quota", 86_400 if wait_s is None else wait_s)

    async def _stream(self, node: str, asked: Request, line: Line) -> None:
        grant = Grant(min(asked.size_bytes, self.limits.stream_bytes), asked.time_ms)
        self.streams.add(node)
        stream = Stream(line, grant, self.block, self.limits.grace_s)
        try:
            await self.ledger.spend(node, grant.size_bytes)
            await stream.run(asked.way)
        finally:
            try:
                await self.ledger.spend(node, stream.line_bytes - grant.size_bytes)
            finally:
                self.streams.discard(node)
            fields = {"node": node, "way": asked.way, "bytes": stream.moved_bytes, "ms": stream.took_ms}
            log.info("throughput-stream", extra=fields)
