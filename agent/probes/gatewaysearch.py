"""Pings, knocks and an ARP question at one gateway, at once: which sign of life comes first. The rules: `gateway`."""

import asyncio
import contextlib
import socket

from agent.core.observation import Reason, Scalar
from agent.probes import sockets
from agent.probes.errors import ProbeError
from agent.probes.pinger import Echo, Pinger, reason_of_errno
from agent.probes.procfs import DefaultRoute, hardware_address

PINGS = 2
PING_GAP_S = 0.05
PAYLOAD_BYTES = 32
KNOCK_AFTER_S = 0.15
"""A router on the same cable answers within a few milliseconds, a Wi-Fi one within some tens."""
MUTE_AFTER_S = 0.3
KNOCK_PORTS = (53, 80, 443)
CLOSED_UDP_PORT = 33_999
"""Next to traceroute's ports, which no service uses."""


class Search:
    """Pings and knocks at one gateway, and the first sign that came back. `owner`: whether ARP is `answered` now or
    `silent`, empty when that was not asked."""

    def __init__(self, route: DefaultRoute, pinger: Pinger) -> None:
        self._route = route
        self._address = route.gateway
        self._bare = route.gateway.partition("%")[0]
        self._pinger = pinger
        self._echoes: list[Echo] = []
        self._moved = asyncio.Event()
        self._knocked = False
        self._complaint = Reason.NONE
        self.alive_by = ""
        self.knock = ""
        self.owner = ""

    async def run(self, timeout_s: float) -> None:
        knocking: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(timeout_s):
                with contextlib.suppress(ProbeError):  # who may not ping can still knock
                    await self._ping()
                    await self._wait(KNOCK_AFTER_S)
                if self.alive_by == "ping":
                    return
                self._knocked = True
                knocking = [
                    *(asyncio.create_task(self._knock(port, socket.SOCK_STREAM)) for port in KNOCK_PORTS),
                    asyncio.create_task(self._knock(CLOSED_UDP_PORT, socket.SOCK_DGRAM)),
                    asyncio.create_task(self._ask_owner()),
                ]
                await self._wait(timeout_s)
                if self.alive_by != "ping":
                    await self._wait(MUTE_AFTER_S)
        except TimeoutError:
            return
        finally:
            self._pinger.forget(self._echoes)
            for task in knocking:
                task.cancel()
            await asyncio.gather(*knocking, return_exceptions=True)

    async def _ping(self) -> None:
        for number in range(PINGS):
            if number:
                await self._wait(PING_GAP_S)
            if self.alive_by == "ping":
                return
            echo = self._pinger.send(self._address, PAYLOAD_BYTES, self._answered)
            self._echoes.append(echo)
            if echo.send_errno:
                self._complaint = self._complaint or reason_of_errno(echo.send_errno)

    def _answered(self, echo: Echo) -> None:
        if echo.rtt_ms is not None:
            self._alive("ping")
        elif echo.error is not None and echo.error.offender == self._bare:
            self._alive("icmp")

    async def _wait(self, limit_s: float) -> None:
        """Until the next sign of life, at most `limit_s`."""
        self._moved.clear()
        if self.alive_by == "ping":
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._moved.wait()

    def _alive(self, by: str) -> None:
        if not self.alive_by or by == "ping":
            self.alive_by = by
        self._moved.set()

    async def _knock(self, port: int, kind: socket.SocketKind) -> None:
        by = f"{'tcp' if kind == socket.SOCK_STREAM else 'udp'}:{port}"
        try:
            connection = await sockets.connect(self._address, port, kind)
            try:
                if kind == socket.SOCK_DGRAM:
                    await connection.send(b"\0")
                    await connection.receive(1)
            finally:
                connection.close()
        except ProbeError as error:
            by_gateway = error.detail.get("offender") == self._bare
            if error.reason is Reason.REFUSED or by_gateway:
                self.knock = self.knock or "refused"
                self._alive(by)
            elif error.reason is Reason.PROHIBITED:
                self._complaint = self._complaint or error.reason
            return
        self.knock = "open"
        self._alive(by)

    async def _ask_owner(self) -> None:
        """No sign of life above ARP: there are machines that answer it and nothing else."""
        if self._route.family != socket.AF_INET:
            return
        from agent.probes import arp

        with contextlib.suppress(OSError, ValueError):  # not permitted, or no Ethernet: the table's word has to do
            mac, own = hardware_address(self._route.interface), sockets.address_towards(self._address)
            found = await arp.owner(self._route.interface, mac, own or "0.0.0.0", self._address)
            self.owner = "answered" if found else "silent"

    def refusal(self) -> Reason:
        """Why there is no sign although somebody owns the address."""
        return self._complaint or Reason.NO_REPLY

    def rtts_ms(self) -> tuple[float | None, ...]:
        """The pings. Once the gateway has shown that it lives, those that nobody waited for any more do not count."""
        found = tuple(echo.rtt_ms for echo in self._echoes)
        return tuple(rtt_ms for rtt_ms in found if rtt_ms is not None) if self.alive_by else found

    def detail(self) -> dict[str, Scalar]:
        found: dict[str, Scalar] = {"ping": any(echo.rtt_ms is not None for echo in self._echoes)}
        if self._knocked:
            found["knock"] = self.knock or "silent"
        if self.owner and not self.alive_by:
            found["arp_asked"] = self.owner
        if self.alive_by:
            found["alive_by"] = self.alive_by
        return found
