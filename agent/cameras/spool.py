"""The spool: where a worker leaves pictures for the core. Nothing in it is promised to anybody."""

import os
from pathlib import Path
from typing import Final

_PART: Final = ".part"


def put(spool: Path, name: str, content: bytes) -> None:
    """Write a picture so that the name appears only once its bytes are on the disk. Raises OSError."""
    temporary = spool / f".{name}{_PART}"
    try:
        with temporary.open("wb") as stream:
            os.fchmod(stream.fileno(), 0o640)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.rename(spool / name)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(spool)


def prepare(spool: Path) -> int:
    """Make the spool and empty it; the number of leftovers removed.

    A picture left here by an earlier run was accepted by nobody, and its age can no longer be told (a reboot has no
    clock); or it was stored just before a crash, and storing it again would count it twice. So it goes. Raises OSError.
    """
    spool.mkdir(mode=0o750, parents=True, exist_ok=True)
    leftovers = [path for path in spool.iterdir() if path.name.endswith((".jpg", _PART))]
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)


def drop(spool: Path, camera: str) -> None:
    """Remove what a worker of this camera left behind when it was killed. Raises OSError."""
    for path in spool.iterdir():
        if path.name.removeprefix(".").startswith(f"{camera}."):
            path.unlink(missing_ok=True)


def sync_directory(directory: Path) -> None:
    """Make new names in this directory survive a power cut."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
