"""Workers that leak, die, hang or speak nonsense: each is named and ended, and nobody else grows or stops by it."""

import base64
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.support import faulty_worker
from tests.support.agent_box import AgentBox
from tests.support.processes import Program, gone, program, wait_until, weight_mib

WAIT_S = 120.0
WORKER_MB = 80
DEADLINE_S = 60.0
SAME_MIB = 1.0
SETTLED = 20
"""Pictures of a second each. Ten seconds after its start the agent looks at its surroundings, once, and keeps a MiB."""


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
        seen: list[dict[str, object]] = []

        def so() -> bool:
            seen[:] = [self.status()]
            return bool(seen[0]) and condition(seen[0])

        wait_until(so, what, WAIT_S, lambda: self.said[-2000:])
        return seen[0]

    def pictures(self, more: int) -> dict[str, object]:
        """The status after so many more pictures."""
        before = int(str(self.status().get("pictures", 0)))
        return self.until(
            lambda now: now["state"] == "ok" and int(str(now["pictures"])) >= before + more, f"{more} more pictures"
        )

    def goes_wrong(self, fault: Callable[[], None] | None) -> None:
        """From the next picture on; None: all is well."""
        file = self._place / "fault"
        if fault is None:
            file.unlink()
        else:
            file.with_suffix(".part").write_text(fault.__name__)
            file.with_suffix(".part").rename(file)

    def weight_mib(self) -> float:
        return weight_mib(self._running.pid)

    def workers(self) -> list[psutil.Process]:
        return self._running.descendants()


@contextmanager
def supervisor(folder: Path, *, worker_mb: int = WORKER_MB, deadline_s: float = DEADLINE_S) -> Iterator[Supervisor]:
    place = folder.parent
    command = (sys.executable, "-m", "tests.support.camera_supervisor", str(place), str(worker_mb), f"{deadline_s:g}")
    with program(*command) as running:
        yield Supervisor(running, place)


CAMERA_PROCESS = (sys.executable, "-m", "agent.cli", "camera", "run", "--config")
CAMERAS = """
[camera_process]
data_dir = "camera"
run_dir = "camera-run"
logins_file = "logins.toml"

[cameras.gate]
type = "replay"
folder = "{folder}"
purpose = "traffic"
notice_posted = true
interval_s = 1
deadline_s = 5
"""

FAULTS = [
    pytest.param(faulty_worker.leaking, "memory", rf"took \d+ MiB, it may take {WORKER_MB}", id="leaking"),
    pytest.param(faulty_worker.killed, "worker_died", "SIGKILL", id="killed"),
    pytest.param(faulty_worker.garbage, "worker_died", "protocol", id="garbage", marks=pytest.mark.full),
    pytest.param(faulty_worker.crashing, "worker_died", "SIGSEGV", id="crashing", marks=pytest.mark.full),
    pytest.param(faulty_worker.raising, "worker_died", "ZeroDivisionError", id="raising", marks=pytest.mark.full),
    pytest.param(faulty_worker.endless, "worker_died", "protocol", id="endless", marks=pytest.mark.full),
    pytest.param(faulty_worker.hanging, "timeout", "the worker was killed", id="hanging", marks=pytest.mark.full),
]


@pytest.mark.parametrize(("fault", "code", "cause"), FAULTS)
def test_a_worker_gone_wrong_is_named_and_ended_and_its_supervisor_weighs_what_it_did(
    folder: Path, fault: Callable[[], None], code: str, cause: str
) -> None:
    with supervisor(folder, deadline_s=10.0 if code == "timeout" else DEADLINE_S) as watched:
        watched.pictures(2)
        wait_until(lambda: len(watched.workers()) == 1, "its worker")
        before_mib, workers = watched.weight_mib(), watched.workers()
        watched.goes_wrong(fault)
        # Whose end is noticed before its cause is known says so the next time.
        failing = watched.until(
            lambda now: now["state"] == "failing" and re.search(cause, str(now["cause"])) is not None, "its cause"
        )
        assert failing["code"] == code
        wait_until(lambda: gone(workers), "the worker's end", WAIT_S)
        assert len(workers) == 1
        watched.goes_wrong(None)
        again = watched.pictures(2)
        assert again["state"] == "ok"
        assert watched.weight_mib() - before_mib < SAME_MIB


@pytest.mark.full
def test_one_that_takes_a_little_more_with_each_picture_is_replaced_and_pictures_go_on(folder: Path) -> None:
    with supervisor(folder) as watched:
        watched.goes_wrong(faulty_worker.leaking_slowly)
        watched.until(lambda now: int(str(now["starts"])) >= 2, "a second worker")
        wait_until(lambda: "worker-outgrown" in watched.said, "its memory to be told", WAIT_S)
        status = watched.pictures(2)
        assert int(str(status["failures"])) < int(str(status["starts"])), "one picture at most for each worker"


@pytest.mark.full
def test_a_helper_that_left_the_group_and_holds_its_pipes_keeps_nobody_waiting(folder: Path) -> None:
    """Nothing but the unit's end reaches it; the next picture does not wait for that."""
    note = folder.parent / "deserter.pid"
    with supervisor(folder, deadline_s=10.0) as watched:
        watched.pictures(1)
        watched.goes_wrong(faulty_worker.deserting)
        try:
            failing = watched.until(lambda now: now["state"] == "failing" and note.exists(), "the fault")
            assert failing["code"] == "timeout"
            watched.goes_wrong(None)
            assert watched.pictures(2)["state"] == "ok"
            assert all(psutil.pid_exists(int(pid)) for pid in note.read_text().split())
        finally:
            for pid in note.read_text().split():
                os.kill(int(pid), signal.SIGKILL)


@pytest.mark.full
def test_what_a_driver_prints_is_nobodys_answer(folder: Path) -> None:
    with supervisor(folder) as watched:
        watched.goes_wrong(faulty_worker.chatty)
        before_mib = watched.pictures(2) and watched.weight_mib()
        status = watched.pictures(2)
        assert (status["state"], status["failures"], status["starts"]) == ("ok", 0, 1)
        assert watched.weight_mib() - before_mib < SAME_MIB


@pytest.mark.full
def test_the_agent_weighs_the_same_while_workers_are_killed_and_stopped_and_its_pictures_go_on(
    folder: Path, tmp_path: Path
) -> None:
    """The real agent, the real camera process, and workers that the kernel ends or that stop in their work."""
    (tmp_path / "sign.key").write_bytes(base64.b64encode(bytes(range(32))))
    box = AgentBox(tmp_path, more=CAMERAS.format(folder=folder))
    with box.running() as agent, program(*CAMERA_PROCESS, str(box.config)) as eyes:

        def gate() -> dict[str, object]:
            return dict(box.status()["cameras"]["gate"])

        def until(so: Callable[[dict[str, object]], bool], what: str) -> dict[str, object]:
            wait_until(lambda: so(gate()), what, WAIT_S, lambda: f"{gate()}\n{eyes.output[-2000:]}")
            return gate()

        def count(key: str) -> int:
            return int(str(gate()[key]))

        until(lambda now: now["state"] == "ok" and int(str(now["pictures"])) >= SETTLED, "the agent to settle")
        before_mib, before_eyes_mib = weight_mib(agent.pid), weight_mib(eyes.pid)
        for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGKILL):
            pictures, starts = count("pictures"), count("starts")
            wait_until(lambda: len(eyes.descendants()) == 1, "its worker")
            for worker in eyes.descendants():
                worker.send_signal(number)
            until(lambda now, starts=starts: int(str(now["starts"])) > starts, "another worker")  # type: ignore[misc]
            until(lambda now, pictures=pictures: int(str(now["pictures"])) > pictures + 1, "pictures")  # type: ignore[misc]
        assert count("failures") >= 1, "the stopped one was told of"
        assert box.streams()["snapshot"]["head"] >= 6
        assert weight_mib(eyes.pid) - before_eyes_mib < SAME_MIB
        assert weight_mib(agent.pid) - before_mib < SAME_MIB
