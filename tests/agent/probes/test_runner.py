"""The scheduler: deadlines, crashes, no overlap, states, drained windows, and a quick clean end."""

import asyncio
import json
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from agent.clock import Clock
from agent.core.observation import Observation, Reason
from agent.probes import execute, table, targets
from agent.probes.config import ProbesConfig, TargetConfig
from agent.probes.context import Center, Context, Target
from agent.probes.lastaddress import recall
from agent.probes.runner import ProbeRunner
from tests.support.broker import running_broker
from tests.support.own_time import within
from wire.bodies import Reach

NODE = "kel-3673011001"
EVENTS: list[str] = []
CRASHED_S: list[float] = []


@dataclass(frozen=True, slots=True)
class Timing:
    interval_s: float = 0.2
    timeout_s: float = 0.1
    deadline_s: float = 0.5


def observation(target: Target, ok: bool = True) -> Observation:
    return Observation(target.probe, target.name, 0, ok, Reason.NONE if ok else Reason.TIMEOUT, (1.0 if ok else None,))


async def good(target: Target, context: Context) -> Observation:
    EVENTS.append(target.name)
    return observation(target)


async def crashing(target: Target, context: Context) -> Observation:
    EVENTS.append(target.name)
    CRASHED_S.append(time.monotonic())
    raise ZeroDivisionError("a defect")


async def timing_out(target: Target, context: Context) -> Observation:
    raise TimeoutError("not the runner's own deadline")


async def hanging(target: Target, context: Context) -> Observation:
    EVENTS.append(target.name)
    try:
        await asyncio.sleep(60)
    finally:
        EVENTS.append("cut off")
    raise AssertionError("was not cut off")


async def slow(target: Target, context: Context) -> Observation:
    EVENTS.append("begin")
    await asyncio.sleep(0.3)
    EVENTS.append("end")
    return observation(target)


@pytest.fixture(autouse=True)
def own_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    EVENTS.clear()
    CRASHED_S.clear()
    for name in ("good", "crashing", "timing_out", "hanging", "slow"):
        monkeypatch.setitem(table.PROBES, name, f"{__name__}:{name}")
    monkeypatch.setattr("agent.probes.execute.load", lambda name: globals().get(name) or table.load(name))
    monkeypatch.setattr(execute, "BURST_GAP_S", 0.01)


def watching(monkeypatch: pytest.MonkeyPatch, *names: str, timing: Timing | None = None) -> ProbeRunner:
    """A runner of these probes, each at a target of its own name."""
    wanted = tuple(Target(name, name, timing or Timing()) for name in names)
    monkeypatch.setattr(targets, "build", lambda config, center: wanted)
    return ProbeRunner(ProbesConfig(), NODE, Clock())


async def until(
    runner: ProbeRunner, done: Callable[[], bool], report: Callable[[Reach], Awaitable[None]] | None = None
) -> None:
    """Run until `done`, at most a minute; then stop, and see to it that stopping is quick and clean."""

    async def ignore(_: Reach) -> None: ...

    running = asyncio.create_task(runner.run(report or ignore))
    async with asyncio.timeout(60):
        while not done():
            assert not running.done(), running.exception()
            await asyncio.sleep(0.01)
    running.cancel()
    with within(0.5), pytest.raises(asyncio.CancelledError):
        await running
    assert asyncio.all_tasks() == {asyncio.current_task()}


def rows(runner: ProbeRunner) -> dict[str, dict[str, object]]:
    found = runner.known.snapshot()["probes"]
    assert isinstance(found, list)
    return {str(row["target"]): row for row in found}


def test_a_crashing_probe_is_reported_waits_and_leaves_the_others_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runner = watching(monkeypatch, "good", "crashing")
    with caplog.at_level(logging.INFO, "agent.probes"):
        asyncio.run(until(runner, lambda: EVENTS.count("good") >= 8 and len(CRASHED_S) >= 3))
    waits_s = [later - earlier for earlier, later in pairwise(CRASHED_S)]
    assert all(wait_s > 0.19 * 2**number for number, wait_s in enumerate(waits_s, 1)), waits_s  # 0.4, 0.8, 1.6 ...
    crashed = rows(runner)["crashing"]
    assert (crashed["ok"], crashed["reason"], crashed["state"]) == (False, "probe_failed", "unknown")
    assert "ZeroDivisionError" in str(crashed["detail"])
    assert [record.message for record in caplog.records].count("probe-trouble") == 1


def test_a_hanging_probe_is_cut_off_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = watching(monkeypatch, "hanging", "good")
    beside = list[str]()

    def done() -> bool:
        """Who ran while the other hung; on a machine that stands still, not always the first time."""
        for begin in (number for number, name in enumerate(EVENTS) if name == "hanging"):
            beside[:] = EVENTS[begin + 1 : EVENTS.index("cut off", begin)] if "cut off" in EVENTS[begin:] else []
            if beside:
                break
        return bool(beside) and EVENTS.count("hanging") >= 2 and EVENTS.count("good") >= 3

    asyncio.run(until(runner, done))
    assert rows(runner)["hanging"]["reason"] == "deadline"
    assert set(beside) == {"good"}


def test_a_timeout_a_probe_lets_slip_is_its_defect_and_not_the_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = watching(monkeypatch, "timing_out")
    asyncio.run(until(runner, lambda: "timing_out" in rows(runner)))
    assert rows(runner)["timing_out"]["reason"] == "probe_failed"


def test_a_slow_probe_never_runs_twice_at_once_and_its_lost_slots_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = watching(monkeypatch, "slow", timing=Timing(deadline_s=30.0))  # nothing but slow
    asyncio.run(until(runner, lambda: EVENTS.count("end") >= 4))
    assert EVENTS[:8] == ["begin", "end"] * 4
    assert int(str(rows(runner)["slow"]["skipped"])) >= 3


def test_windows_are_drained_and_rows_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = watching(monkeypatch, "good")
    asyncio.run(until(runner, lambda: EVENTS.count("good") >= 3))
    (row,) = runner.known.windows(1.0)
    assert (row.probe, row.target, row.state, row.sent >= 2) == ("good", "good", "up", True)
    assert runner.known.windows(2.0)[0].sent == 0
    assert json.loads(json.dumps(runner.known.snapshot()))["verdict"] == "U0"


def test_a_store_that_refuses_an_event_does_not_stop_the_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = list[Reach]()

    async def broken(body: Reach) -> None:
        refused.append(body)
        raise OSError("disk full")

    runner = watching(monkeypatch, "good")
    asyncio.run(until(runner, lambda: EVENTS.count("good") >= 4, broken))
    assert [body.state for body in refused] == ["up"]


def test_an_outage_and_its_end_are_announced_with_their_true_beginnings() -> None:
    panel = socket.socket()
    panel.bind(("127.0.0.1", 0))  # its port is nobody else's, and refuses until it listens
    port = panel.getsockname()[1]
    site = TargetConfig("tcp", "panel", "127.0.0.1", port, interval_s=3.0, timeout_s=1.0)
    clock = Clock()
    runner = ProbeRunner(ProbesConfig(defaults=False, recheck_s=1.0, target=(site,)), NODE, clock)
    announced: list[Reach] = []
    began_ms, first_ms = clock.mono_ms(), list[int]()

    async def note(body: Reach) -> None:
        announced.append(body)
        if body.state == "down":
            panel.listen()

    def done() -> bool:
        if rows(runner) and not first_ms:
            first_ms.append(clock.mono_ms())
        return len(announced) == 2

    with panel:
        asyncio.run(until(runner, done, note))
    down, up = announced
    assert (down.state, down.target, down.probe, up.state) == ("down", "panel", "tcp", "up")
    assert began_ms <= down.onset_mono_ms <= first_ms[0]
    # rechecks a second apart, or the grid's own slot between them
    assert down.since_mono_ms - down.onset_mono_ms >= 1000
    assert down.since_mono_ms <= up.onset_mono_ms < up.since_mono_ms
    assert up.since_mono_ms - up.onset_mono_ms >= 3000  # five rounds


def test_the_real_default_probes_run_and_stop_on_this_machine() -> None:
    runner = ProbeRunner(ProbesConfig(), NODE, Clock())
    ran: set[str] = set()

    def all_have_run() -> bool:
        ran.update(row.probe for row in runner.known.windows())
        return ran >= {"link", "address", "route"}

    asyncio.run(until(runner, all_have_run))
    assert ran >= {"link", "address", "route"}


@pytest.mark.broker
def test_the_address_of_a_broker_that_proved_itself_is_kept(tmp_path: Path) -> None:
    with running_broker(tmp_path) as broker:
        center = Center("localhost", broker.port, broker.issue_node(NODE))
        runner = ProbeRunner(ProbesConfig(), NODE, Clock(), center=center, data_dir=tmp_path)
        asyncio.run(until(runner, lambda: recall(tmp_path, "localhost") != ""))
    assert recall(tmp_path, "localhost") in ("127.0.0.1", "::1")
