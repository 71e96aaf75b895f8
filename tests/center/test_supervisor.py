"""The supervisor with real processes: order, recovery, stopping, and nothing left behind whatever happens."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from center.child import ChildSpec
from center.supervisor import Supervisor, next_pause_s
from tests.support.own_time import within
from tests.support.processes import Program, gone, program, wait_until

HOST = """
import asyncio, json, sys
from pathlib import Path
from center import supervisor
from center.child import ChildSpec
supervisor.LONGEST_PAUSE_S = 0.2
directory = Path(sys.argv[1])
def spec(name, code, stop_timeout_s=30.0, restart_on_change=None, essential=True):
    command = [sys.executable, "-c", code]
    watched = Path(restart_on_change) if restart_on_change else None
    return ChildSpec(name, lambda: command, None, stop_timeout_s, essential=essential, restart_on_change=watched)
layers = [[spec(**child) for child in layer] for layer in json.loads(sys.argv[2])]
say = lambda *words, **fields: print(*words, *(f"{k}={v}" for k, v in fields.items()), flush=True)
def on_line(name, line):
    say("line", name, line)
    if line == "poison":
        raise RuntimeError("a mistake of ours")
made = supervisor.Supervisor(layers, say, on_line, directory / "status.json")
sys.exit(asyncio.run(made.run(lambda: say("when-ready"))))
"""

WORKS = """
import signal, sys
from center.notify import notify_ready
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # kept until it is waited for
notify_ready()
signal.sigwait({signal.SIGTERM})
print("good-bye")
"""
WAIT = "signal.sigwait({signal.SIGTERM})"
STUBBORN = WORKS.replace(WAIT, "while True: signal.pause()")
BROKEN = "import sys; print('cannot'); sys.exit(1)"
MISCONFIGURED = "import sys; print('port 1 is in use'); sys.exit(2)"
LOUD = "print('x' * 100_000 + 'end'); print('\\u00e9'.encode('latin-1')[:1]); print('no newline', end='')\n" + WORKS
POISON = WORKS.replace(WAIT, f"print('poison'); {WAIT}")
PARENT = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n" + STUBBORN


@contextmanager
def supervised(tmp_path: Path, *layers: dict[str, str]) -> Iterator[Program]:
    """A supervisor over layers of {name: code}."""
    specs = [[{"name": name, "code": code} for name, code in layer.items()] for layer in layers]
    with program(sys.executable, "-c", HOST, str(tmp_path), json.dumps(specs)) as running:
        yield running


def status(tmp_path: Path) -> dict[str, dict[str, object]]:
    children: dict[str, dict[str, object]] = json.loads((tmp_path / "status.json").read_text())["children"]
    return children


def has_come_back(tmp_path: Path, name: str, restarts: int) -> bool:
    found = status(tmp_path)[name]
    return (found["restarts"], found["state"]) == (restarts, "ready")


def child(tmp_path: Path, name: str) -> psutil.Process:
    return psutil.Process(int(str(status(tmp_path)[name]["pid"])))


def test_a_layer_starts_when_the_one_before_is_ready_and_they_stop_the_other_way_round(tmp_path: Path) -> None:
    with supervised(tmp_path, {"broker": WORKS}, {"ingest": WORKS}, {"web": WORKS}) as running:
        running.wait_for_output("when-ready")
        everyone = running.descendants()
        assert len(everyone) == 3
        running.send(signal.SIGTERM)
        assert running.wait() == 0
    words = [line for line in running.output.splitlines() if "again" in line or "good-bye" in line]
    assert words == [
        *(
            f"{event} name={name} again=False"
            for name in ("broker", "ingest", "web")
            for event in ("starting", "ready")
        ),
        *(f"line {name} good-bye" for name in ("web", "ingest", "broker")),
    ]
    assert gone(everyone)
    assert not (tmp_path / "status.json").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_stop_everything(tmp_path: Path, number: signal.Signals) -> None:
    with supervised(tmp_path, {"web": WORKS}) as running:
        running.wait_for_output("when-ready")
        everyone = running.descendants()
        running.send(number)
        assert running.wait() == 0
    assert gone(everyone)
    assert "line web good-bye" in running.output


def test_a_killed_process_is_back_within_two_seconds(tmp_path: Path) -> None:
    with supervised(tmp_path, {"broker": WORKS}, {"web": WORKS}) as running:
        running.wait_for_output("when-ready")
        for name in ("broker", "web"):
            with within(2):
                child(tmp_path, name).kill()
                wait_until(lambda name=name: has_come_back(tmp_path, name, 1), f"{name} to come back")
        assert f"fell name=web code={-signal.SIGKILL}" in running.output


def test_what_cannot_live_waits_longer_and_longer_and_what_is_killed_now_and_then_is_back_at_once() -> None:
    pauses = [0.0]
    for _ in range(8):
        pauses.append(next_pause_s(pauses[-1], lived_s=0.5))
    assert pauses[1:] == [0.1, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert next_pause_s(0.1, lived_s=6) == 0.1
    assert next_pause_s(4.0, lived_s=4) == 8.0
    assert next_pause_s(4.0, lived_s=39) == pytest.approx(3.9), "no longer than a tenth of the time it worked"
    assert next_pause_s(0.5, lived_s=30) == 0.1
    assert next_pause_s(30.0, lived_s=299) == pytest.approx(29.9)
    assert next_pause_s(4.0, lived_s=41) == 0.1


def test_when_the_supervisor_is_killed_outright_nothing_is_left_running(tmp_path: Path) -> None:
    with supervised(tmp_path, {"broker": WORKS}, {"web": STUBBORN}) as running:
        running.wait_for_output("when-ready")
        everyone = running.descendants()
        assert len(everyone) == 2, "broker and web"
        running.send(signal.SIGKILL)
        running.wait()
        wait_until(lambda: gone(everyone), "everything to be gone")


def test_what_does_not_want_to_end_is_killed_with_what_it_started(tmp_path: Path) -> None:
    specs = json.dumps([[{"name": "web", "code": PARENT, "stop_timeout_s": 1}]])
    with program(sys.executable, "-c", HOST, str(tmp_path), specs) as running:
        running.wait_for_output("when-ready")
        wait_until(lambda: len(running.descendants()) == 2, "the grandchild")
        everyone = running.descendants()
        running.send(signal.SIGTERM)
        assert running.wait() == 0
        wait_until(lambda: gone(everyone), "everything to be gone")


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    specs = json.dumps([[{"name": "web", "code": STUBBORN, "stop_timeout_s": 600}]])
    with program(sys.executable, "-c", HOST, str(tmp_path), specs) as running:
        running.wait_for_output("when-ready")
        everyone = running.descendants()
        running.send(signal.SIGINT)
        running.wait_for_output("stopping")
        running.send(signal.SIGINT)
        assert running.wait() == 0
        assert gone(everyone)


def test_an_expected_problem_at_the_start_stops_everything_with_exit_code_2(tmp_path: Path) -> None:
    with supervised(tmp_path, {"broker": WORKS}, {"web": MISCONFIGURED}) as running:
        assert running.wait() == 2
    assert "line web port 1 is in use" in running.output
    assert "line broker good-bye" in running.output
    assert "when-ready" not in running.output


def test_what_keeps_falling_before_it_ever_worked_is_given_up(tmp_path: Path) -> None:
    with supervised(tmp_path, {"web": BROKEN}) as running:
        assert running.wait() == 1
    assert running.output.count("line web cannot") == 5
    assert "gave-up name=web code=1" in running.output


def test_what_is_not_essential_may_fail_for_ever_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    alerts = {"name": "alerts", "code": BROKEN, "essential": False}
    specs = json.dumps([[{"name": "broker", "code": WORKS}], [alerts, {"name": "web", "code": WORKS}]])
    with program(sys.executable, "-c", HOST, str(tmp_path), specs) as running:
        running.wait_for_output("when-ready")
        wait_until(lambda: running.output.count("line alerts cannot") > 6, "it to be tried again and again")
        assert status(tmp_path)["web"]["state"] == "ready"
        assert "gave-up" not in running.output
        running.send(signal.SIGTERM)
        assert running.wait() == 0


def test_a_process_is_restarted_in_order_when_its_file_changes(tmp_path: Path) -> None:
    watched = tmp_path / "crl.pem"
    specs = json.dumps([[{"name": "broker", "code": WORKS, "restart_on_change": str(watched)}]])
    with program(sys.executable, "-c", HOST, str(tmp_path), specs) as running:
        running.wait_for_output("when-ready")
        first = child(tmp_path, "broker")
        watched.write_text("revoked")
        running.wait_for_output("changed name=broker")
        wait_until(lambda: gone([first]) and status(tmp_path)["broker"]["pid"] != first.pid, "the old one's end")
        wait_until(lambda: has_come_back(tmp_path, "broker", 0), "it to be ready")
        running.wait_for_output("line broker good-bye")
        assert "fell" not in running.output


def test_a_change_while_the_process_is_being_started_is_not_missed(tmp_path: Path) -> None:
    watched, starts = tmp_path / "crl.pem", []

    def command() -> list[str]:
        starts.append(watched.exists())
        watched.write_text("revoked")  # just after this start has read it
        return [sys.executable, "-c", WORKS]

    def report(event: str, **_: object) -> None:
        if event == "ready" and len(starts) > 1:
            made.stop()

    made = Supervisor([[ChildSpec("broker", command, restart_on_change=watched)]], report, lambda *_: None)
    assert asyncio.run(asyncio.wait_for(made.run(), 60)) == 0
    assert starts[:2] == [False, True]


def test_long_lines_odd_bytes_and_a_missing_newline_pass_through(tmp_path: Path) -> None:
    with supervised(tmp_path, {"web": LOUD}) as running:
        running.wait_for_output("when-ready")
        running.send(signal.SIGTERM)
        assert running.wait() == 0
    said = [line.removeprefix("line web ") for line in running.output.splitlines() if line.startswith("line web ")]
    assert sum(line.count("x") for line in said) >= 100_000
    assert any(line.endswith("end") for line in said)
    assert "no newlinegood-bye" in running.output


def test_a_status_that_cannot_be_written_ends_nothing_and_is_said_once(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
    try:
        with supervised(small, {"web": WORKS}) as running:
            running.wait_for_output("when-ready")
            with contextlib.suppress(OSError), (small / "filler").open("wb", buffering=0) as filler:
                while True:
                    filler.write(bytes(4096))
            for times in (1, 2):
                running.descendants()[0].kill()
                wait_until(lambda n=times: running.output.count("ready name=web again=True") == n, "web to come back")
            assert running.output.count("status-unwritten") == 1
            (small / "filler").unlink()
            running.descendants()[0].kill()
            running.wait_for_output("status-written")
            wait_until(lambda: status(small)["web"]["state"] == "ready", "the status to be true again")
            running.send(signal.SIGTERM)
            assert running.wait() == 0
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_mistake_of_the_supervisor_s_own_stops_everything_in_order_with_exit_code_1(tmp_path: Path) -> None:
    with supervised(tmp_path, {"broker": WORKS}, {"web": POISON}) as running:
        everyone = running.descendants()
        assert running.wait() == 1
    assert "unattended name=web error=RuntimeError('a mistake of ours')" in running.output
    assert "line broker good-bye" in running.output
    assert running.output.index("unattended") < running.output.index("stopping") < running.output.index("good-bye")
    assert gone(everyone)


def test_a_full_disk_behind_standard_output_ends_nothing(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path\n"
        "from center.child import ChildSpec; from center.city import print_line, reporter\n"
        "from center.supervisor import Supervisor\n"
        "layers = [[ChildSpec('web', lambda: [sys.executable, '-c', sys.argv[2]])]]\n"
        "status = Path(sys.argv[1]) / 'status.json'\n"
        "sys.exit(asyncio.run(Supervisor(layers, reporter('en'), print_line, status).run()))\n"
    )
    child_code = WORKS.replace(WAIT, f"print('x' * 100_000); {WAIT}")
    with Path("/dev/full").open("w") as full:
        running = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), child_code], stdout=full)
    try:
        for restarts in range(3):
            wait_until((tmp_path / "status.json").exists, "the status")
            wait_until(lambda n=restarts: has_come_back(tmp_path, "web", n), "web to be ready")
            child(tmp_path, "web").kill()
        assert running.poll() is None
    finally:
        running.kill()
        running.wait()
