"""Clocks that lie: the real agent started in 1970 or weeks behind, and set forwards and backwards while it runs."""

import itertools
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from agent.core.clock import Stamp
from agent.heartbeat import last_beat
from agent.outbox import open_outbox
from tests.support.agent_box import NODE, UNHURRIED, AgentBox, stop
from tests.support.broker import free_port, running_broker
from tests.support.fake_time import WallClock
from tests.support.processes import Program, wait_until
from wire.messages import Record

QUICK = "[health]\ninterval_s = 5"
DAY_S = 86_400
YEAR_S = 365.25 * DAY_S


@pytest.fixture
def wall(tmp_path: Path) -> WallClock:
    return WallClock(tmp_path)


def held(box: AgentBox, stream: str) -> list[Record]:
    """What waits in the outbox of an agent that does not run, in order of sequence."""
    outbox = open_outbox(box.data_dir, "", Stamp("test", "test", 0, 0, False))
    try:
        return [each.record for each in outbox.page(stream, 0, 10_000_000, 10_000)]
    finally:
        outbox.close()


def uplink(box: AgentBox) -> dict[str, Any]:
    return dict(box.status()["uplink"])


def broker_state(box: AgentBox) -> str | None:
    rows = {row["probe"]: row["state"] for row in box.status()["network"]["probes"]}
    return rows.get("broker")


def reports_since(box: AgentBox, head: int) -> int:
    """How many; asked rarely, because each question costs the agent more than its own work."""
    time.sleep(0.5)
    return int(box.streams()["health"]["head"]) - head


@pytest.mark.broker
@pytest.mark.parametrize(
    "behind",
    [pytest.param(None, id="1970"), pytest.param(21 * DAY_S, id="three weeks"), pytest.param(5 * YEAR_S, id="years")],
)
def test_a_box_whose_clock_is_behind_connects_over_mutual_tls(
    tmp_path: Path, wall: WallClock, behind: float | None
) -> None:
    with running_broker(tmp_path) as broker:
        wall.set(5) if behind is None else wall.step(-behind)
        box = AgentBox(tmp_path, port=broker.port, credentials=broker.issue_node(NODE))
        with box.running(environment=wall.environment) as agent:
            wait_until(lambda: uplink(box)["connected"], "the session", detail=lambda: agent.output)
            # A look at a broker that stands still says "down", and the next one better.
            wait_until(lambda: broker_state(box) not in (None, "down"), "the probe of the broker")
            assert broker_state(box) != "down"
            assert box.status()["clock"]["synced"] is False
            stop(agent)


@pytest.mark.broker
def test_in_1970_a_broker_of_another_authority_or_under_another_name_is_still_refused(
    tmp_path: Path, wall: WallClock
) -> None:
    wall.set(5)
    with running_broker(tmp_path, "0.0.0.0") as broker, running_broker(tmp_path) as foreign:
        credentials = broker.issue_node(NODE)
        for name, host, port in (("name", "127.0.0.2", broker.port), ("authority", "127.0.0.1", foreign.port)):
            folder = tmp_path / name
            folder.mkdir()
            box = AgentBox(folder, port=port, credentials=credentials)
            box.config.write_text(box.config.read_text().replace("127.0.0.1", host))
            with box.running(environment=wall.environment) as agent:
                wait_until(
                    lambda box=box: (uplink(box)["last_error"] or {}).get("code") == "certificate",
                    "an attempt that comes to the certificate",
                    detail=lambda: agent.output,
                )
                assert not uplink(box)["connected"]
                stop(agent)


def test_reports_beats_and_commits_go_on_whatever_the_wall_clock_does(tmp_path: Path, wall: WallClock) -> None:
    """Everything runs on boot-time: no step makes it wait, hurry, reorder or lose."""
    box = AgentBox(tmp_path, more=f"{QUICK}\n[outbox]\ncommit_window_s = 1.0")
    steps = (5 * YEAR_S, -40 * YEAR_S, 0)
    with box.running(*UNHURRIED, environment=wall.environment) as agent:
        process = psutil.Process(agent.pid)
        for step_s in steps:
            wall.step(step_s) if step_s else wall.set(10)
            before = box.streams()["health"]["head"]
            spent_s = sum(process.cpu_times()[:2])
            wanted = 1 if step_s else 2  # one may have been stamped just before the step
            took_s = wait_until(
                lambda before=before, wanted=wanted: reports_since(box, before) >= wanted,
                "another report",
                90,
                detail=lambda: agent.output,
            )
            assert sum(process.cpu_times()[:2]) - spent_s < 0.4 * max(took_s, 5)
        assert stop(agent) == 0
    reports = held(box, "health")
    assert [report.seq for report in reports] == list(range(1, len(reports) + 1))
    assert all(earlier.mono_ms < later.mono_ms for earlier, later in itertools.pairwise(reports))
    spanned_s = (reports[-1].mono_ms - reports[0].mono_ms) / 1000
    assert len(steps) <= len(reports) <= spanned_s / 5 + 3
    assert len({report.boot for report in reports}) == 1
    years = {round(report.wall_ms / 1000 / YEAR_S) for report in reports}
    assert min(years) <= 1
    assert max(years) - min(years) > 50  # the remark follows the clock, and nothing else does
    assert not any(report.synced for report in reports)
    beat = last_beat(box.data_dir / "heartbeat")
    assert beat is not None
    assert beat.mono_ms >= reports[-1].mono_ms


@pytest.mark.broker
def test_a_step_backwards_while_it_waits_to_reconnect_does_not_make_it_wait_longer(
    tmp_path: Path, wall: WallClock
) -> None:
    port = free_port()
    with running_broker(tmp_path) as broker:
        broker.stop()
        box = AgentBox(tmp_path, port=broker.port or port, credentials=broker.issue_node(NODE), more=QUICK)
        with box.running(environment=wall.environment) as agent:
            wait_until(lambda: uplink(box)["last_error"], "a failed attempt")
            wall.step(-10 * YEAR_S)
            broker.start()
            wait_until(lambda: uplink(box)["connected"], "the session", detail=lambda: agent.output)
            wall.step(4 * YEAR_S)
            tries = uplink(box)["sessions"]
            broker.restart()
            wait_until(lambda: uplink(box)["sessions"] > tries, "the next attempt", detail=lambda: agent.output)
            wait_until(lambda: uplink(box)["connected"], "the next session", detail=lambda: agent.output)
            assert stop(agent) == 0
            assert agent.output.count("uplink-up") >= 2


def steps_told(agent: Program) -> int:
    return agent.output.count("clock-stepped")


def test_a_step_is_told_in_the_log_once(tmp_path: Path, wall: WallClock) -> None:
    box = AgentBox(tmp_path)
    with box.running(environment=wall.environment) as agent:
        wait_until(lambda: (box.data_dir / "heartbeat").read_bytes().strip(b"\0") != b"", "the first tick")
        wall.step(7200)
        wait_until(lambda: steps_told(agent) == 1, "the step in the log", detail=lambda: agent.output)
        stop(agent)
        assert steps_told(agent) == 1
