"""One direction of a line test with the centre's endpoint (`wire.throughput`), over a connection that is ready.

What a sender has written may still lie in a buffer, so the receiver's count is the measure: this side's for a
download, the centre's for an upload.
"""

import asyncio
import os
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass

from agent.core.observation import Reason
from agent.probes.errors import ProbeError
from agent.probes.sockets import Connection
from wire.errors import WireError
from wire.throughput import MAX_LINE_BYTES, Done, Grant, Refusal, Request, encode, parse_done, parse_reply

_CHUNK_BYTES = 32 * 1024
_READ_BYTES = 64 * 1024
_TCP_NOTSENT_LOWAT = 25  # linux/tcp.h
_LEAST_TIME_S = 0.002
"""A rate over less than this says nothing but that the line is fast."""


@dataclass(slots=True)
class Direction:
    """What one direction brought. `cost_bytes` is what counts against the budget, also when it was cut off;
    `from_ns`, `to_ns`: when bytes were moving (monotonic); `mbps` is None when that was too short to tell."""

    cost_bytes: int = 0
    moved_bytes: int = 0
    from_ns: int = 0
    to_ns: int = 0
    mbps: float | None = None


async def ask(connection: Connection, asked: Request) -> Grant:
    """Ask the endpoint for a stream. Raises ProbeError (not_now with what stands in the way; reset; timeout by the
    caller's time limit)."""
    await connection.send(encode(asked))
    try:
        answer = parse_reply(await _line(connection, b""), asked)
    except WireError as error:
        raise ProbeError(Reason.RESET, {"error": f"the endpoint's answer is none: {error.detail}"}) from error
    if isinstance(answer, Refusal):
        raise ProbeError(Reason.NOT_NOW, {"refusal": answer.code, "by": "centre", "free_in_s": answer.wait_s})
    return answer


async def download(connection: Connection, grant: Grant, found: Direction, grace_s: float) -> None:
    """Receive until the centre ends, `grace_s` beyond its time at most: that is for what lies in queues on the way.

    `found` is true at every moment. Raises ProbeError or TimeoutError.
    """
    loop = asyncio.get_running_loop()
    found.cost_bytes = grant.size_bytes  # until it is known to have been less
    began = loop.time()
    first_bytes = 0
    async with asyncio.timeout(grant.time_ms / 1000 + grace_s):
        while data := await connection.receive(_READ_BYTES):
            found.to_ns = time.monotonic_ns()
            if not found.from_ns:
                found.from_ns, first_bytes = found.to_ns, len(data)
            found.moved_bytes += len(data)
            await asyncio.sleep(0)  # a fast line must not keep everything else in this process waiting
    if found.moved_bytes < grant.size_bytes and loop.time() - began < 0.9 * grant.time_ms / 1000:
        raise ProbeError(Reason.RESET, {"error": "the centre ended the download early"})
    found.cost_bytes = found.moved_bytes
    found.mbps = _mbps(found.moved_bytes - first_bytes, (found.to_ns - found.from_ns) / 1e9)


async def upload(connection: Connection, grant: Grant, found: Direction, grace_s: float) -> None:
    """Send until all is sent, or the centre says what it received. Raises ProbeError or TimeoutError."""
    loop = asyncio.get_running_loop()
    with suppress(OSError):
        connection.sock.setsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT, _CHUNK_BYTES)
    block = os.urandom(_CHUNK_BYTES)  # nothing on the way can make it smaller
    stop_sending = loop.time() + grant.time_ms / 1000 + 1.0
    said = b""
    found.from_ns = time.monotonic_ns()
    async with asyncio.timeout(grant.time_ms / 1000 + grace_s):
        while found.cost_bytes < grant.size_bytes and not said and loop.time() < stop_sending:
            size = min(len(block), grant.size_bytes - found.cost_bytes)
            found.cost_bytes += size
            await connection.send(block[:size])
            await asyncio.sleep(0)
            said = _heard(connection)
        found.to_ns = time.monotonic_ns()
        line = await _line(connection, said)
    try:
        done: Done = parse_done(line, found.cost_bytes)
    except WireError as error:
        raise ProbeError(Reason.RESET, {"error": f"the centre did not count the upload: {error.detail}"}) from error
    found.moved_bytes = done.size_bytes
    found.mbps = _mbps(done.size_bytes, done.time_ms / 1000)


def _mbps(size_bytes: int, took_s: float) -> float | None:
    return round(size_bytes * 8 / took_s / 1e6, 2) if took_s >= _LEAST_TIME_S and size_bytes > 0 else None


async def _line(connection: Connection, begun: bytes) -> bytes:
    """The rest of a line: up to its end, the end of the stream, or too many bytes."""
    while not begun.endswith(b"\n") and len(begun) <= MAX_LINE_BYTES:
        byte = await connection.receive(1)
        if not byte:
            break
        begun += byte
    return begun


def _heard(connection: Connection) -> bytes:
    """What the centre has begun to say, without waiting."""
    try:
        return connection.sock.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return b""
    except OSError as error:
        raise ProbeError(Reason.RESET, {"error": error.strerror or type(error).__name__}) from error
