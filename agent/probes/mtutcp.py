"""Do full-sized TCP segments pass? The beginning of a TLS session, once as usual and once with small segments.

The first message is made longer than a segment (with protocol names nobody speaks, RFC 7301), so that a large packet
goes out; the server's certificate usually makes a large one come back. A session that connects and then hangs, while
one of small segments gets its answer in the same time, met a black hole. Both are tried twice at once, for
loss is not size.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.probes import sockets
from agent.probes.errors import ProbeError

SMALL_SEGMENT_BYTES = 536
"""What every IPv4 host must take (RFC 9293 section 3.7.1)."""
TRIES = 2
HANG_S = 1.0
"""How much longer than the small one the usual one is waited for: Linux sends a lost segment again after 0.2 and 0.6 s
on a line with a short round trip."""
_PADDING = [f"x-{number}-".ljust(250, "x") for number in range(6)]
"""1,500 bytes of names: with the rest, two segments."""
_TCP_INFO_MSS = struct.Struct("=16xII")  # linux/tcp.h, struct tcp_info: tcpi_snd_mss, tcpi_rcv_mss

Outcome = Literal["passes", "hangs", "unknown"]


@dataclass(frozen=True, slots=True)
class Segments:
    """`passes`: a usual session was answered. `mss`, `heard_mss`: the segments agreed on, and the largest heard."""

    outcome: Outcome
    mss: int = 0
    heard_mss: int = 0


@dataclass(slots=True)
class _Session:
    """One try. `mss` is known from the moment it is connected."""

    small: bool
    moved: asyncio.Event
    answered: bool = False
    mss: int = 0
    heard_mss: int = 0


async def compare(address: str, port: int, timeout_s: float) -> Segments:
    """The comparison. Takes at most `timeout_s` until a first answer, and a second more for the usual ones."""
    moved = asyncio.Event()
    usual = [_Session(small=False, moved=moved) for _ in range(TRIES)]
    small = [_Session(small=True, moved=moved) for _ in range(TRIES)]
    began_s = time.monotonic()
    running = [asyncio.create_task(_try(session, address, port)) for session in (*small, *usual)]
    try:
        await _until(moved, [*usual, *small], timeout_s)
        if any(one.answered for one in small):
            await _until(moved, usual, max(HANG_S, 4 * (time.monotonic() - began_s)))
    finally:
        for task in running:
            task.cancel()
        ended = await asyncio.gather(*running, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):  # a defect; being cancelled is none
            raise error
    for one in usual:
        if one.answered:
            return Segments("passes", one.mss, one.heard_mss)
    hung = any(one.answered for one in small) and all(one.mss for one in usual)
    return Segments("hangs" if hung else "unknown")


async def _until(moved: asyncio.Event, sessions: Sequence[_Session], limit_s: float) -> None:
    """Until one of them was answered, at most `limit_s`."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            while not any(one.answered for one in sessions):
                moved.clear()
                await moved.wait()


async def _try(session: _Session, address: str, port: int) -> None:
    segment_bytes = SMALL_SEGMENT_BYTES if session.small else 0
    try:
        connection = await sockets.connect(address, port, segment_bytes=segment_bytes)
    except ProbeError:
        return
    try:
        session.mss, _ = _segments(connection.sock)
        with contextlib.suppress(ProbeError):  # a refusal, a certificate, another protocol: an answer all the same
            await connection.start_tls(_context(), None)
        session.mss, session.heard_mss = _segments(connection.sock)
        session.answered = True
        session.moved.set()
    finally:
        connection.close()


def _context() -> ssl.SSLContext:
    """Whoever answers is welcome: it is the size of what comes and goes that is looked at."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(_PADDING)
    return context


def _segments(sock: socket.socket) -> tuple[int, int]:
    """The largest segments in bytes: what is sent at most, and the largest heard so far."""
    agreed, heard = _TCP_INFO_MSS.unpack(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_MSS.size))
    return int(agreed), int(heard)
