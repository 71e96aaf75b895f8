"""Reaching the broker's port: a fresh attempt every second, because the kernel's own pauses grow.

A SYN that is lost is repeated after 1, 3, 7, 15 seconds: a line that comes back in between would be noticed too late.
So a new socket is tried each second beside the older ones, and the first that gets through is the connection.
"""

import asyncio
import socket
from contextlib import suppress

from agent.chance import chance
from agent.core.hosts import for_system
from agent.uplink.threads import in_daemon_thread
from wire.shape import Struct, field

Address = tuple[socket.AddressFamily, tuple[str, int]]

MOST_ATTEMPTS = 4
"""At the same time: also a line with a round trip of three seconds gets through."""
RESOLVE_S = 5.0
KNOCK_S = 2.0
REACHED_EVERY_S = 10.0
"""A port that answers is not what keeps us away: asking often would only fill the broker's log."""
ATTEMPT_BYTES = 120
"""A SYN and its repeat on the wire: what an attempt costs at least."""


class AddressBook(Struct):
    """The broker's addresses as last resolved: names do not resolve on a line that has only just come back."""

    host: str
    port: int
    known: list[Address] = field(default_factory=list)
    _just_answered: bool = False
    attempts: int = 0
    """Connection attempts so far, for those who count bytes."""
    failed_bytes: int = 0
    """What went over connections on which TLS or CONNECT then failed, both ways, headers included."""

    async def addresses(self) -> list[Address]:
        """Resolve; the last known ones when that fails. OSError or TimeoutError when there are none.

        After `prefer` the known ones at once: the name server may still be out of reach.
        """
        if self._just_answered:
            self._just_answered = False
            return self.known
        try:
            async with asyncio.timeout(RESOLVE_S):
                found = await in_daemon_thread("uplink-resolve", self._resolve)
        except OSError:  # TimeoutError is one
            if not self.known:
                raise
            return self.known
        self.known = found
        return found

    def prefer(self, address: Address) -> None:
        """This one answers: try it first."""
        self.known = [address, *(other for other in self.known if other != address)]
        self._just_answered = True

    def _resolve(self) -> list[Address]:
        found = socket.getaddrinfo(for_system(self.host), self.port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]  # type: ignore[misc]


async def dial(book: AddressBook, addresses: list[Address], every_s: float) -> socket.socket:
    """A connected, non-blocking socket. OSError when every address refuses; else tries until cancelled."""
    attempts: list[asyncio.Task[socket.socket]] = []
    loop = asyncio.get_running_loop()
    number, failure = 0, None
    try:
        while True:
            book.attempts += 1
            attempts.append(asyncio.create_task(_attempt(addresses[number % len(addresses)])))
            number += 1
            while len(attempts) > MOST_ATTEMPTS:
                attempts.pop(0).cancel()
            next_s = loop.time() + every_s
            while attempts and (rest_s := next_s - loop.time()) > 0:
                await asyncio.wait(attempts, timeout=rest_s, return_when=asyncio.FIRST_COMPLETED)
                connected, failed = _sorted(attempts)
                if connected is not None:
                    return connected
                failure = failed or failure
                if failed is not None and number < len(addresses):
                    break
            if failure is not None and not attempts and number >= len(addresses):
                raise failure
    finally:
        for attempt in attempts:
            attempt.add_done_callback(_drop)
            attempt.cancel()


async def came_back(book: AddressBook, every_s: float, *, was_away: bool) -> None:
    """Returns when the broker's port answers after it did not (`was_away`: it did not just before)."""
    while True:
        address = await _knock(book)
        if address is None:
            was_away = True
        elif was_away:
            book.prefer(address)
            return
        # Nodes that lost the same broker in the same moment must not knock in step.
        pause_s = every_s if address is None else max(every_s, REACHED_EVERY_S)
        await asyncio.sleep(pause_s * (0.6 + 0.4 * chance()))


async def _knock(book: AddressBook) -> Address | None:
    """One attempt per known address; the one that answers."""
    try:
        addresses = book.known or await book.addresses()
    except OSError:
        return None
    for address in addresses[:2]:
        book.attempts += 1
        with suppress(OSError):
            async with asyncio.timeout(KNOCK_S):
                (await _attempt(address)).close()
                return address
    return None


async def _attempt(address: Address) -> socket.socket:
    family, where = address
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setblocking(False)
        await asyncio.get_running_loop().sock_connect(found, where)
    except BaseException:
        found.close()
        raise
    return found


def _sorted(attempts: "list[asyncio.Task[socket.socket]]") -> tuple[socket.socket | None, OSError | None]:
    """Take what is decided out of the list: (the first that got through, why another did not)."""
    failure = None
    for attempt in [attempt for attempt in attempts if attempt.done()]:
        attempts.remove(attempt)
        error = attempt.exception()
        if error is None:
            return attempt.result(), None
        if not isinstance(error, OSError):
            raise error
        failure = error
    return None, failure


def _drop(attempt: "asyncio.Task[socket.socket]") -> None:
    """An attempt that got through when nobody waited for it any more."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()
