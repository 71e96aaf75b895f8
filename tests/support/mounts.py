"""A small disk of one's own (tmpfs), for a test that fills it or takes its right to write away. Needs root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts file systems")


class SmallDisk:
    """Mounted at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read_only(self, yes: bool = True) -> None:
        """Take away, or give back, the right to write: what the kernel does with a card that fails."""
        subprocess.run(["mount", "-o", "remount,ro" if yes else "remount,rw", str(self.path)], check=True)

    def fill(self, leave_bytes: int = 0) -> None:
        """Leave no free block but so much."""
        with (self.path / "filler").open("wb", buffering=0) as file:
            with suppress(OSError):
                for size in (65536, 512):
                    while file.write(bytes(size)) == size:
                        pass
            file.truncate(max(0, file.tell() - leave_bytes))

    def free(self) -> None:
        """Undo `fill`."""
        (self.path / "filler").unlink()


@contextmanager
def small_disk(path: Path, size_mb: int) -> Iterator[SmallDisk]:
    """A tmpfs at `path` (made when missing); unmounted at the end of the block whatever happens."""
    path.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0750", "sandi-test", str(path)], check=True)
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)
