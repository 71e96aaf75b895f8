"""A complaint on a line of 128 kbit/s beside pictures, a blob and a day's backlog: the product's promise of 10 s.

The line is a cable between two network namespaces, shaped both ways by the kernel (`tc tbf`); broker and TLS are real.
Timed is from the moment the outbox accepted the complaint until the centre's acknowledgement of its commit has emptied
it.
"""

import asyncio
import os
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agent.uplink import UplinkConfig, paho
from tests.agent.uplink.conftest import Rig, RunningNode
from tests.agent.uplink.parcels import file_blob, file_picture, report
from tests.support.broker import running_broker
from tests.support.lab import Box, laboratory
from tests.support.namespaces import inside, run_inside
from tests.support.own_time import own_s

pytestmark = [
    pytest.mark.broker,
    pytest.mark.netns,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]

PROMISED_S = 10.0
PICTURE_BYTES = 512 * 1024 - 2048
BLOB_BYTES = 1024 * 1024 - 8192
REPORTS = 2880
COMPLAINTS = 7


class Shaped:
    """A node and a centre with a thin line between them."""

    def __init__(self, rig: Rig, node: Box, centre: Box) -> None:
        self.rig = rig
        self.node_box = node
        self.centre_box = centre

    def shape(self, rate: str, queue: str) -> None:
        """Both directions, with a modem's queue of `queue` (a time at that rate)."""
        for box, name in ((self.node_box, "wan0"), (self.centre_box, "lan0")):
            box.run(
                "tc", "qdisc", "replace", "dev", name, "root", "tbf", "rate", rate, "burst", "3kb", "latency", queue
            )


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Shaped]:
    with laboratory() as lab:
        node, centre = lab.box("node"), lab.box("centre")
        lab.cable((node, "wan0", "10.77.0.2/24"), (centre, "lan0", "10.77.0.1/24"))
        with inside(centre), running_broker(tmp_path, "0.0.0.0", ("10.77.0.1",)) as broker:
            rig = Rig(broker, tmp_path)
            rig.config = UplinkConfig(host="10.77.0.1", port=broker.port, credentials=rig.config.credentials)
            yield Shaped(rig, node, centre)


def test_a_complaint_does_not_wait_for_a_picture_half_sent(line: Shaped, patient: None) -> None:
    line.shape("128kbit", "500ms")

    async def story() -> float:
        async with line.rig.node() as node:
            await node.drained(60)
            await file_picture(node.writer, line.rig.clock, PICTURE_BYTES)
            await node.until(lambda: node.uplink.status()["line_bytes_s"], "the picture on its way", 60)
            await asyncio.sleep(3)
            worst = await _complain(node, 1)
            assert node.uplink.status()["gave_way"] == 1
            return worst

    with line.rig.center() as center:
        worst = run_inside(line.node_box, lambda: asyncio.run(story()))
        assert center.repeats == 0
    print(f"\ncomplaint beside a picture of 512 kB: {worst:.1f} s")
    assert worst <= PROMISED_S


@pytest.mark.full
@pytest.mark.parametrize("pause_s", [0.0, 1.2])
def test_a_blob_that_takes_longer_than_two_keep_alives_gets_through_in_one_session(
    line: Shaped, pause_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on a machine that stands still for a moment just as a ping goes, so that it is younger than it should be."""
    ping = paho.Client._send_pingreq

    def late(client: paho.Client) -> object:
        time.sleep(pause_s)
        return ping(client)

    monkeypatch.setattr(paho.Client, "_send_pingreq", late)
    line.rig.change(keepalive_s=5, user_timeout_s=5)
    line.shape("512kbit", "500ms")

    async def story() -> None:
        async with line.rig.node() as node:
            await node.drained(60)
            began = time.monotonic()
            await file_blob(node.writer, line.rig.clock, BLOB_BYTES)
            await node.drained(60)
            assert time.monotonic() - began > 11
            status = node.uplink.status()
            assert status["sessions"] == 1, status["last_error"]

    with line.rig.center():
        run_inside(line.node_box, lambda: asyncio.run(story()))


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_no_complaint_waits_ten_seconds_beside_pictures_a_blob_and_a_day_of_backlog(line: Shaped) -> None:
    line.shape("128kbit", "2000ms")  # a modem with far too long a queue; a short one is easier
    clock = line.rig.clock

    async def story() -> list[float]:
        async with line.rig.node() as node:
            for number in range(REPORTS):
                await node.writer.append("health", "report", report(number), clock.stamp())
            await file_blob(node.writer, clock, BLOB_BYTES)
            await file_picture(node.writer, clock, PICTURE_BYTES)
            chance, waits = random.Random(128), []
            for number in range(COMPLAINTS):
                await asyncio.sleep(chance.uniform(0, 5))
                if number > 2:  # the first meet the backlog; these, a picture or the blob half sent
                    with suppress(AssertionError):
                        await node.until(lambda: node.uplink.status()["in_flight_bytes"] > 400_000, "a parcel", 60)
                    await asyncio.sleep(chance.uniform(0, 10))
                waits.append(await _complain(node, number))
                print(f"complaint {number}: {waits[-1]:.2f} s; {await node.pending()}", flush=True)
            status = node.uplink.status()
            print({key: status[key] for key in ("sessions", "gave_way", "line_bytes_s", "resends")}, flush=True)
            await node.drained(within_s=600)
            return waits

    with line.rig.center() as center:
        waits = run_inside(line.node_box, lambda: asyncio.run(story()))
        rows = [len(center.rows(stream)) for stream in ("health", "attachment", "snapshot", "complaint")]
        assert rows == [REPORTS, 1, 1, COMPLAINTS]
    median = sorted(waits)[COMPLAINTS // 2]
    print(f"\nfrom accept to commit's acknowledgement: worst {max(waits):.1f} s, median {median:.1f} s")
    assert max(waits) <= PROMISED_S


async def _complain(node: RunningNode, number: int) -> float:
    """File one complaint; seconds until the centre has acknowledged it, without those the machine had none to spare."""
    seq = await node.file("complaint", "complaint", number=number, box=random.Random(number).randbytes(1500).hex())
    began, took = time.monotonic(), list[float]()
    with own_s(took):
        while True:
            oldest, _, waiting = (await node.writer.heads())["complaint"]
            if not waiting or oldest > seq:
                break
            assert time.monotonic() - began < 120, node.uplink.status()
            await asyncio.sleep(0.02)
    return took[0]
