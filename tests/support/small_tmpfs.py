"""A small tmpfs, which is full when a test wants it to be."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType

CHUNK = 1024 * 1024


class SmallTmpfs:
    """`path` is where it is mounted. A context manager; unmounted at the end, whatever happened."""

    def __init__(self, path: Path, size_mib: int) -> None:
        self.path = path
        self._size_mib = size_mib
        self._ballast = path / "ballast"

    def __enter__(self) -> "SmallTmpfs":
        self.path.mkdir(parents=True)
        options = f"size={self._size_mib}m,mode=700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.path)], check=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        subprocess.run(["umount", "-l", str(self.path)], check=True)

    def fill(self, leave_bytes: int = 0) -> None:
        """Take all room but so much. Others write at the same time: it takes what is there."""
        fd = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            with suppress(OSError):  # no room left: that is what was wanted
                while (free := self._free_bytes()) > leave_bytes:
                    os.write(fd, bytes(min(CHUNK, free - leave_bytes)))
        finally:
            os.close(fd)

    def _free_bytes(self) -> int:
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def free(self) -> None:
        """Give it back."""
        self._ballast.unlink(missing_ok=True)
