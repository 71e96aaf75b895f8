"""One connection as a line of bytes, and one direction of a test over it."""

import asyncio
import socket
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from wire.throughput import Done, Grant, Way, encode

ASK_AGAIN_S: Final = 15
"""A stream takes at most some ten seconds."""
_CHUNK_BYTES: Final = 16 * 1024
_BUFFER_BYTES: Final = 32 * 1024
_READ_BYTES: Final = 64 * 1024
_ON_ITS_WAY_BYTES: Final = 4 * 1024 * 1024
"""Taken in behind the end of an upload: 100 Mbit/s over 300 ms. Who sends more than that does not mean to stop."""
_TCP_NOTSENT_LOWAT: Final = 25  # linux/tcp.h
"""Little waits unsent, here and in the kernel: what is written is soon on the line, also when the line is slow."""


@dataclass(slots=True)
class Line:
    """A TLS connection from a client that showed a certificate."""

    connection: socket.socket
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    tls: ssl.SSLObject

    @classmethod
    async def open(cls, connection: socket.socket, tls: ssl.SSLContext, handshake_s: float) -> "Line":
        """Shake hands. Raises OSError (ssl.SSLError and a handshake that takes too long included)."""
        connection.setblocking(False)
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT, _BUFFER_BYTES)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_READ_BYTES)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol, connection, ssl=tls, ssl_handshake_timeout=handshake_s, ssl_shutdown_timeout=2.0
        )
        transport.set_write_buffer_limits(high=_BUFFER_BYTES)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        return cls(connection, reader, writer, writer.get_extra_info("ssl_object"))

    async def line(self, limit_bytes: int) -> bytes:
        """One line with its end, or what came of it up to `limit_bytes` + 1 or the end of the stream."""
        found = b""
        while len(found) <= limit_bytes and not found.endswith(b"\n"):
            byte = await self.reader.read(1)
            if not byte:
                break
            found += byte
        return found

    async def send(self, data: bytes) -> None:
        """Hand over `data`; returns when there is room for more. Raises OSError."""
        self.writer.write(data)
        await self.writer.drain()

    async def finish(self, timeout_s: float) -> None:
        """Close in order: what is written reaches the other side first. TimeoutError when it does not take it."""
        async with asyncio.timeout(timeout_s):
            self.writer.close()
            await self.writer.wait_closed()

    def abort(self) -> None:
        """End it at once, by a reset: what a client does not read is not kept for it. Nothing happens when it is
        closed already."""
        if self.connection.fileno() < 0:
            return
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
        self.writer.transport.abort()


class Stream:
    """One direction within its grant. `moved_bytes` is what went, `took_ms` from the first byte to the last.

    `line_bytes` is what it cost the line: with what came behind the end of an upload, which is no part of the answer.
    """

    def __init__(self, line: Line, grant: Grant, block: bytes, grace_s: float) -> None:
        self._line = line
        self._grant = grant
        self._block = block
        self._grace_s = grace_s
        self.moved_bytes = 0
        self.line_bytes = 0
        self.took_ms = 0

    async def run(self, way: Way) -> None:
        """Grant, then move bytes. Raises OSError or TimeoutError when the client does not go along."""
        async with asyncio.timeout(self._grace_s):
            await self._line.send(encode(self._grant))
        if way == "down":
            await self._download()
        else:
            await self._upload()

    async def _download(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        ends = began + self._grant.time_ms / 1000
        view = memoryview(self._block)
        async with asyncio.timeout_at(ends + self._grace_s):
            while self.moved_bytes < self._grant.size_bytes and loop.time() < ends:
                at = self.moved_bytes % (len(view) - _CHUNK_BYTES)
                size = min(_CHUNK_BYTES, self._grant.size_bytes - self.moved_bytes)
                self.moved_bytes += size
                self.line_bytes += size
                await self._line.send(bytes(view[at : at + size]))
                await asyncio.sleep(0)  # a fast client would otherwise keep all others waiting
        self.took_ms = round((loop.time() - began) * 1000)

    async def _upload(self) -> None:
        """Count until the bytes are all there, the time is over or the client ends; then say so, and let the rest of
        what is on its way run out: closing on it would be a reset, which can overtake the answer."""
        loop = asyncio.get_running_loop()
        first: float | None = None
        ends = loop.time() + self._grant.time_ms / 1000 + self._grace_s
        with suppress(TimeoutError):
            while self.moved_bytes < self._grant.size_bytes:
                async with asyncio.timeout_at(ends):
                    data = await self._line.reader.read(_READ_BYTES)
                if not data:
                    break
                now = loop.time()
                if first is None:
                    first = now
                    ends = now + self._grant.time_ms / 1000
                self.moved_bytes += len(data)
                self.line_bytes += len(data)
                self.took_ms = round((now - first) * 1000)
                await asyncio.sleep(0)
        self.moved_bytes = min(self.moved_bytes, self._grant.size_bytes)
        async with asyncio.timeout(self._grace_s):
            await self._line.send(encode(Done(self.moved_bytes, self.took_ms)))
            behind = 0
            while behind <= _ON_ITS_WAY_BYTES and (data := await self._line.reader.read(_READ_BYTES)):
                behind += len(data)
                self.line_bytes += len(data)
