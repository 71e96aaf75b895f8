"""From what a target calls its host to an address: a role (gateway, center, resolver), an address, or a name.

Names go to the system's resolver (getaddrinfo: /etc/hosts and all), on a daemon thread, because it blocks for up to
half a minute and cannot be cancelled; a name that is being looked up is not looked up twice. The system asks one
resolver after the other, five seconds each: when it has not answered within `HEAD_START_S` all of them are asked at
once, and the first address counts. Answers are kept for `FRESH_S`; when DNS fails afterwards the last known address is
used on, so that a dead resolver is not taken for a dead path. The centre's survives a restart (`lastaddress`).
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.core.hosts import for_system
from agent.core.observation import Reason
from agent.probes.errors import ProbeError
from agent.probes.procfs import default_routes, is_address, resolvers
from agent.probes.sockets import address_towards

FRESH_S = 300.0
"""As long as the usual TTL of a server's name; a server that moved is found again within that time."""

HEAD_START_S = 0.3
"""A resolver on the line's other end answers within; /etc/hosts and mDNS, which only the system knows, long before."""
ASK_S, ASK_TRIES = 1.0, 3

MAX_NAMES = 64


class Resolver:
    """Looks up hosts for probes. `center` is the host of the command centre, empty when there is none; `recalled` the
    address it is known to have had, used while nobody tells the present one."""

    def __init__(self, root: Path = Path("/"), center: str = "", recalled: str = "") -> None:
        self._root = root
        self._center = center
        self._known: dict[str, tuple[float, str]] = {center: (-FRESH_S, recalled)} if recalled else {}
        self._pending: dict[str, asyncio.Future[str]] = {}
        self._asking: set[asyncio.Task[None]] = set()

    async def address(self, host: str, timeout_s: float) -> str:
        """One address for `host`, IPv4 preferred where there is a way to it.

        Raises ProbeError: no_target, or resolve_failed.
        """
        if host == "gateway":
            return self._gateway()
        if host.startswith("resolver:"):
            return self._resolver(int(host.partition(":")[2]))
        if host == "center":
            if not self._center:
                raise ProbeError(Reason.NO_TARGET, {"hint": "no centre is configured"})
            host = self._center
        if is_address(host):
            return host
        return await self._name(host, timeout_s)

    async def address_now(self, host: str, timeout_s: float) -> str:
        """One address for a name or address as it is at this moment: nothing known from before stands in for it.

        Raises ProbeError: resolve_failed.
        """
        if is_address(host):
            return host
        try:
            return await asyncio.wait_for(self._sought(host, lambda: None), timeout_s)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise ProbeError(Reason.RESOLVE_FAILED, {"error": _words(error)}) from error

    def _gateway(self) -> str:
        for route in default_routes(self._root):
            if route.gateway:
                return route.gateway
        raise ProbeError(Reason.NO_TARGET, {"hint": "there is no default route with a gateway"})

    def _resolver(self, number: int) -> str:
        found = resolvers(self._root)
        if number > len(found):
            raise ProbeError(Reason.NO_TARGET, {"hint": f"/etc/resolv.conf names {len(found)} resolvers"})
        return found[number - 1]

    async def _name(self, name: str, timeout_s: float) -> str:
        now_s = time.monotonic()
        known = self._known.get(name)
        if known is not None and now_s - known[0] < FRESH_S:
            return known[1]
        pending = self._pending.get(name)
        if pending is None:
            pending = self._pending[name] = self._sought(name, lambda: self._pending.pop(name, None))
            pending.add_done_callback(lambda finished: self._learn(name, finished))  # also when nobody waits any more
        # with an old address at hand the rest of the time belongs to what is asked there
        wait_s = timeout_s if known is None else timeout_s / 2
        try:
            return await asyncio.wait_for(asyncio.shield(pending), wait_s)
        except (OSError, UnicodeError, TimeoutError) as error:
            if known is not None:
                return known[1]
            raise ProbeError(Reason.RESOLVE_FAILED, {"error": _words(error)}) from error

    def _learn(self, name: str, finished: asyncio.Future[str]) -> None:
        if finished.cancelled() or finished.exception() is not None:
            return
        if len(self._known) >= MAX_NAMES:
            self._known.clear()
        self._known[name] = (time.monotonic(), finished.result())

    def _sought(self, name: str, done: Callable[[], object]) -> asyncio.Future[str]:
        """The address of a name, once the system or any resolver knows it."""
        found = _look_up(name, done)
        self._asking.add(task := asyncio.create_task(_ask_all(name, self._root, found)))
        task.add_done_callback(self._asking.discard)
        return found


def _look_up(name: str, done: Callable[[], object]) -> asyncio.Future[str]:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[str] = loop.create_future()
    # A look-up nobody waits for any more must not complain about its exception.
    future.add_done_callback(lambda finished: (done(), finished.cancelled() or finished.exception()))

    def settle(address: str | None, error: Exception | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        elif address is not None:
            future.set_result(address)

    def work() -> None:
        address, failure = None, None
        try:
            found = socket.getaddrinfo(for_system(name), None, type=socket.SOCK_STREAM)
            address = chosen([str(item[4][0]) for item in found])
        except (OSError, UnicodeError) as error:
            failure = error
        try:
            loop.call_soon_threadsafe(settle, address, failure)
        except RuntimeError:
            return  # the loop is closed: the agent stopped meanwhile

    threading.Thread(target=work, name="resolve", daemon=True).start()
    return future


async def _ask_all(name: str, root: Path, found: asyncio.Future[str]) -> None:
    """Settle `found` with the first address any resolver gives, unless the system is quick."""
    await asyncio.wait((found,), timeout=HEAD_START_S)
    if found.done() or "." not in name.rstrip(".") or name.rstrip(".").endswith(".local"):
        return
    asking = [asyncio.create_task(_ask(name, server)) for server in resolvers(root)]
    try:
        for answer in asyncio.as_completed(asking):
            address = await answer
            if address and not found.done():
                found.set_result(address)
                return
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)


async def _ask(name: str, server: str) -> str:
    """An address of the name by this resolver, one this box has a way to; empty when it gives none."""
    from agent.probes import dnsask, dnswire

    found: list[str] = []
    for kind in ("A", "AAAA"):
        place = dnsask.Place(server, 53, name, dnswire.TYPES[kind])
        try:
            outcome = await dnsask.ask(place, ASK_S, ASK_TRIES)
        except ProbeError:
            break
        if outcome.message is None:
            break
        found += [record.text for record in outcome.message.answers if record.kind == dnswire.TYPES[kind]]
        if found and address_towards(chosen(found)):
            break
    return chosen(found) if found else ""


def chosen(addresses: Sequence[str]) -> str:
    """The address that is used of those a name has: one this box has a way to, IPv4 before IPv6."""
    ordered = sorted(addresses, key=lambda address: ":" in address)
    if (":" in ordered[0]) == (":" in ordered[-1]):
        return ordered[0]
    return next((address for address in ordered if address_towards(address)), ordered[0])


def _words(error: Exception) -> str:
    return "timeout" if isinstance(error, TimeoutError) else (getattr(error, "strerror", None) or str(error))
