"""What an attacker has: many connections at once, slow ones, TLS with and without MQTT in it."""

import fcntl
import resource
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

HIGH = 2_000
"""paho waits by select(), which knows descriptors below 1,024 only: what is held lies above."""
CONNECT = b"\x10\x10\x00\x04MQTT\x05\x02\x00\x1e\x00\x00\x03one"
"""MQTT 5, clean start, 30 s, client id "one"."""
DEADLINE_S = 90.0
"""A door that stands still for seconds takes up the ones behind its full backlog when the kernel asks again: 1, 3, 7,
15, 31 s after the first time."""


def raise_file_limit(wanted: int) -> None:
    """Let this process hold that many descriptors, or as many as it may already."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, HIGH + wanted + 1_000)), hard))


def lifted(connection: socket.socket) -> socket.socket:
    """The same connection under a high descriptor."""
    high = socket.socket(fileno=fcntl.fcntl(connection.fileno(), fcntl.F_DUPFD_CLOEXEC, HIGH))
    connection.close()
    return high


@contextmanager
def held(port: int, count: int, said: bytes = b"", source: str = "") -> Iterator[list[socket.socket]]:
    """That many open connections from one address (ours, or `source`), each of which has said this much and no more."""
    raise_file_limit(count)
    connections: list[socket.socket] = []
    ours = (source, 0) if source else None
    try:
        for number in range(count):
            connection = lifted(socket.create_connection(("127.0.0.1", port), DEADLINE_S, ours))
            connections.append(connection)
            if said:
                with suppress(OSError):  # cut at once: it had its chance
                    connection.sendall(said)
            if number % 20 == 19:
                time.sleep(0.002)  # a full backlog would have the kernel wait a second
        yield connections
    finally:
        for connection in connections:
            connection.close()


def drip(connections: Sequence[socket.socket], byte: bytes) -> int:
    """One more byte on each; on how many it could still be sent."""
    alive = 0
    for connection in connections:
        with suppress(OSError):
            connection.sendall(byte)
            alive += 1
    return alive


def still_open(connection: socket.socket) -> bool:
    """Whether the other side has not ended it."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def stranger(ca: Path) -> ssl.SSLContext:
    """Somebody without a certificate, who does not care whom he talks to."""
    return ssl.create_default_context(cafile=ca)


def knock(port: int, tls: ssl.SSLContext) -> bool:
    """One TLS connection with an MQTT CONNECT; whether it was accepted."""
    with (
        suppress(OSError),
        socket.create_connection(("127.0.0.1", port), DEADLINE_S) as plain,
        tls.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(CONNECT)
        return connection.recv(4)[:1] == b"\x20"
    return False


def rss_mib(pid: int) -> float:
    """Resident memory of a process in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"process {pid} has ended")
