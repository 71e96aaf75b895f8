"""Reaching the broker's port: with real sockets of the loopback."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from agent.uplink import dial as dialling
from agent.uplink.dial import AddressBook, came_back, dial
from tests.support.broker import free_port
from tests.support.own_time import within


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


@pytest.fixture
def deaf() -> Iterator[tuple[str, int]]:
    """A port that never answers: its queue of connections is full."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        found.listen(0)
        address = found.getsockname()
        fillers = []
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(address)
            fillers.append(filler)
        yield address
        for filler in fillers:
            filler.close()


def test_the_first_address_that_answers_is_the_connection(listener: socket.socket, deaf: tuple[str, int]) -> None:
    async def story() -> None:
        book = AddressBook("unused", 1)
        addresses = [(socket.AF_INET, deaf), (socket.AF_INET, listener.getsockname())]
        async with asyncio.timeout(30):
            found = await dial(book, addresses, 0.2)
        assert found.getpeername() == listener.getsockname()
        found.close()

    asyncio.run(story())


def test_a_port_where_nobody_listens_is_said_at_once(deaf: tuple[str, int]) -> None:
    async def story() -> None:
        book = AddressBook("unused", 1)
        with pytest.raises(ConnectionRefusedError):
            await dial(book, [(socket.AF_INET, ("127.0.0.1", free_port()))], 1.0)
        assert book.attempts == 1
        mixed = [(socket.AF_INET, ("127.0.0.1", free_port())), (socket.AF_INET, deaf)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await dial(book, mixed, 0.2)
        assert book.attempts < 15, "one refusal beside a deaf address is no reason to hammer"

    asyncio.run(story())


def test_a_port_that_comes_back_is_noticed_within_seconds_and_one_that_never_left_is_not_news() -> None:
    port = free_port()

    async def story() -> None:
        book = AddressBook("127.0.0.1", port)
        watching = asyncio.create_task(came_back(book, 0.3, was_away=False))
        await asyncio.sleep(1)
        assert not watching.done()
        with socket.create_server(("127.0.0.1", port)):
            with within(5):
                async with asyncio.timeout(30):
                    await watching
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.5):
                    await came_back(book, 0.3, was_away=False)
            async with asyncio.timeout(30):
                await came_back(book, 0.3, was_away=True)

    asyncio.run(story())


def test_a_name_that_does_not_resolve_now_is_looked_for_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "RESOLVE_S", 60.0)  # a name server that takes its time is another failure

    async def story() -> None:
        book = AddressBook("nowhere.invalid", 1)
        with pytest.raises(OSError, match=r"(?i)name|resolution"):
            await book.addresses()
        book.known = [(socket.AF_INET, ("127.0.0.1", 8883))]
        assert await book.addresses() == book.known
        book.prefer((socket.AF_INET, ("127.0.0.2", 8883)))
        assert [address for _, (address, _) in await book.addresses()] == ["127.0.0.2", "127.0.0.1"]

    asyncio.run(story())
