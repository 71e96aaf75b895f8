"""Is the gateway alive? Any sign will do: a ping, a refused or accepted connection; beside it, what ARP says.

1. A ping is sent, and a second one when the first is not answered at once; they also make the kernel ask for the
   gateway's hardware address.
2. Routers that answer no pings are common. So when none has come back within `KNOCK_AFTER_S`, doors are tried at once:
   TCP 53, 80 and 443, and a UDP datagram to a port nobody listens on. An open door, a refused one and any ICMP error
   that the gateway sends are all signs of life.
3. The run ends with the pings' answer; or, once a door has answered, after `MUTE_AFTER_S` more; or at `timeout_s`.
4. Without any sign the neighbour table tells the cable from the machine: nobody owns that address (`no_arp`), or
   somebody does and is silent (`no_reply`). The table remembers an owner for half a minute and more; so, where that is
   allowed, ARP is asked anew while the knocks run.
"""

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field

from agent.core.observation import Observation, Reason, Scalar
from agent.probes import neighbours, netlink, sockets
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError
from agent.probes.neighbours import NOBODY, UNANSWERED, Neighbour
from agent.probes.pinger import Echo, Pinger, reason_of_errno
from agent.probes.procfs import DefaultRoute, default_routes, hardware_address

PINGS = 2
PING_GAP_S = 0.05
PAYLOAD_BYTES = 32
KNOCK_AFTER_S = 0.15
"""A router on the same cable answers within a few milliseconds, a Wi-Fi one within some tens."""
MUTE_AFTER_S = 0.3
KNOCK_PORTS = (53, 80, 443)
CLOSED_UDP_PORT = 33_999
"""Next to traceroute's ports, which no service uses."""


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """`timeout_s` 1.2: longer than the second after which the kernel asks for a lost ARP answer again."""

    interval_s: float = field(default=60.0, metadata={"help": "seconds between runs"})
    timeout_s: float = field(default=1.2, metadata={"help": "how long any sign of life is waited for", "max": 10})

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 10:
            raise ValueError("timeout_s must be above 0 and at most 10 seconds")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one run can take that long")

    @property
    def deadline_s(self) -> float:
        return self.timeout_s + 2.0


async def probe(target: Target, context: Context) -> Observation:
    """Look for signs of life of the default gateway."""
    config = target.settings(GatewayConfig)
    began_ms = context.clock.mono_ms()
    route = next((route for route in default_routes(context.root) if route.gateway), None)
    if route is None:
        hint: dict[str, Scalar] = {"hint": "there is no default route with a gateway"}
        return Observation("gateway", target.name, began_ms, False, Reason.NO_TARGET, detail=hint)
    search = _Search(route, context.pinger)
    await search.run(config.timeout_s)
    known = _neighbour(route)
    detail = {"address": route.gateway, "interface": route.interface, "arp": known.state, **search.detail()}
    if known.mac:
        detail["mac"] = known.mac
    reason = Reason.NONE
    if not search.alive_by:
        unowned = (known.state in UNANSWERED and search.owner != "answered") or search.owner == "silent"
        reason = Reason.NO_ARP if unowned else search.refusal()
    return Observation("gateway", target.name, began_ms, not reason, reason, search.rtts_ms(), detail=detail)


def _neighbour(route: DefaultRoute) -> Neighbour:
    try:
        return neighbours.look_up(route.gateway, route.interface)
    except (OSError, ValueError, netlink.NetlinkError):
        return NOBODY


class _Search:
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
