"""Workers that leak, die, hang or speak nonsense: each is named and ended, and nobody else grows or stops by it."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.support import faulty_worker
from tests.support.processes import Program, gone, program, wait_until

WAIT_S = 120.0
WORKER_MB = 80
DEADLINE_S = 20.0
SAME_MIB = 1.0


class Supervisor:
    """The supervisor's process with its one camera, and the fault its worker has."""

    def __init__(self, running: Program, place: Path) -> None:
        self._running, self._place = running, place

    def status(self) -> dict[str, object]:
        """The newest it told."""
        told = [line for line in self._running.output.splitlines() if line.startswith("{") and line.endswith("}")]
        return dict(json.loads(told[-1])) if told else {}

    @property
    def said(self) -> str:
        return self._running.output

    def until(self, condition: Callable[[dict[str, object]], bool], what: str) -> dict[str, object]:
        """The first status that is so."""
        wait_until(lambda: bool(self.status()) and condition(self.status()), what, WAIT_S, lambda: self.said[-2000:])
        return self.status()

    def pictures(self, more: int) -> dict[str, object]:
        """The status after so many more pictures."""
        before = int(str(self.status().get("pictures", 0)))
        return self.until(lambda now: int(str(now["pictures"])) >= before + more, f"{more} more pictures")

    def goes_wrong(self, fault: Callable[[], None] | None) -> None:
        """From the next picture on; None: all is well."""
        file = self._place / "fault"
        if fault is None:
            file.unlink()
        else:
            file.with_suffix(".part").write_text(fault.__name__)
            file.with_suffix(".part").rename(file)

    def weight_mib(self) -> float:
        """Every page it uses, counted whole: PSS can be no more, and who else uses the same pages has no say in it."""
        rollup = Path(f"/proc/{self._running.pid}/smaps_rollup").read_text()
        found = re.search(r"^Rss:\s+(\d+) kB", rollup, re.MULTILINE)
        assert found is not None
        return int(found[1]) / 1024

    def workers(self) -> list[psutil.Process]:
        return self._running.descendants()


@contextmanager
def supervisor(folder: Path, *, worker_mb: int = WORKER_MB, deadline_s: float = DEADLINE_S) -> Iterator[Supervisor]:
    place = folder.parent
    command = (sys.executable, "-m", "tests.support.camera_supervisor", str(place), str(worker_mb), f"{deadline_s:g}")
    with program(*command) as running:
        yield Supervisor(running, place)


FAULTS = [
    pytest.param(faulty_worker.leaking, "memory", rf"took \d+ MiB, it may take {WORKER_MB}", id="leaking"),
    pytest.param(faulty_worker.killed, "worker_died", "SIGKILL", id="killed"),
    pytest.param(faulty_worker.garbage, "worker_died", "did not keep to its protocol", id="garbage"),
    pytest.param(faulty_worker.crashing, "worker_died", "SIGSEGV", id="crashing", marks=pytest.mark.full),
    pytest.param(faulty_worker.raising, "worker_died", "ZeroDivisionError", id="raising", marks=pytest.mark.full),
    pytest.param(faulty_worker.endless, "worker_died", "protocol", id="endless", marks=pytest.mark.full),
    pytest.param(faulty_worker.hanging, "timeout", "the worker was killed", id="hanging", marks=pytest.mark.full),
]


@pytest.mark.parametrize(("fault", "code", "cause"), FAULTS)
def test_a_worker_gone_wrong_is_named_and_ended_and_its_supervisor_weighs_what_it_did(
    folder: Path, fault: Callable[[], None], code: str, cause: str
) -> None:
    with supervisor(folder, deadline_s=3.0 if code == "timeout" else DEADLINE_S) as watched:
        watched.pictures(2)
        before_mib, workers = watched.weight_mib(), watched.workers()
        watched.goes_wrong(fault)
        failing = watched.until(lambda now: now["state"] == "failing", "the fault")
        assert failing["code"] == code
        assert re.search(cause, str(failing["cause"])), failing
        assert gone(workers) and len(workers) == 1
        watched.goes_wrong(None)
        again = watched.pictures(2)
        assert again["state"] == "ok"
        assert watched.weight_mib() - before_mib < SAME_MIB


def test_one_that_takes_a_little_more_with_each_picture_is_replaced_and_no_picture_is_missed(folder: Path) -> None:
    with supervisor(folder) as watched:
        watched.goes_wrong(faulty_worker.leaking_slowly)
        watched.until(lambda now: int(str(now["starts"])) >= 2, "a second worker")
        wait_until(lambda: "worker-outgrown" in watched.said, "its memory to be told", WAIT_S)
        status = watched.pictures(1)
        assert status["failures"] == 0 or status["code"] == "memory"


def test_what_a_driver_prints_is_nobodys_answer(folder: Path) -> None:
    with supervisor(folder) as watched:
        watched.goes_wrong(faulty_worker.chatty)
        before_mib = watched.pictures(2) and watched.weight_mib()
        status = watched.pictures(2)
        assert (status["state"], status["failures"], status["starts"]) == ("ok", 0, 1)
        assert watched.weight_mib() - before_mib < SAME_MIB
