"""Where a run keeps its files."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 2 * 2**30


@dataclass(slots=True)
class Place:
    """A directory, and whether it shall stay."""

    directory: Path
    keep: bool = False


@contextmanager
def workplace(*, keep: bool = False) -> Iterator[Place]:
    """A fresh directory, removed when the block ends; with `keep`, or after a failure, it stays and is named.

    In memory where there is room: a killed process leaves its page cache behind, so fsync decides nothing here, and the
    pace of a run does not hang on what else the disk is doing. What only a power cut shows is tests/chaos/disk's part.
    """
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES
    place = Place(Path(tempfile.mkdtemp(prefix="sandi-chaos-", dir=_MEMORY if roomy else None)), keep)
    try:
        yield place
    except BaseException:
        place.keep = True
        raise
    finally:
        if place.keep:
            print(f"kept: {place.directory}", file=sys.stderr)
        else:
            shutil.rmtree(place.directory, ignore_errors=True)
