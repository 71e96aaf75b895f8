"""Unix sockets between processes of the centre: names that fit, who is at the other end, and one owner for each."""

import asyncio
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from center.errors import SetupError

_SOCKET_PATH_BYTES = 107  # sun_path of unix(7), without the closing zero


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """A name for this socket that fits into an address however deep the data directory lies."""
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def peer_of(connection: socket.socket) -> int:
    """The user id of who is at the other end of a unix socket, as the kernel knows it."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", raw)
    return int(user)


async def require_unused(path: Path, in_use: SetupError) -> None:
    """A socket left by a process that was killed is taken away when the next one binds; for one that answers, `in_use`
    is raised."""
    try:
        with short_path(path) as reachable:
            _, writer = await asyncio.open_unix_connection(reachable)
    except OSError:  # absent, or left by one that was killed
        return
    writer.transport.abort()
    raise in_use
