"""Does IPv6 work where there is one? A few well-known hosts by IPv6, and the same by IPv4 beside it.

Only a box with a global IPv6 address and an IPv6 default route has an IPv6 to judge. When nothing answers over IPv6
and something does over IPv4, IPv6 alone is broken; when nothing answers at all, that is another rung's fault.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterable
from ipaddress import IPv6Network, ip_address

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.probes import netlink, sockets
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError
from agent.probes.pinger import Echo, Pinger
from agent.probes.procfs import default_routes

PINGS = 2
PING_GAP_S = 0.1
PAYLOAD_BYTES = 32
TCP_PORT = 443
MAX_HOSTS = 8
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291 section 2.4, as IANA hands it out


class Ipv6Config(Settings, frozen=True):
    """`hosts` and `hosts_v4`: addresses that always answer, by default two public resolvers at many places at once."""

    interval_s: float = field(default=600.0, metadata={"help": "seconds between tries"})
    timeout_s: float = field(default=1.5, metadata={"help": "how long any answer is waited for", "max": 30})
    hosts: tuple[str, ...] = field(
        default=("2606:4700:4700::1111", "2001:4860:4860::8888"), metadata={"help": "IPv6 addresses that always answer"}
    )
    hosts_v4: tuple[str, ...] = field(
        default=("1.1.1.1", "8.8.8.8"), metadata={"help": "IPv4 addresses tried beside them"}
    )

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 30:
            raise ValueError("timeout_s must be above 0 and at most 30 seconds")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one try can take that long")
        for name, hosts, version in (("hosts", self.hosts, 6), ("hosts_v4", self.hosts_v4, 4)):
            if len(hosts) > MAX_HOSTS:
                raise ValueError(f"{name} holds {len(hosts)} addresses; at most {MAX_HOSTS} are tried")
            for host in hosts:
                if ip_address(host).version != version:
                    raise ValueError(f"{host} in {name} is no IPv{version} address")

    @property
    def deadline_s(self) -> float:
        return self.timeout_s + 1.0


async def probe(target: Target, context: Context) -> Observation:
    """Try IPv6, when there is one."""
    config = target.settings(Ipv6Config)
    began_ms = context.clock.mono_ms()
    routed = any(route.family == socket.AF_INET6 for route in default_routes(context.root))
    if not config.hosts or not routed or not _has_global_address():
        return Observation(
            "ipv6", target.name, began_ms, True, detail={"absent": True, "v6_tried": 0, "v6_answered": 0}
        )
    six, four = await asyncio.gather(
        answered(config.hosts, context.pinger, config.timeout_s),
        answered(config.hosts_v4, context.pinger, config.timeout_s),
    )
    detail: dict[str, Scalar] = {"absent": False, "v6_tried": len(config.hosts), "v6_answered": len(six)}
    detail |= {"v4_tried": len(config.hosts_v4), "v4_answered": len(four)}
    if six:
        detail["first"] = six[0]
        return Observation("ipv6", target.name, began_ms, True, detail=detail)
    reason = Reason.IPV6_BROKEN if four else Reason.NO_REPLY
    return Observation("ipv6", target.name, began_ms, False, reason, detail=detail)


def _has_global_address() -> bool:
    try:
        found = netlink.addresses()
    except (OSError, netlink.NetlinkError):
        return False
    return any(item.usable and item.family == socket.AF_INET6 and is_global(item.text) for item in found)


def is_global(text: str) -> bool:
    """An IPv6 address of the whole world: not one of a link, and not one of a site alone (fc00::/7)."""
    return ip_address(text) in _GLOBAL_UNICAST


async def answered(hosts: Iterable[str], pinger: Pinger, timeout_s: float) -> list[str]:
    """The hosts that answered, by ping or TCP (refused is an answer), when the first has; empty after `timeout_s`."""
    found: list[str] = []
    tries = [asyncio.create_task(_try(host, pinger, found)) for host in hosts]
    try:
        async with asyncio.timeout(timeout_s):
            for done in asyncio.as_completed(tries):
                await done
                if found:
                    break
    except TimeoutError:
        pass
    finally:
        for task in tries:
            task.cancel()
        await asyncio.gather(*tries, return_exceptions=True)
    return found


async def _try(host: str, pinger: Pinger, found: list[str]) -> None:
    """Until the host answers in any way; forever when it does not."""
    heard = asyncio.Event()

    def changed(echo: Echo) -> None:
        if echo.rtt_ms is not None:
            heard.set()

    echoes = []
    knocking = asyncio.create_task(_knock(host, heard))
    try:
        with contextlib.suppress(ProbeError):  # where pings are not permitted, the connection has to do
            for _ in range(PINGS):
                echoes.append(pinger.send(host, PAYLOAD_BYTES, changed))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(heard.wait(), PING_GAP_S)
        await heard.wait()
        found.append(host)
    finally:
        knocking.cancel()
        pinger.forget(echoes)


async def _knock(host: str, heard: asyncio.Event) -> None:
    try:
        (await sockets.connect(host, TCP_PORT)).close()
    except ProbeError as error:
        if error.reason is not Reason.REFUSED:
            return
    heard.set()
