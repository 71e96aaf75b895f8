"""The spool: where a worker leaves pictures for the core. Nothing in it is promised to anybody."""

from pathlib import Path
from typing import Final

from agent.files import write_durably

_PART: Final = ".part"


def put(spool: Path, name: str, content: bytes) -> None:
    """Write a picture so that the name appears only once its bytes are on the disk. Raises OSError."""
    write_durably(spool / name, content, 0o640)


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
