"""A witness in a real network: witness - router of the provider - router of the site - the box nobody hears."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from agent.commands import witness
from agent.commands.job import CommandError, Job, Scalar
from agent.config import load
from tests.support.agent_box import AgentBox
from tests.support.commanded import KeptJob, LentTools, carried_out
from tests.support.lab import NOBODY, Box, laboratory

pytestmark = [pytest.mark.netns, pytest.mark.full]
HOST = "10.9.3.2"


class Inside(LentTools):
    """Runs this version's command line in the witness's network, as a user without any right."""

    def __init__(self, node: Box, folder: Path) -> None:
        box = AgentBox(folder)
        super().__init__(load(box.config), box.config)
        self._node = node

    async def sandi(self, job: Job, words: Sequence[str], *, timeout_s: float, stdin: bytes = b"") -> int:
        process = self._node.start(*NOBODY, sys.executable, "-m", "agent.cli", *words)
        printed, _ = process.communicate(timeout=timeout_s + 60)
        await job.output(printed)
        return process.returncode


@pytest.fixture(scope="module")
def boxes() -> Iterator[tuple[Box, Box]]:
    """The witness and the box."""
    with laboratory() as lab:
        node, cut = lab.box("node"), lab.box("cut")
        isp, site = lab.box("isp", router=True), lab.box("site", router=True)
        lab.cable((node, "eth0", "10.9.1.2/24"), (isp, "lan", "10.9.1.1/24"))
        lab.cable((isp, "wan", "10.9.2.1/24"), (site, "wan", "10.9.2.2/24"))
        lab.cable((site, "lan", "10.9.3.1/24"), (cut, "eth0", f"{HOST}/24"))
        for box, gateway in ((node, "10.9.1.1"), (isp, "10.9.2.2"), (site, "10.9.2.1"), (cut, "10.9.3.1")):
            box.ip("route", "add", "default", "via", gateway)
        node.sysctl("net.ipv4.ping_group_range", "0 2147483647")
        yield node, cut


def seen(node: Box, folder: Path, wanted: dict[str, Scalar]) -> dict[str, Scalar]:
    """What the witness finds; asked up to three times, where a machine that stands still loses pings by itself."""
    figures: dict[str, Scalar] = {}
    for _ in range(3):
        job = KeptJob("witness", {"node": "kel-3673011002", "host": HOST})
        try:
            figures = dict(carried_out(witness.run, job, Inside(node, folder), 300).result)
        except CommandError:
            continue
        if wanted.items() <= figures.items():
            break
    return figures


def test_a_box_that_is_there_is_reached_router_by_router(boxes: tuple[Box, Box], tmp_path: Path) -> None:
    wanted: dict[str, Scalar] = {"reached": True, "lost": 0, "hops": 3, "last": HOST, "reason": ""}
    figures = seen(boxes[0], tmp_path, wanted)
    assert wanted.items() <= figures.items(), figures


def test_of_one_that_is_off_the_last_router_on_the_way_answers(boxes: tuple[Box, Box], tmp_path: Path) -> None:
    boxes[1].ip("link", "set", "eth0", "down")
    wanted: dict[str, Scalar] = {"reached": False, "sent": witness.COUNT, "lost": witness.COUNT, "last": "10.9.2.2"}
    figures = seen(boxes[0], tmp_path, wanted)
    assert wanted.items() <= figures.items(), figures
    assert figures["rtt_ms"] is None
