"""What pictures cost the running agent: its memory, and the libraries it must never load for them."""

import asyncio
from pathlib import Path

import pytest

from agent.cameras.handing import Kept
from tests.support.agent_box import AgentBox, stop
from tests.support.camera_visitor import offer_of, report_of, sample, visiting
from tests.support.picture_box import box_at, door
from tests.support.processes import wait_until


@pytest.fixture
def box(tmp_path: Path) -> AgentBox:
    return box_at(tmp_path)


def rss_kb(pid: int) -> int:
    """What a process has grown by in PSS for reasons of its own, it has grown by in RSS; only PSS also changes with who
    else has the same libraries open."""
    [line] = [line for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Rss:")]
    return int(line.split()[1])


@pytest.mark.full
def test_a_picture_a_second_costs_the_agent_less_than_a_mebibyte(box: AgentBox) -> None:
    """Measured from the second picture on: the first loads the code that signs and files one (0.7 MiB, once).

    The outage without a broker has begun by then, too: that loads the journal, which is not ours.
    """

    async def scenario(pid: int) -> tuple[int, int]:
        async with visiting(door(box), "gate") as visitor:
            await visitor.next()
            before_kb = 0
            for number in range(21):
                if number == 1:
                    before_kb = rss_kb(pid)
                visitor.say(report_of("gate"))
                assert isinstance(await visitor.hand_in(offer_of(sample(number)), sample(number)), Kept)
                await asyncio.sleep(1)
            return before_kb, rss_kb(pid)

    with box.running(environment={"MALLOC_ARENA_MAX": "1"}) as agent:
        wait_until(lambda: box.status()["outage"] is not None, "the outage", 120)
        wait_until(lambda: box.status()["report_age_s"] is not None, "a health report", 120)
        before_kb, after_kb = asyncio.run(scenario(agent.pid))
        stop(agent)
    assert after_kb - before_kb < 1024


TELLING = """
import atexit, os, sys, agent.cli
def tell(): print("loaded", *sorted(name for name, module in sys.modules.items() if module))
atexit.register(tell)
leave, os._exit = os._exit, lambda code: (tell(), leave(code))  # a stop that takes too long goes this way
agent.cli.main()
"""
WORKERS_ONLY = (
    "PIL", "numpy", "av", "httpx", "picamera2", "cv2", "nacl.signing", "nacl.bindings", "_cffi_backend", "dataclasses",
    "random", "psutil", "agent.cameras.worker", "agent.cameras.keeping.supervisor", "agent.cameras.keeping.process",
    "importlib.util",
)  # fmt: skip


def test_the_agent_never_loads_what_only_workers_need_however_many_pictures_come(box: AgentBox) -> None:
    async def hand_in() -> None:
        async with visiting(door(box), "gate") as visitor:
            for number in range(3):
                assert isinstance(await visitor.hand_in(offer_of(sample(number)), sample(number)), Kept)

    with box.running("-c", TELLING) as agent:
        asyncio.run(hand_in())
        stop(agent)
        line, *_ = [line for line in agent.output.splitlines() if line.startswith("loaded ")]
    loaded = line.split()[1:]
    assert "agent.snapshots" in loaded
    assert [m for m in loaded if any(m == name or m.startswith(f"{name}.") for name in WORKERS_ONLY)] == []
