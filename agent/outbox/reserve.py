"""The reserve on the disk: a file that only keeps room. It holds nothing; each function says what it changed.

Crash-safe by having no state: how much is held is the size of the file, and the next round goes on from there. On a
file system without fallocate (vfat) zeros are written, a little at a time.
"""

import contextlib
import errno
import os
import time
from pathlib import Path

from agent.core import reserve as arithmetic
from agent.outbox import files

FILE = "reserve.bin"
GROW_BYTES = 1024 * 1024
LONGEST_S = 0.05
"""Growing stops after this long; ext4 has the whole reserve by then, vfat goes on with the next round."""
_NOT_SUPPORTED = (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)


def held_bytes(directory: Path) -> int:
    """What is really allocated: a copied or restored file may have holes."""
    try:
        found = (directory / FILE).stat()
    except OSError:
        return 0
    return min(found.st_size, found.st_blocks * 512)


def ensure(directory: Path, wanted_bytes: int) -> int:
    """Give back until `wanted_bytes` are free, as far as the reserve goes; returns how much that took.

    The file is synced: ext4 lets go of the blocks only with its journal's next commit. A disk that refuses says so
    again when the commit comes.
    """
    with contextlib.suppress(OSError):
        held = held_bytes(directory)
        if held:
            return _cut(directory, held, arithmetic.to_give_back(files.free_bytes(directory), held, wanted_bytes))
    return 0


def rescue(directory: Path) -> bool:
    """A commit found the disk full all the same: a larger piece. False when nothing is held any more."""
    with contextlib.suppress(OSError):
        held = held_bytes(directory)
        return held > 0 and _cut(directory, held, min(held, arithmetic.RESCUE_BYTES)) > 0
    return False


def keep(directory: Path, target_bytes: int) -> int:
    """Grow or shrink towards the target as far as there is room; returns the bytes held now."""
    held = held_bytes(directory)
    with contextlib.suppress(OSError):
        if held > target_bytes:
            _cut(directory, held, held - target_bytes)
        wanted = arithmetic.to_take(files.free_bytes(directory), held, target_bytes)
        if wanted:
            _grow(directory / FILE, held, held + wanted)
    return held_bytes(directory)


def _cut(directory: Path, held: int, size: int) -> int:
    if size <= 0:
        return 0
    path = directory / FILE
    if size >= held:
        path.unlink()
        files.sync_folder(directory)
        return held
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(fd, held - size)
        os.fsync(fd)
    finally:
        os.close(fd)
    return size


def _grow(path: Path, at: int, end: int) -> None:
    began = time.monotonic()
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        if os.fstat(fd).st_size > at:
            os.ftruncate(fd, at)  # holes of a copy
        while at < end and time.monotonic() - began < LONGEST_S:
            size = min(GROW_BYTES, end - at)
            _allocate(fd, at, size)
            at += size
        os.fsync(fd)
    finally:
        os.close(fd)


def _allocate(fd: int, at: int, size: int) -> None:
    try:
        os.posix_fallocate(fd, at, size)
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            raise
        zeros = memoryview(bytes(64 * 1024))
        while size > 0:
            written = os.pwrite(fd, zeros[: min(size, len(zeros))], at)
            at, size = at + written, size - written
