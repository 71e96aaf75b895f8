"""Programs under test: started in their own session, their output collected, and surely gone afterwards."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from center.processes import die_with_parent
from tests.support.fake_time import sweep_fake_clocks

LOOK_S = (0.01, 0.1)
"""The shortest and the longest time between two looks."""
DEADLINE_S = 90.0
LAST_WORDS_S = 30.0
"""The longest wait for what a program said last: somebody it started may hold its output open for ever."""
ORDERLY_END_S = 30.0
"""How long a program may take to end at the end of its block; what it writes at its end may be looked at there."""


def _prepared() -> Callable[[], None]:
    """The child ends with us, and Ctrl-C works in it even where a shell started us with SIGINT ignored."""
    tied = die_with_parent()

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        tied()

    return prepare


class Program:
    """A running program; `output` grows while it runs (standard output and error together)."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            start_new_session=True,
            preexec_fn=_prepared(),  # noqa: PLW1509 - signal, prctl and getppid only
        )
        self.pid = self.process.pid
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """What it has said so far."""
        return "".join(self._lines)

    def wait_for_output(self, text: str, deadline_s: float = DEADLINE_S) -> None:
        """Wait until it has said this; AssertionError with all it said when it ends or the deadline passes first."""
        wait_until(
            lambda: text in self.output or self.process.poll() is not None, f"{text!r}", deadline_s, lambda: self.output
        )
        if text not in self.output:  # it has ended: what it said last may still be on its way
            self._reader.join(LAST_WORDS_S)
        assert text in self.output, f"ended with {self.process.returncode}:\n{self.output}"

    def wait(self, deadline_s: float = DEADLINE_S) -> int:
        """Wait for its end; its exit code."""
        code = self.process.wait(deadline_s)
        self._reader.join(LAST_WORDS_S)
        return code

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def descendants(self) -> list[psutil.Process]:
        """Every process it has started, directly or not, that still runs."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.pid).children(recursive=True)
        return []

    def _read(self) -> None:
        assert self.process.stdout is not None
        self._lines.extend(self.process.stdout)


@contextmanager
def program(*command: str, environment: Mapping[str, str] | None = None) -> Iterator[Program]:
    """Run a program for the length of the block; it and all its descendants are killed at the end."""
    running = Program(command, environment)
    seen: list[psutil.Process] = []
    try:
        yield running
    finally:
        seen = running.descendants()
        if running.process.poll() is None:
            running.send(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                running.wait(ORDERLY_END_S)
        for left in (*seen, *running.descendants()):
            with suppress(psutil.NoSuchProcess):
                left.kill()
        running.process.kill()
        running.wait()
        sweep_fake_clocks()


def wait_until(
    condition: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S, detail: Callable[[], str] = lambda: ""
) -> float:
    """Wait until it is so; the seconds that took. AssertionError naming `what` after the deadline.

    It is looked again after a tenth of the time that was waited so far: an agent that is asked a hundred times a second
    does nothing but answer.
    """
    began = time.monotonic()
    while not condition():
        waited_s = time.monotonic() - began
        assert waited_s < deadline_s, f"waited {deadline_s:g} s for {what}\n{detail()}"
        time.sleep(min(max(LOOK_S[0], waited_s / 10), LOOK_S[1]))
    return time.monotonic() - began


def weight_mib(pid: int) -> float:
    """What a process has in memory of its own. Pages of files are left out: the kernel takes them from who is idle and
    gives them back, as it likes."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.findall(r"^(?:Anonymous|Swap):\s+(\d+) kB", rows, re.MULTILINE)
    assert len(found) == 2, rows
    return sum(map(int, found)) / 1024


def gone(processes: Sequence[psutil.Process]) -> bool:
    """Whether none of them runs any more (a zombie has ended)."""
    return not any(map(_runs, processes))


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended between the two questions
        return False
