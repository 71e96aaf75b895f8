"""Whose claim it is: a process of the alerts by name, and whether another one is dead.

On the same machine a lock answers that, held for as long as the process lives: the kernel drops it at a kill -9, and
keeps it while the process is merely stopped. Of another machine's process only its silence can be judged.
"""

import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from center.files import PRIVATE, exclusive, make_directory

LEASE_MS = 5 * 60_000
"""A process of another machine that has held a claim for longer is dead: ours ends itself after a sixth of that."""
_FOLDER = Path("run", "alerts")


class Owner:
    """This process, as its claims name it: "machine.pid.random"."""

    def __init__(self, data: Path) -> None:
        self._folder = data / _FOLDER
        self._machine = "".join(c for c in socket.gethostname() if c.isalnum() or c == "-")[:32] or "machine"
        self.name = f"{self._machine}.{os.getpid()}.{secrets.token_hex(4)}"

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Hold the lock that says so; files of dead ones are taken away."""
        make_directory(self._folder, 0o700)
        path = self._folder / self.name
        with exclusive(self._folder / ".lock"):  # or another one's sweep takes the file away before it is locked
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE)
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._sweep()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(handle)

    def is_dead(self, name: str, claimed_ms: int, now_ms: int) -> bool:
        """Whether the process of this name, which claimed something then, will never say what became of it."""
        if name == self.name:
            return False
        if name.rpartition(".")[0].rpartition(".")[0] == self._machine:
            return not _is_held(self._folder / name)
        return now_ms - claimed_ms > LEASE_MS

    def _sweep(self) -> None:
        for path in self._folder.iterdir():
            if path.name not in {self.name, ".lock"} and not _is_held(path):
                path.unlink(missing_ok=True)


def _is_held(path: Path) -> bool:
    """Whether a living process holds this lock; a missing file is nobody's."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        with suppress(OSError):
            os.close(handle)
    return False
