"""A serial line: the one of a pseudo-terminal and the one without a device keep the same promises."""

import asyncio
import contextlib
import os
import pty
import tty
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.kiosk.serial.fake_port import FakePort
from agent.kiosk.serial.port import Port, PortError, open_port
from tests.agent.kiosk_serial.conftest import in_time

MUCH = bytes(range(1, 256)) * 40


@dataclass
class Line:
    """A port and its other end."""

    port: Port
    give: Callable[[bytes], Awaitable[None]]
    take: Callable[[], Awaitable[bytes]]
    hang_up: Callable[[], Awaitable[None]]


@contextlib.asynccontextmanager
async def terminal(write_timeout_s: float) -> AsyncIterator[Line]:
    """A pseudo-terminal opened as any serial device is."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    port = open_port(Path(os.ttyname(slave)), 115200, write_timeout_s)
    os.close(slave)
    ends = [master]

    async def give(data: bytes) -> None:
        left = data
        while left:
            with contextlib.suppress(BlockingIOError):
                left = left[os.write(master, left) :]
            await asyncio.sleep(0)

    async def take() -> bytes:
        while True:
            with contextlib.suppress(BlockingIOError):
                return os.read(master, 65536)
            await asyncio.sleep(0.002)

    async def hang_up() -> None:
        os.close(ends.pop())

    try:
        yield Line(port, give, take, hang_up)
    finally:
        port.close()
        for end in ends:
            os.close(end)


@contextlib.asynccontextmanager
async def fake(write_timeout_s: float) -> AsyncIterator[Line]:
    port = FakePort(write_timeout_s)
    yield Line(port, port.give, port.take, port.hang_up)


Make = Callable[[float], contextlib.AbstractAsyncContextManager[Line]]
both = pytest.mark.parametrize("make", [terminal, fake])


async def read_all(port: Port, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = await port.read()
        assert piece
        data += piece
    return data


@both
def test_what_the_other_end_says_is_read_in_order_whatever_its_bytes(make: Make) -> None:
    async def story() -> None:
        async with make(5.0) as line:
            sent = bytes(range(256)) * 100
            reading = asyncio.ensure_future(read_all(line.port, len(sent)))
            await line.give(sent)
            assert await reading == sent

    in_time(story())


@both
def test_what_is_written_arrives_whole_although_it_is_more_than_fits_at_once(make: Make) -> None:
    async def story() -> None:
        async with make(30.0) as line:
            writing = asyncio.ensure_future(line.port.write(MUCH))
            got = b""
            while len(got) < len(MUCH):
                got += await line.take()
            await writing
            assert got == MUCH

    in_time(story())


@both
def test_two_who_write_at_once_are_not_mixed(make: Make) -> None:
    async def story() -> None:
        async with make(30.0) as line:
            writing = asyncio.gather(line.port.write(b"a" * 9000), line.port.write(b"b" * 9000))
            got = b""
            while len(got) < 18_000:
                got += await line.take()
            await writing
            assert got in (b"a" * 9000 + b"b" * 9000, b"b" * 9000 + b"a" * 9000)

    in_time(story())


@both
def test_a_device_that_takes_nothing_is_told_after_the_timeout_and_the_loop_lives(make: Make) -> None:
    async def story() -> int:
        async with make(0.3) as line:
            beats = 0

            async def beat() -> None:
                nonlocal beats
                while True:
                    beats += 1
                    await asyncio.sleep(0.01)

            beating = asyncio.ensure_future(beat())
            await asyncio.sleep(0)  # it has begun before anything can run out
            with pytest.raises(PortError) as caught:
                for _ in range(200):
                    await line.port.write(MUCH)
            beating.cancel()
            assert caught.value.code == "stuck"
            return beats

    assert in_time(story()) > 1


@both
def test_a_pulled_plug_ends_a_read_that_waits(make: Make) -> None:
    async def story() -> None:
        async with make(5.0) as line:
            reading = asyncio.ensure_future(line.port.read())
            await asyncio.sleep(0)
            await line.hang_up()
            with pytest.raises(PortError) as caught:
                await reading
            assert caught.value.code == "gone"

    in_time(story())


@both
def test_a_write_after_the_plug_was_pulled_fails(make: Make) -> None:
    async def story() -> None:
        async with make(5.0) as line:
            await line.hang_up()
            with pytest.raises(PortError) as caught:
                await line.port.write(b"anybody?")
            assert caught.value.code == "gone"

    in_time(story())


@both
def test_closing_ends_a_read_that_waits_and_may_be_done_twice(make: Make) -> None:
    async def story() -> None:
        async with make(5.0) as line:
            reading = asyncio.ensure_future(line.port.read())
            await asyncio.sleep(0)
            line.port.close()
            line.port.close()
            with pytest.raises(PortError) as caught:
                await reading
            assert caught.value.code == "gone"
            with pytest.raises(PortError):
                await line.port.write(b"x")

    in_time(story())


@both
def test_a_read_that_was_given_up_loses_nothing_of_what_comes_later(make: Make) -> None:
    async def story() -> None:
        async with make(5.0) as line:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await line.port.read()
            await line.give(b"later")
            assert await read_all(line.port, 5) == b"later"

    in_time(story())


def test_a_line_belongs_to_one_program() -> None:
    async def story() -> None:
        async with terminal(5.0) as line:
            path = Path(os.ttyname(line.port._fd))  # type: ignore[attr-defined]
            with pytest.raises(PortError) as caught:
                open_port(path, 9600)
            assert caught.value.code == "in_use"

    in_time(story())


def test_closing_a_device_that_took_nothing_does_not_wait_for_it() -> None:
    async def story() -> None:
        async with terminal(0.2) as line:
            with contextlib.suppress(PortError):
                await line.port.write(MUCH)
            async with asyncio.timeout(25):  # the kernel would wait for half a minute
                await asyncio.to_thread(line.port.close)
            with pytest.raises(PortError) as caught:
                await line.port.write(b"more")
            assert caught.value.code == "gone"

    in_time(story())


def test_what_is_no_device_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(PortError) as caught:
        open_port(tmp_path / "nothing", 9600)
    assert caught.value.code == "absent"
    (tmp_path / "file").write_text("x")
    with pytest.raises(PortError) as caught:
        open_port(tmp_path / "file", 9600)
    assert caught.value.code == "refused"
    with pytest.raises(PortError) as caught:
        open_port(Path("/dev/null"), 9600)
    assert caught.value.code == "refused"


def test_descriptors_of_lines_are_not_inherited() -> None:
    async def story() -> None:
        async with terminal(5.0) as line:
            assert not os.get_inheritable(line.port._fd)  # type: ignore[attr-defined]

    in_time(story())
