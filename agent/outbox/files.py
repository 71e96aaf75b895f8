"""Files beside the database: pictures and sealed blobs, written durably before their row, removed after it."""

import contextlib
import errno
import os
from collections.abc import Iterable
from pathlib import Path

from agent.outbox.errors import OutboxError

FOLDER = "files"


def ensure(folder: Path) -> None:
    """Make the folder, durably, readable by the agent alone."""
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        sync_folder(folder.parent)
    except OSError as error:
        raise translated(error, folder) from error


def write(path: Path, content: bytes) -> None:
    """Write a whole file so that after a power cut it is either there entirely or not at all."""
    temporary = path.with_name(path.name + ".part")
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(fd, view) :]
            os.fsync(fd)
        finally:
            os.close(fd)
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        remove([temporary])
        raise translated(error, path) from error


def read(path: Path) -> bytes | None:
    """The file's bytes; None when it is gone, or no file can have such a name (damage). OutboxError otherwise."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        raise translated(error, path) from error


def is_bad_sector(error: OutboxError) -> bool:
    """Whether the disk itself failed to give the bytes, as against a process out of descriptors or memory."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EIO


def read_if_possible(path: Path) -> bytes | None:
    """The same for where nothing can wait: None also when the disk cannot give these bytes."""
    try:
        return read(path)
    except OutboxError as error:
        if not is_bad_sector(error):
            raise
        return None


def remove(paths: Iterable[Path]) -> None:
    """Remove what is there. What cannot be removed now is an orphan for the next start."""
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def remove_others(folder: Path, wanted: set[str]) -> int:
    """Remove files no row speaks of: a power cut came between file and row, or between row and removal."""
    orphans = [entry for entry in folder.iterdir() if entry.name not in wanted and entry.is_file()]
    remove(orphans)
    return len(orphans)


def free_bytes(folder: Path) -> int:
    """What the file system lets this process still write."""
    try:
        found = os.statvfs(folder)
    except OSError as error:
        raise translated(error, folder) from error
    return found.f_bavail * found.f_frsize


def total_bytes(folder: Path) -> int:
    """How large the file system is."""
    try:
        found = os.statvfs(folder)
    except OSError as error:
        raise translated(error, folder) from error
    return found.f_blocks * found.f_frsize


def is_read_only(folder: Path) -> bool:
    """Whether the file system is mounted read-only, as ext4 is after an error."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def sync_folder(folder: Path) -> None:
    """Make renames and new names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def translated(error: OSError, path: Path) -> OutboxError:
    """An OSError in the outbox's words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutboxError("disk_full", f"no room left for {path}; free some space")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return OutboxError("read_only", f"{path} cannot be written: {error.strerror}")
    return OutboxError("io", f"{path}: {error.strerror}")
