"""What a node says about itself when its disk takes no report: with its birth, and again when it changes."""

import asyncio
from collections.abc import Iterator

import pytest

from agent.uplink import delivery, presence
from tests.agent.uplink.conftest import Rig
from tests.support.small_center import SmallCenter, wait_until
from tests.support.tcp_proxy import TcpProxy

pytestmark = pytest.mark.broker


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "LONGEST_WAIT_S", 0.3)
    monkeypatch.setattr(presence, "ASKED_EVERY_S", 0.2)


@pytest.fixture
def proxy(rig: Rig) -> Iterator[TcpProxy]:
    found = TcpProxy(rig.broker.port)
    found.start()
    try:
        rig.change(port=found.port)
        yield found
    finally:
        found.close()


def test_standing_warnings_are_born_with_the_session_and_told_again_when_they_change(rig: Rig) -> None:
    rig.standing = ("outbox_readonly",)

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.until(lambda: _told(center) == [("outbox_readonly",)], "the birth")
                await asyncio.sleep(1)
                assert len(center.states) == 1, "nothing has changed"
                rig.standing = ("outbox_readonly", "overheated")
                await node.until(lambda: len(center.states) == 2, "the change")
                rig.standing = ()
                await node.until(lambda: len(center.states) == 3, "the all-clear")
                assert _told(center) == [("outbox_readonly",), ("outbox_readonly", "overheated"), ()]
                assert len({(state.session, state.nonce) for state in center.states}) == 1
                assert {(state.status, state.reason) for state in center.states} == {("online", "birth")}

    asyncio.run(story())


def test_while_warnings_stand_the_birth_is_said_again_in_place_of_each_report(rig: Rig) -> None:
    rig.standing, rig.report_every_s = ("outbox_readonly",), 0.5

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.until(lambda: len(center.states) >= 4, "signs of life")
                rig.standing = ()
                await node.until(lambda: center.states[-1].warnings == (), "the all-clear")
                heard = len(center.states)
                await asyncio.sleep(1.2)
                assert len(center.states) == heard, "reports tell it again"

    asyncio.run(story())


def test_neither_the_goodbye_nor_the_will_warns_of_anything(rig: Rig, proxy: TcpProxy, unhurried: None) -> None:
    rig.standing = ("outbox_readonly",)

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.until(lambda: node.uplink.connected, "the connection")
            await asyncio.to_thread(wait_until, lambda: len(center.states) == 2, "the birth and the goodbye")
            assert [(state.reason, state.warnings) for state in center.states] == [
                ("birth", rig.standing),
                ("stop", ()),
            ]
            async with rig.node() as node:
                await node.until(lambda: len(center.states) == 3, "the second birth")
                proxy.cut()
                await node.until(lambda: len(center.states) > 3, "the will")
                assert (center.states[3].reason, center.states[3].warnings) == ("will", ())

    asyncio.run(story())


def test_more_warnings_than_a_state_carries_are_cut_off(rig: Rig) -> None:
    rig.standing = tuple(f"code_{number}" for number in range(50))

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.until(lambda: center.states, "the birth")
                assert center.states[0].warnings == rig.standing[:32]

    asyncio.run(story())


def _told(center: SmallCenter) -> list[tuple[str, ...]]:
    return [state.warnings for state in center.states]
