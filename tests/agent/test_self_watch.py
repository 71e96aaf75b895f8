"""Self-watch: what is wrong with a box is named by the running agent, which lives on and takes it back later."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.agent_box import UNHURRIED, WITH_TIME, AgentBox, stop
from tests.support.loop_disk import LoopDisk, why_not
from tests.support.mounts import SmallDisk, needs_root, small_disk
from tests.support.processes import Program, program, wait_until

ROOM_TO_START = 1_200_000  # less than complaints are kept room for
QUICK = "[health]\ninterval_s = 5\n[outbox]\ncommit_window_s = 1.0"


@pytest.fixture
def box(tmp_path: Path) -> AgentBox:
    return AgentBox(tmp_path, more=QUICK)


@pytest.fixture
def disk(box: AgentBox) -> Iterator[SmallDisk]:
    with small_disk(box.data_dir, 12) as mounted:
        yield mounted


def sandi(box: AgentBox, *words: str, lang: str = "id") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "agent.cli", "status", "-c", str(box.config), *words]
    environment = {**os.environ, "COLUMNS": "100", "SANDI_LANG": lang}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)


def codes(box: AgentBox) -> set[str]:
    """What `sandi status --json` warns of."""
    return {warning["code"] for warning in msgspec.json.decode(sandi(box, "--json").stdout)["warnings"]}


def told(box: AgentBox, code: str, agent: Program, *, gone: bool = False) -> dict[str, Any]:
    """Asked of the socket, again and again; the answer in which the warning first stood, or no longer did."""
    answers: list[dict[str, Any]] = []

    def settled() -> bool:
        answers.append(box.status())
        return (code in {warning["code"] for warning in answers[-1]["warnings"]}) is not gone

    wait_until(settled, f"{code} to {'go' if gone else 'come'}", 120, lambda: agent.output)
    return answers[-1]


def until(box: AgentBox, code: str, agent: Program, *, gone: bool = False) -> None:
    """And then once as typed, where it lasts; a command for each question would be dear."""
    told(box, code, agent, gone=gone)
    assert (code in codes(box)) is not gone


def detail_of(status: dict[str, Any], code: str) -> str:
    [warning] = [warning for warning in status["warnings"] if warning["code"] == code]
    return str(warning["detail"])


def changes(box: AgentBox, code: str) -> list[bool]:
    """How the warning came and went, as filed."""
    return [event["active"] for event in box.events("warning") if event["code"] == code]


@needs_root
def test_a_disk_that_is_full_is_told_and_taken_back(box: AgentBox, disk: SmallDisk) -> None:
    disk.fill(ROOM_TO_START)  # before the reserve is there: afterwards nobody can take its room so quickly
    with box.running(*UNHURRIED) as agent:
        until(box, "disk_reserve", agent)
        assert "Ruang disk hampir habis" in sandi(box).stdout
        disk.free()
        until(box, "disk_reserve", agent, gone=True)
        assert stop(agent) == 0
    assert changes(box, "disk_reserve") == [True, False]


@pytest.mark.full
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_card_that_turns_read_only_is_told_while_everything_else_goes_on(tmp_path: Path) -> None:
    with LoopDisk(tmp_path, options="errors=remount-ro") as card:
        box = AgentBox(tmp_path, more=QUICK)
        box.config.write_text(box.config.read_text().replace('"data"', f'"{card.path}"'))
        box.data_dir = card.path
        with box.running() as agent:
            wait_until(lambda: box.status()["report_age_s"] is not None, "a report")
            card.fail_read_only()
            until(box, "outbox_readonly", agent)
            said = sandi(box)
            assert said.returncode == 1
            assert "!! GANGGUAN: Penyimpanan tidak dapat ditulis" in said.stdout
            assert "!! FAULT: Storage cannot be written" in sandi(box, lang="en").stdout
            assert box.status()["network"]["probes"]  # it goes on measuring
            assert stop(agent) == 0
        card.restart(repair=True)  # another card, or this one after a check
        with box.running() as agent:
            wait_until(lambda: box.status()["report_age_s"] is not None, "a report")
            assert "outbox_readonly" not in codes(box)
            assert box.status()["previous_ending"] == "agent_crashed"  # no stop marker could be written
            stop(agent)


@needs_root
def test_a_card_that_is_read_only_at_the_start_is_named_by_the_service_and_by_status(
    box: AgentBox, disk: SmallDisk
) -> None:
    with box.running(*UNHURRIED) as agent:
        stop(agent)
    disk.read_only()
    command = (sys.executable, "-m", "agent.cli", "run", "--config", str(box.config))
    for lang, word in (("id", "hanya dapat dibaca"), ("en", "read-only")):
        with program(*command, environment={"SANDI_LANG": lang}) as agent:
            assert agent.wait() != 0
            [line] = agent.output.splitlines()
            assert str(box.data_dir) in line
        said = sandi(box, lang=lang)
        assert said.returncode == 3
        assert word in said.stdout
    assert msgspec.json.decode(sandi(box, "--json").stdout)["obstacle"] == "read_only"
    disk.read_only(False)
    with box.running() as agent:
        assert box.status()["previous_ending"] == "stopped"
        stop(agent)


def test_a_damaged_outbox_is_put_aside_and_told(box: AgentBox) -> None:
    with box.running(*UNHURRIED) as agent:
        stop(agent)  # to its end: what is left in SQLite's log would repair what is damaged here
    database = box.data_dir / "outbox.db"
    database.write_bytes(b"\xff" * database.stat().st_size)
    with box.running() as agent:
        until(box, "outbox_damaged", agent)
        wait_until(lambda: box.status()["report_age_s"] is not None, "a report into the new one")
        assert "Antrean rusak dan disisihkan" in sandi(box).stdout
        stop(agent, signal.SIGKILL)
    with box.running() as agent:
        until(box, "outbox_damaged", agent)  # whoever restarted it has not read it yet
        stop(agent)


STUCK_ONCE = f"""{WITH_TIME}
import asyncio, agent.reporter, agent.supervise
agent.reporter.STUCK_S, agent.supervise.LOOK_EVERY_S, agent.supervise.STABLE_AFTER_S = 0.0, 0.5, 1.0
right, calls = agent.reporter.Reporter.report, []
async def report(self, period_s):
    calls.append(1)
    if len(calls) == 2:
        await asyncio.Event().wait()
    await right(self, period_s)
agent.reporter.Reporter.report = report
agent.cli.main()
"""


@pytest.mark.full
def test_a_part_that_stands_still_without_failing_is_told_and_started_again(box: AgentBox) -> None:
    with box.running("-c", STUCK_ONCE) as agent:
        stuck = told(box, "plugin_stuck", agent)
        assert detail_of(stuck, "plugin_stuck").startswith("report (no progress for")
        until(box, "plugin_stuck", agent, gone=True)
        assert plugin(box, "report")["restarts"] >= 1  # a machine that stands still makes it stuck once more
        head = box.streams()["health"]["head"]
        wait_until(lambda: box.streams()["health"]["head"] > head, "reports to go on")
        stop(agent)
    found = changes(box, "plugin_stuck")
    assert found and found == [True, False] * (len(found) // 2)


def plugin(box: AgentBox, name: str) -> dict[str, Any]:
    return next(each for each in box.status()["plugins"] if each["name"] == name)


OUTBOX_HANGS = """
import time, agent.cli, agent.outbox.store, agent.conditions
agent.conditions.OUTBOX_ANSWERS_S = 1.0
agent.outbox.store.Outbox.flush = lambda *_: time.sleep(20)
agent.cli.main()
"""


@pytest.mark.full
def test_a_disk_that_hangs_is_told_by_a_status_that_still_answers(box: AgentBox) -> None:
    with box.running("-c", OUTBOX_HANGS) as agent:
        hanging = told(box, "plugin_stuck", agent)
        assert detail_of(hanging, "plugin_stuck").startswith("outbox (no answer")
        assert sandi(box).returncode != 3
        agent.send(signal.SIGKILL)


LOOP_STALLS = """
import asyncio, time, agent.cli, agent.reporter
right = agent.reporter.Reporter.run
async def run(self):
    for _ in range(4):
        time.sleep(3.5)
        await asyncio.sleep(1.5)
    await right(self)
agent.reporter.Reporter.run = run
agent.cli.main()
"""


@pytest.mark.full
def test_a_loop_that_stutters_is_told(box: AgentBox) -> None:
    with box.running("-c", LOOP_STALLS) as agent:
        slow = told(box, "loop_slow", agent)
        assert slow["loop"]["worst_lag_ms"] > 2000
        stop(agent)
