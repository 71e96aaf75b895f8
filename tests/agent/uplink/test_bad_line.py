"""Lines that are cut again and again, that go silent, that come back: through a real proxy and real namespaces."""

import asyncio
import os
import statistics
import time
from collections.abc import Iterator

import pytest

from agent.core.backoff import Backoff
from agent.uplink import UplinkConfig
from tests.agent.uplink.conftest import Rig
from tests.agent.uplink.parcels import report
from tests.support.broker import running_broker
from tests.support.lab import Box, laboratory
from tests.support.namespaces import inside, run_inside
from tests.support.own_time import own_s, within
from tests.support.tcp_proxy import TcpProxy
from tests.support.torture import often

pytestmark = pytest.mark.broker
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")

RECORDS = 1000
MOST_PUBLISHED_PER_RECORD = 2.0
"""On an idle machine it is below 1.3, the goal that the torture suite holds it to. Here acknowledgements may be late
because the machine is busy: 1.5 was seen with three processes to a core."""


@pytest.fixture
def proxy(rig: Rig) -> Iterator[TcpProxy]:
    found = TcpProxy(rig.broker.port)
    found.start()
    try:
        rig.change(port=found.port, reconnect_min_s=0.05, reconnect_max_s=0.2)
        yield found
    finally:
        found.close()


@pytest.mark.timeout(900)  # sixty sessions: where each disk write, handshake and thread is slow, 200 s were seen
@pytest.mark.parametrize("cut_every", [20_000, pytest.param(30_000, marks=pytest.mark.full), 60_000])
def test_a_line_cut_every_few_kilobytes_carries_little_twice(rig: Rig, proxy: TcpProxy, cut_every: int) -> None:
    async def story() -> None:
        with rig.center() as center:
            proxy.set(refuse=True)
            async with rig.node() as node:
                for number in range(RECORDS):
                    await node.writer.append("health", "report", report(number), rig.clock.stamp())
                await node.writer.flush()
                proxy.set(refuse=False, cut_every=cut_every)
                began = time.monotonic()
                await node.drained(within_s=800)
                sent = sum(len(seqs) for _, _, seqs in center.arrived)
                rows = sum(len(center.rows(stream)) for stream in ("health", "event"))
                published = node.uplink._facts.published
                print(f"\n{sent / rows:.3f} arrived, {published / rows:.3f} published per record, ", end="")
                print(f"{node.uplink.status()['sessions']} sessions, {time.monotonic() - began:.1f} s")
                assert len(center.rows("health")) == RECORDS
                assert published <= MOST_PUBLISHED_PER_RECORD * rows

    asyncio.run(story())


def test_a_line_that_swallows_everything_is_left_within_two_keep_alives(rig: Rig, proxy: TcpProxy) -> None:
    rig.change(keepalive_s=5, user_timeout_s=5)

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                proxy.set(black_hole=True)
                began = time.monotonic()
                with within(2 * rig.config.keepalive_s + 3):
                    await node.until(lambda: not node.uplink.connected, "the notice", 60)
                print(f"\nnoticed after {time.monotonic() - began:.1f} s")
                proxy.heal()
                await node.file("complaint", "complaint", text="sesudahnya")
                await node.drained(60)
                assert len(center.rows("complaint")) == 1

    asyncio.run(story())


class Cable:
    """A node, a centre, and the cable between them."""

    def __init__(self, rig: Rig, node: Box, centre: Box) -> None:
        self.rig, self.node_box, self.centre_box = rig, node, centre

    def pull(self) -> None:
        """As a dead modem does it: the node's own interface stays up, nothing comes through."""
        self.centre_box.nft("arriving iifname lan0 drop")

    def plug(self) -> None:
        self.centre_box.heal()


@pytest.fixture
def cable(tmp_path: object) -> Iterator[Cable]:
    with laboratory() as lab:
        node, centre = lab.box("node"), lab.box("centre")
        lab.cable((node, "wan0", "10.78.0.2/24"), (centre, "lan0", "10.78.0.1/24"))
        with inside(centre), running_broker(tmp_path, "0.0.0.0", ("10.78.0.1",)) as broker:
            rig = Rig(broker, tmp_path)
            rig.config = UplinkConfig(
                host="10.78.0.1", port=broker.port, credentials=rig.config.credentials, keepalive_s=5, user_timeout_s=5
            )
            yield Cable(rig, node, centre)


@needs_root
@pytest.mark.netns
def test_a_broker_that_gives_up_on_a_line_of_one_direction_is_no_take_over(cable: Cable) -> None:
    """Our bytes are lost, the broker's arrive: it closes in order, as it does when a session is taken over."""
    cable.rig.change(user_timeout_s=60)

    async def story() -> None:
        async with cable.rig.node() as node:
            await node.drained(60)
            cable.pull()
            await node.until(lambda: not node.uplink.connected, "the notice", 60)
            error = node.uplink.status()["last_error"]
            assert error["code"] == "silent"  # type: ignore[index]
            assert node.uplink._cuts == 0

    with cable.rig.center():
        run_inside(cable.node_box, lambda: asyncio.run(story()))


@needs_root
@pytest.mark.netns
@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_cut_cable_is_noticed_and_after_a_long_outage_the_birth_comes_with_the_line(
    cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The back-off is held at its limit, as after six hours: the pauses last until somebody ends them."""
    monkeypatch.setattr(Backoff, "delay_s", lambda *_: 300.0)
    waits: list[float] = []
    rounds = often(4, 8)

    async def story() -> None:
        async with cable.rig.node() as node:
            await node.drained(60)
            cable.pull()
            began = time.monotonic()
            await node.until(lambda: not node.uplink.connected, "the notice", 60)
            print(f"\nnoticed after {time.monotonic() - began:.1f} s")
            for number in range(rounds):
                await asyncio.sleep(3 + 1.7 * number)
                before = len(births())
                cable.plug()
                with own_s(waits):
                    await node.until(lambda: len(births()) > before, "the birth", 60)  # noqa: B023
                await node.until(lambda: node.uplink.connected, "its own knowledge of it")
                if number < rounds - 1:
                    cable.pull()
                    await node.until(lambda: not node.uplink.connected, "the notice", 60)

    with cable.rig.center() as center:

        def births() -> list[int]:
            return [state.session for state in center.states if state.reason == "birth"]

        run_inside(cable.node_box, lambda: asyncio.run(story()))
    print(f"birth after the line: median {statistics.median(waits):.2f} s, worst {max(waits):.2f} s")
    assert max(waits) <= 5.0
