"""Files that are either the old one or the new one, whatever is cut in between."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from center.errors import SetupError

PRIVATE = 0o600
PUBLIC = 0o644
SHARED_VARIABLE = "SANDI_CENTER_SHARED"
"""Set by the units of a centre whose processes have users of their own."""


def is_shared() -> bool:
    """Whether several users work on one data directory: files of a folder are for its group too."""
    return bool(os.environ.get(SHARED_VARIABLE))


def write_atomic(path: Path, content: bytes, mode: int = PUBLIC) -> None:
    """Write through a temporary file, fsync and rename; the directory is fsynced too.

    Run as root inside a directory of another user (``sudo sandi-center enroll``), the file is given to that
    user, or the service could not read what was made for it.
    """
    directory = path.parent
    handle, temporary = tempfile.mkstemp(dir=directory, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            if os.geteuid() == 0:
                owner = directory.stat()
                os.fchown(stream.fileno(), owner.st_uid, owner.st_gid)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_directory(directory)


def sync_directory(directory: Path) -> None:
    """Make renames and new names in this directory survive a power cut."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_directory(directory: Path, mode: int = 0o755) -> None:
    """Create a directory (and its parents) with this mode; an existing one is left as it is.

    Raises:
        SetupError: it cannot be made or is not a directory.
    """
    try:
        missing = not directory.exists()
        directory.mkdir(parents=True, exist_ok=True)
        if missing:
            directory.chmod(mode)
            if os.geteuid() == 0:
                owner = directory.parent.stat()
                os.chown(directory, owner.st_uid, owner.st_gid)
    except OSError as error:
        raise SetupError(
            f"cannot make the directory {directory}: {error.strerror or error}",
            f"tidak dapat membuat direktori {directory}: {error.strerror or error}",
        ) from error


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold an advisory lock on `path` for the length of the block, waiting for whoever has it.

    Made by root inside a directory of another user, the lock file is given to that user, as in `write_atomic`.
    """
    handle = _lock_file(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _lock_file(path: Path) -> int:
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(path, flags | os.O_CREAT | os.O_EXCL, PRIVATE)
    except FileExistsError:
        return os.open(path, flags)
    if os.geteuid() == 0:  # only one made here: whose file else lies under that name is not for us to give away
        owner = path.parent.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)
    return handle
