"""How a life ended, judged by the next one: the real agent, killed, cut off, on another boot, with a torn or foreign
heartbeat, on a full disk.
"""

import json
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.heartbeat import SLOT_BYTES, last_beat
from tests.support.agent_box import UNHURRIED, AgentBox, stop
from tests.support.mounts import needs_root, small_disk
from tests.support.processes import Program, wait_until

RUNNER = str(Path(__file__).parents[1] / "support" / "agent_with_clock.py")
FIRST, SECOND = "00000001-0000-4000-8000-000000000000", "00000002-0000-4000-8000-000000000000"
HALF_A_MINUTE_MS = 40_000  # a beat every 30 s and its tick


@contextmanager
def alive(box: AgentBox, boot: str) -> Iterator[Program]:
    """The agent on this boot, once it has written a sign of life; killed as by a power cut at the end."""
    facts = box.folder / "facts.json"
    facts.write_text(json.dumps({"boot": boot, "maxerror_us": 2_000}))
    with box.running(RUNNER, str(facts)) as agent:
        wait_until(lambda: beat_boot(box) == boot, "a beat of this boot", detail=lambda: agent.output)
        yield agent
        if agent.process.poll() is None:
            stop(agent, signal.SIGKILL)


def beat_boot(box: AgentBox) -> str | None:
    beat = last_beat(box.data_dir / "heartbeat")
    return beat.boot if beat and not beat.stop else None


def last_start(box: AgentBox) -> dict[str, Any]:
    return box.events("start")[-1]


def another_report(box: AgentBox) -> None:
    """Wait until one more is on the disk."""
    before = box.streams()["health"]["head"]
    wait_until(lambda: box.streams()["health"]["head"] > before, "a report on the disk", 120)  # one is due every 30 s


@pytest.fixture
def box(tmp_path: Path) -> AgentBox:
    return AgentBox(tmp_path)


def test_power_that_went_is_told_by_the_next_boot_with_the_last_sign_of_life(box: AgentBox) -> None:
    with alive(box, FIRST) as agent:
        run, killed_ms = box.status()["run"], box.status()["box_up_for_s"] * 1000
        stop(agent, signal.SIGKILL)
        gone_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    with alive(box, SECOND):
        assert box.status()["previous_ending"] == "power_or_unknown"
    start = last_start(box)
    assert (start["verdict"], start["previous_boot"], start["previous_run"]) == ("power_or_unknown", FIRST, run)
    assert killed_ms - HALF_A_MINUTE_MS < start["last_alive_mono_ms"] <= gone_ms
    assert start["last_alive_wall_ms"] is not None  # that clock was synchronised


def test_each_run_names_the_one_before_it_over_several_kinds_of_end(box: AgentBox) -> None:
    with alive(box, FIRST) as agent:
        stop(agent, signal.SIGKILL)
    with alive(box, FIRST) as agent:
        stop(agent, signal.SIGTERM)
    with alive(box, SECOND) as agent:
        stop(agent, signal.SIGHUP)
    with alive(box, SECOND) as agent:
        stop(agent, signal.SIGKILL)
    starts = box.events("start")
    assert [start["verdict"] for start in starts] == ["first", "agent_crashed", "stopped", "stopped"]
    assert [start["previous_run"] for start in starts[1:]] == [start["run"] for start in starts[:-1]]
    assert [event["reason"] for event in box.events("stop")] == ["SIGTERM", "SIGHUP"]


def test_a_beat_that_was_torn_leaves_the_one_before_it(box: AgentBox) -> None:
    with alive(box, FIRST):
        pass
    heartbeat = box.data_dir / "heartbeat"
    beat = last_beat(heartbeat)
    raw = bytearray(heartbeat.read_bytes())
    assert beat is not None
    newest = next(at for at in (0, SLOT_BYTES) if b'"mono_ms":%d,' % beat.mono_ms in raw[at : at + 512])
    raw[newest + 40 : newest + 200] = bytes(160)  # the sector was half written
    heartbeat.write_bytes(raw)
    torn = last_beat(heartbeat)
    assert torn is None or torn.mono_ms < beat.mono_ms
    with alive(box, FIRST):
        pass
    start = last_start(box)
    assert start["verdict"] in ("agent_crashed", "power_or_unknown")
    with alive(box, SECOND):
        pass
    heartbeat.write_bytes(b"\xa5" * len(raw))  # both slots of noise: nothing is known but that something was here
    for left in box.data_dir.glob("outbox.db*"):
        left.unlink()
    (box.data_dir / "epoch.json").unlink(missing_ok=True)
    with alive(box, SECOND):
        pass
    start = last_start(box)
    assert (start["verdict"], start.get("last_alive_mono_ms")) == ("power_or_unknown", None)


def test_a_copied_card_does_not_pass_for_a_crash_of_the_box_it_is_put_into(tmp_path: Path, box: AgentBox) -> None:
    with alive(box, FIRST) as agent:
        run = box.status()["run"]
        stop(agent, signal.SIGKILL)
    (tmp_path / "copy").mkdir()
    copy = AgentBox(tmp_path / "copy")
    shutil.copytree(box.data_dir, copy.data_dir)
    with alive(copy, SECOND):
        pass
    start = last_start(copy)
    assert (start["verdict"], start["previous_boot"], start["previous_run"]) == ("power_or_unknown", FIRST, run)


HEART_FAILS = """
import errno, agent.cli, agent.heartbeat
def write(self, beat): raise OSError(errno.EIO, "Input/output error")
agent.heartbeat.Heartbeat._write = write
agent.cli.main()
"""


def test_a_stop_marker_that_cannot_be_overwritten_does_not_excuse_the_runs_after_it(tmp_path: Path) -> None:
    box = AgentBox(tmp_path, more="[outbox]\ncommit_window_s = 1.0")
    with box.running(*UNHURRIED) as agent:
        stop(agent)
    for _ in range(2):
        with box.running("-c", HEART_FAILS) as agent:
            another_report(box)
            stop(agent, signal.SIGKILL)
    with box.running() as agent:
        stop(agent)
    starts = box.events("start")
    assert [start["verdict"] for start in starts] == ["first", "stopped", "agent_crashed", "agent_crashed"]
    assert [start["previous_run"] for start in starts[1:]] == [start["run"] for start in starts[:-1]]


@needs_root
def test_a_full_disk_does_not_stop_the_heart(box: AgentBox) -> None:
    with small_disk(box.data_dir, 12) as disk, alive(box, FIRST) as agent:
        disk.fill()
        stop(agent, signal.SIGTERM)
        beat = last_beat(box.data_dir / "heartbeat")
        assert beat is not None
        assert (beat.boot, beat.stop) == (FIRST, "SIGTERM")
        disk.free()
        with alive(box, FIRST) as again:
            assert box.status()["previous_ending"] == "stopped"
            stop(again)
