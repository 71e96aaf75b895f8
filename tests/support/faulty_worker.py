"""A real camera worker with a driver that goes wrong: `python -m tests.support.faulty_worker`, with its setup on stdin.

The camera is a replay camera. Beside the folder it plays lies the file `fault`, read at each picture: which one of the
functions below is to happen first. Without it every picture comes.
"""

import ctypes
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

from agent.cameras import worker
from agent.cameras.base import Frame
from agent.cameras.replay import ReplayCamera
from agent.cameras.table import CAMERAS, CameraType

MIB = 1024 * 1024
STEP_MIB = 8
STEP_S = 0.05
STOPPER_MIB = 1024
"""Where a leak that nobody stops stops by itself, so that a test which fails takes no machine along."""
kept: list[bytearray] = []


class FaultyCamera(ReplayCamera):
    """A replay camera whose driver is what `fault` says."""

    def grab(self, deadline_s: float) -> Frame:
        fault = self._config.folder.with_name("fault")
        if fault.exists():
            os.chdir(fault.parent)
            FAULTS[fault.read_text()]()
        return super().grab(deadline_s)


def leaking() -> None:
    """Takes ever more memory, and gives no picture."""
    while len(kept) * STEP_MIB < STOPPER_MIB:
        kept.append(bytearray(os.urandom(1) * (STEP_MIB * MIB)))
        time.sleep(STEP_S)


def leaking_slowly() -> None:
    """Gives each picture and keeps some memory of it."""
    kept.append(bytearray(os.urandom(1) * (STEP_MIB * MIB)))


def killed() -> None:
    """As by the kernel when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)


def crashing() -> None:
    """A driver that reads where nothing is."""
    ctypes.string_at(0)


def raising() -> None:
    """A driver with an error that is no CameraError."""
    raise ZeroDivisionError("division by zero")


def hanging() -> None:
    """A driver that never returns."""
    while True:
        time.sleep(60)


def garbage() -> None:
    """Random bytes where the answer belongs."""
    os.write(_answers(), os.urandom(3000) + b"\n")


def endless() -> None:
    """A line that does not end."""
    while True:
        os.write(_answers(), b"[" * 65_536)


def chatty() -> None:
    """A driver that prints to standard output and error what it likes, as libcamera does."""
    for stream in (1, 2):
        os.write(stream, os.urandom(100_000))


def deserting() -> None:
    """A driver's helper that leaves the group of its worker and keeps its pipes, while the worker dies."""
    helper = subprocess.Popen(("sleep", "600"), start_new_session=True, stdin=0, stdout=_answers(), stderr=2)
    with Path("deserter.pid").open("a") as note:  # on a slow machine it is not the only one
        note.write(f"{helper.pid}\n")
    killed()


FAULTS = {
    fault.__name__: fault
    for fault in (leaking, leaking_slowly, killed, crashing, raising, hanging, garbage, endless, chatty, deserting)
}


def _answers() -> int:
    """The descriptor on which the worker answers: the pipe that is not one of the three usual ones."""
    handles = sorted(int(path.name) for path in Path("/proc/self/fd").iterdir())
    for handle in handles:
        try:
            if handle > 2 and stat.S_ISFIFO(os.fstat(handle).st_mode):
                return handle
        except OSError:  # the listing's own
            continue
    raise AssertionError("no pipe for answers")


if __name__ == "__main__":
    CAMERAS["replay"] = CameraType("agent.cameras.replay:ReplayConfig", "tests.support.faulty_worker:FaultyCamera")
    sys.modules["tests.support.faulty_worker"] = sys.modules["__main__"]
    sys.exit(worker.main())
