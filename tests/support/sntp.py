"""Time servers for tests: one thread, one UDP port, as right or wrong as is asked for."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

NTP_TO_UNIX_S = 2_208_988_800
Answering = Callable[[bytes], list[bytes]]


def timestamp(unix_s: float) -> int:
    """Seconds since 1900 modulo 2^32, and a fraction of 32 bits."""
    whole = int(unix_s // 1)
    return ((whole + NTP_TO_UNIX_S) % 2**32) << 32 | int((unix_s - whole) * 2**32)


def reply(
    query: bytes,
    *,
    offset_s: float = 0.0,
    stratum: int = 2,
    leap: int = 0,
    mode: int = 4,
    version: int = 4,
    reference: bytes = b"\x0a\x00\x00\x01",
    originate: bytes | None = None,
) -> bytes:
    """The answer of a server whose clock is `offset_s` ahead of this machine's."""
    now = timestamp(time.time() + offset_s)
    head = struct.pack("!BBbbII4s", leap << 6 | version << 3 | mode, stratum, 6, -20, 0, 0, reference)
    return (
        head
        + struct.pack("!Q", now)
        + (query[40:48] if originate is None else originate)
        + struct.pack("!QQ", now, now)
    )


@contextmanager
def time_server(answer: Answering, address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Serve; the port. Each query gets the datagrams that `answer` makes of it."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, port))
    sock.settimeout(0.1)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                query, client = sock.recvfrom(1024)
                for said in answer(query):
                    sock.sendto(said, client)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield int(sock.getsockname()[1])
    finally:
        stop.set()
        thread.join()
        sock.close()
