"""Unix socket files: binding and reaching them however deep their folder lies, and asking who is at the other end."""

import contextlib
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from wire.shape import Struct

if TYPE_CHECKING:
    import asyncio

log = logging.getLogger("agent.control")

Visit = Callable[["asyncio.StreamReader", "asyncio.StreamWriter"], Awaitable[None]]
Visitors: TypeAlias = "set[asyncio.StreamWriter]"
GROUP_FILE: Final = Path("/etc/group")
USER_FILE: Final = Path("/etc/passwd")

_SO_PEERGROUPS: Final = 59  # asm-generic/socket.h, since Linux 4.13; not named by Python's socket module


class Peer(Struct, frozen=True):
    """Who is at the other end, from the kernel; `groups` holds the supplementary ones too."""

    pid: int
    uid: int
    groups: frozenset[int]


def peer_of(connection: socket.socket) -> Peer:
    pid, uid, gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    try:
        raw = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, 1024)  # the most Python allows: 256 groups
    except OSError:  # ERANGE: in more groups than that; its first one still counts
        raw = b""
    return Peer(pid, uid, frozenset((gid, *struct.unpack(f"{len(raw) // 4}I", raw))))


def group_id(name: str) -> int | None:
    """The number of a local group. Read from the file: asking libc would load its name-service modules (measured:
    0.4 MiB of a daemon that has 24), and the installer makes these groups on the box itself."""
    with contextlib.suppress(OSError):
        for line in GROUP_FILE.read_text(encoding="utf-8", errors="replace").splitlines():
            fields = line.split(":")
            if len(fields) >= 3 and fields[0] == name and fields[2].isdigit():
                return int(fields[2])
    log.info("group-missing", extra={"group": name})
    return None


def user_name(uid: int) -> str:
    """The login name of a local user, from the file as `group_id` does; its number when the file does not know it."""
    with contextlib.suppress(OSError):
        for line in USER_FILE.read_text(encoding="utf-8", errors="replace").splitlines():
            fields = line.split(":")
            if len(fields) >= 3 and fields[2] == str(uid):
                return fields[0]
    return f"uid {uid}"


def listen_at(path: Path, gid: int | None) -> socket.socket:
    """A bound stream socket at `path`, mode 0660, group `gid` where this user may give it; a stale file is replaced.

    OSError when the folder is missing or not writable.
    """
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        os.fchmod(listener.fileno(), 0o600)  # before bind: the file never exists with wider permissions
        with short_path(path) as address:
            listener.bind(address)
    except OSError:
        listener.close()
        raise
    if gid is not None and gid != os.getegid():
        try:
            os.chown(path, -1, gid)
        except PermissionError as error:
            log.warning("socket-group", extra={"path": str(path), "gid": gid, "detail": str(error)})
    path.chmod(0o660)  # only now, when it belongs to whom it is for
    return listener


@contextlib.contextmanager
def short_path(path: Path) -> Iterator[str]:
    """An address of at most 108 bytes for a socket file, however long the path to its folder is (unix(7))."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


async def serve_at(
    path: Path, gid: int | None, visit: Visit, *, limit: int, visitors: Visitors, ready: Callable[[], None] | None
) -> None:
    """Serve `visit` at `path` until cancelled; `ready` is told once it listens. At the end `visitors`, which it keeps,
    are cut off and the socket file goes. OSError when it cannot be bound."""
    import asyncio  # the command line comes here too, and has no loop

    server = await asyncio.start_unix_server(visit, sock=listen_at(path, gid), limit=limit)
    try:
        if ready is not None:
            ready()
        await server.serve_forever()
    finally:
        server.close()
        for writer in tuple(visitors):
            writer.transport.abort()
        _gone(path)


def _gone(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
