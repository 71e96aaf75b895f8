"""What hangs or dies inside the uplink is noticed by its lack of progress, and built anew."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from agent.uplink import connecting, greeting, watch
from agent.uplink.link import Link
from tests.agent.uplink.conftest import Rig

pytestmark = pytest.mark.broker


class Lines(list[Link]):
    """Every connection the uplink makes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self._patch = monkeypatch
        self._patience = {name: getattr(watch, name) for name in ("PUMP_STUCK_S", "LINE_STUCK_S")}

    def suspect(self, **quick_s: float) -> None:
        """The watch is quick, until the next connection: who waits for a slow disk or centre is not stuck."""
        for name, seconds in quick_s.items():
            self._patch.setattr(watch, name, seconds)

    def note(self, line: Link) -> None:
        self.append(line)
        self.suspect(**self._patience)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    found = Lines(monkeypatch)
    connect = greeting.connect

    async def noted(*words: object) -> Link:
        found.note(await connect(*words))  # type: ignore[arg-type]
        return found[-1]

    monkeypatch.setattr(greeting, "connect", noted)
    monkeypatch.setattr(watch, "LOOK_EVERY_S", 0.5)
    return found


def test_a_pump_that_never_comes_round_is_replaced(rig: Rig, lines: Lines) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                assert node.uplink._session is not None
                node.uplink._session._feeder.next = _for_ever  # type: ignore[union-attr,method-assign]
                lines.suspect(PUMP_STUCK_S=2.0)
                await node.file("complaint", "complaint", text="terjebak")
                await node.until(lambda: "uplink_wedged" in node.uplink.conditions(), "the warning", 60)
                await node.drained(60)
                assert len(lines) == 2
                assert len(center.rows("complaint")) == 1

    asyncio.run(story())


def test_a_connection_nobody_reads_any_more_is_replaced(rig: Rig, lines: Lines) -> None:
    async def story() -> None:
        with rig.center():
            async with rig.node() as node:
                await node.drained()
                lines.suspect(LINE_STUCK_S=4.0)
                lines[0]._detach()  # no reader, no writer, no timer: as if its thread had died
                assert node.uplink.connected
                await node.file("complaint", "complaint", text="terjebak")
                await node.drained(60)
                assert "uplink_wedged" in node.uplink.conditions()
                assert len(lines) == 2

    asyncio.run(story())


@pytest.mark.parametrize("callback", ["on_message", "on_publish", "on_socket_unregister_write"])
def test_an_exception_in_a_callback_does_not_leave_a_dead_but_connected_client(
    rig: Rig, lines: Lines, callback: str
) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                setattr(lines[0]._client, callback, _raise)
                await node.file("complaint", "complaint", text="sebelum")
                await node.drained(60)
                assert len(lines) == 2
                assert len(center.rows("complaint")) == 1

    asyncio.run(story())


@pytest.fixture
def handshakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """The next handshake hangs in its thread until the test is over."""
    over, original = threading.Event(), connecting._handshake

    def hang_once() -> None:
        def hanging(*_: object) -> object:
            monkeypatch.setattr(connecting, "_handshake", original)
            over.wait(300)
            raise OSError("much too late")

        monkeypatch.setattr(connecting, "_handshake", hanging)

    yield hang_once
    over.set()


def test_a_thread_that_hangs_in_the_handshake_is_left_behind(rig: Rig, handshakes: Callable[[], None]) -> None:
    rig.change(connect_timeout_s=1.0)

    async def story() -> None:
        with rig.center() as center:
            handshakes()
            async with rig.node() as node:
                await node.file("complaint", "complaint", text="sesudahnya")
                await node.until(lambda: center.rows("complaint"), "the complaint", 60)
                assert "uplink-connect" in {thread.name for thread in threading.enumerate()}, "it really hangs"

    asyncio.run(story())


async def _for_ever(*_: object) -> None:
    await asyncio.Event().wait()


def _raise(*_: object) -> None:
    raise RuntimeError("a callback of paho")
