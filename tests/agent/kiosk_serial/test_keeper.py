"""A device is opened again after anything that happens to it, by whichever of its names is there."""

import asyncio
import logging
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.kiosk.serial.finding import Device, devices, present
from agent.kiosk.serial.keeper import Keeper
from agent.kiosk.serial.port import Port, PortError
from agent.kiosk.serial.simulator import open_terminal
from tests.agent.kiosk_serial.conftest import beside, in_time, until


class Plug:
    """Opens when it may; remembers what was asked of it."""

    def __init__(self, *outcomes: str) -> None:
        self.outcomes = list(outcomes)
        self.opened: list[Path] = []
        self.closed = 0

    def open(self, path: Path) -> Port:
        self.opened.append(path)
        outcome = self.outcomes.pop(0) if self.outcomes else ""
        if outcome:
            raise PortError(outcome)  # type: ignore[arg-type]
        return self  # type: ignore[return-value]

    def close(self) -> None:
        self.closed += 1


def test_a_device_that_is_lost_is_closed_and_opened_again() -> None:
    plug = Plug()
    served = []

    async def serve(_: Port) -> None:
        served.append(1)
        raise PortError("gone")

    async def story() -> None:
        keeper = Keeper("panel-1", SimpleNamespace(device=Path("/dev/x"), device_else=None), plug.open, 0.001)
        async with beside(keeper.run(serve)):
            await until(lambda: len(served) >= 3)
        assert plug.closed == len(plug.opened) == keeper.opened

    in_time(story())


def test_a_device_that_is_not_there_is_awaited_with_growing_pauses_and_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="agent.kiosk.serial")
    plug = Plug("absent", "absent", "absent", "absent")

    async def serve(_: Port) -> None:
        await asyncio.Event().wait()

    async def story() -> None:
        keeper = Keeper("panel-1", SimpleNamespace(device=Path("/dev/x"), device_else=None), plug.open, 0.001)
        assert keeper.trouble == "closed"
        async with beside(keeper.run(serve)):
            await until(lambda: len(plug.opened) >= 2)
            assert keeper.trouble == "absent"
            await until(lambda: not keeper.trouble)
        assert plug.closed == 1

    in_time(story())
    assert [record.message for record in caplog.records] == ["device-lost", "device-open"]


def test_a_fault_of_our_own_is_not_taken_for_a_lost_line() -> None:
    async def serve(_: Port) -> None:
        raise KeyError("a defect")

    async def story() -> None:
        plug = Plug()
        keeper = Keeper("panel-1", SimpleNamespace(device=Path("/dev/x"), device_else=None), plug.open)
        with pytest.raises(KeyError):
            await keeper.run(serve)
        assert plug.closed == 1

    in_time(story())


def test_the_name_by_path_is_used_when_the_one_by_id_is_not_there(tmp_path: Path) -> None:
    by_id, by_path = tmp_path / "by-id", tmp_path / "by-path"
    assert present(by_id, by_path) == by_id
    by_path.touch()
    assert present(by_id, by_path) == by_path
    by_id.touch()
    assert present(by_id, by_path) == by_id
    assert present(by_id, None) == by_id


def test_twins_are_told_apart_by_where_they_are_plugged_in() -> None:
    one = Device("/dev/ttyUSB0", "/dev/serial/by-id/usb-1a86", "/dev/serial/by-path/p1", "USB Serial", twins=True)
    assert one.advised == "/dev/serial/by-path/p1"
    single = Device("/dev/ttyUSB0", "/dev/serial/by-id/usb-1a86", "/dev/serial/by-path/p1", "USB Serial", twins=False)
    assert single.advised == "/dev/serial/by-id/usb-1a86"
    assert Device("/dev/ttyUSB0", "", "", "", twins=False).advised == ""


def test_devices_are_listed_with_the_links_udev_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        terminal = open_terminal()
        port = SimpleNamespace(
            device=str(terminal.path), vid=0x1A86, pid=0x7523, serial_number=None, manufacturer="QinHeng",
            product="USB\x1b[2J Serial", description="n/a",
        )  # fmt: skip
        monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [port])
        (tmp_path / "by-path").mkdir()
        (tmp_path / "by-path" / "p1").symlink_to(terminal.path)
        [found] = devices(tmp_path)
        assert found.by_path == str(tmp_path / "by-path" / "p1")
        assert found.by_id == ""
        assert found.advised == found.by_path
        assert found.description == "QinHeng USB?[2J Serial"
        monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [port, port])
        assert all(device.twins for device in devices(tmp_path))
        terminal.port.close()

    in_time(story())
