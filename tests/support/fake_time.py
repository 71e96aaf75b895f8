"""A wall clock that a test sets while a real program runs (libfaketime); boot-time and sleeping stay the machine's."""

import time
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

SHARED = Path("/dev/shm")  # where libfaketime keeps a segment and a semaphore per process


def library() -> Path | None:
    """libfaketime of the development tools, if it is there and was built."""
    found = find_spec("libfaketime")
    if found is None or found.origin is None:
        return None
    return next(Path(found.origin).parent.rglob("libfaketime.so.1"), None)


def environment(loaded: Path, offset: Path) -> dict[str, str]:
    """What makes a program's wall clock differ by the seconds in the file `offset`, read at each look at the clock."""
    return {
        "LD_PRELOAD": str(loaded),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
        # Its repair of waits on the monotonic clock is wrong for this C library: a thread that waits for Python's lock
        # then asks for the time without a pause (three threads did a seventeenth of their work).
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }


class WallClock:
    """Start the program with `environment`; `set` and `step` then move its wall clock at once."""

    def __init__(self, folder: Path) -> None:
        loaded = library()
        if loaded is None:
            pytest.skip("libfaketime is not here: it is for Linux, and is built when it is installed")
        self._file = folder / "wall-clock"
        self._offset_s = 0.0
        self._write()
        self.environment = environment(loaded, self._file) | {"TZ": "UTC"}

    def set(self, unix_s: float) -> None:
        """The wall clock shows this second now, and goes on from there."""
        self._offset_s = unix_s - time.time()
        self._write()

    def step(self, seconds: float) -> None:
        """Somebody sets it by so much, either way."""
        self._offset_s += seconds
        self._write()

    def _write(self) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{self._offset_s:+.3f}\n", encoding="ascii")
        fresh.replace(self._file)


def sweep_fake_clocks() -> None:
    """Take away what libfaketime left behind for processes that were killed and are gone."""
    for left in (*SHARED.glob("faketime_shm_*"), *SHARED.glob("sem.faketime_sem_*")):
        pid = left.name.rpartition("_")[2]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            left.unlink(missing_ok=True)
