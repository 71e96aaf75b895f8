"""Does this box have an address, and is it its own? By netlink, as the kernel holds them; and by asking the cable.

A self-given one (169.254/16, fe80::/10) is what is left when DHCP did not answer: it is no address to the world, and
is named apart because it says that the cable is fine and the DHCP server is not.

Whether another machine uses our IPv4 address is asked by ARP (`arp`), after each change of address and then every ten
minutes, where this process is allowed to (CAP_NET_RAW); a conflict is looked at again each minute. Of IPv6 the kernel
says so itself; with a good IPv4 address beside it, that is told and not judged: the box is reachable.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from agent.core.observation import Observation, Reason, Scalar
from agent.probes import netlink
from agent.probes.context import Context, Target
from agent.probes.procfs import hardware_address, has_carrier

CHECK_EVERY_MS = 600_000
"""A second machine with our address appears when somebody sets it by hand, not each minute; a check is three frames."""
CONFLICT_CHECK_EVERY_MS = 60_000
_DENIED = frozenset({errno.EPERM, errno.EACCES, errno.EAFNOSUPPORT})
"""Without CAP_NET_RAW; and where the service's sandbox leaves packet sockets out."""
MAX_CHECKED = 4
"""Addresses asked about in one check: a site's box has one or two."""


@dataclass(frozen=True, slots=True)
class AddressConfig:
    """Changes are noticed at once; the interval is for what is not."""

    interval_s: float = field(default=10.0, metadata={"help": "seconds between readings (changes: at once)", "min": 1})
    timeout_s: float = field(default=2.0, metadata={"help": "longest time of one reading"})
    check_duplicates: bool = field(
        default=True, metadata={"help": "ask the cable whether another machine uses our address (needs CAP_NET_RAW)"}
    )

    def __post_init__(self) -> None:
        if self.interval_s < 1:
            raise ValueError("interval_s must be at least 1 second")

    @property
    def deadline_s(self) -> float:
        return self.timeout_s


@dataclass(frozen=True, slots=True)
class Check:
    """What the last question to the cable brought: `acd` is clear, conflict, not_permitted or skipped."""

    acd: str
    address: str = ""
    mac: str = ""


@dataclass(slots=True)
class Checks:
    """The memory of this probe: the addresses that were asked about, when, and the outcome."""

    asked: frozenset[str] = frozenset()
    at_ms: int = 0
    last: Check | None = None

    def due(self, now_ms: int, addresses: frozenset[str]) -> bool:
        if self.last is None or addresses != self.asked:
            return True
        every_ms = CONFLICT_CHECK_EVERY_MS if self.last.acd == "conflict" else CHECK_EVERY_MS
        return now_ms - self.at_ms >= every_ms


async def probe(target: Target, context: Context) -> Observation:
    """The addresses now."""
    config = target.settings(AddressConfig)
    began_ms = context.clock.mono_ms()
    try:
        found = netlink.addresses()
    except (OSError, netlink.NetlinkError) as error:
        detail: dict[str, Scalar] = {"error": str(error)}
        return Observation("address", target.name, began_ms, False, Reason.LOCAL_ERROR, detail=detail)
    reason, detail = judge(found)
    if not reason:
        check = await _checked(found, context, began_ms) if config.check_duplicates else Check("skipped")
        detail["acd"] = check.acd
        if check.acd == "conflict":
            reason = Reason.DUPLICATE_ADDRESS
            detail |= {"conflict_mac": check.mac, "conflict_address": check.address}
    return Observation("address", target.name, began_ms, reason is Reason.NONE, reason, detail=detail)


async def _checked(found: Sequence[netlink.Address], context: Context, now_ms: int) -> Check:
    """The outcome of a check now, or of the last one while that holds."""
    wanted = _askable(found, context.root)
    checks = context.memory.of(Checks)
    if checks.last is None or checks.due(now_ms, frozenset(wanted)):
        checks.last = await _ask(wanted, context.root)
        checks.asked, checks.at_ms = frozenset(wanted), now_ms
    return checks.last


def _askable(found: Sequence[netlink.Address], root: Path) -> dict[str, str]:
    """Our IPv4 addresses on cables that are in, each with its interface: ARP is Ethernet's and Wi-Fi's.

    A pulled cable is not asked; when it is in again, the set of addresses has changed, and they are asked about.
    """
    mine: dict[str, str] = {}
    for item in found:
        address = ip_address(item.text)
        if item.family != socket.AF_INET or address.is_loopback or address.is_link_local:
            continue
        with contextlib.suppress(OSError):  # the interface went away meanwhile
            interface = socket.if_indextoname(item.interface_index)
            if hardware_address(interface, root) and has_carrier(interface, root):
                mine[item.text] = interface
    return dict(list(mine.items())[:MAX_CHECKED])


async def _ask(wanted: dict[str, str], root: Path) -> Check:
    from agent.probes import arp  # once in ten minutes; most boxes may not even ask

    own = frozenset(text for _, name in socket.if_nameindex() if (text := hardware_address(name, root)))
    asking = (
        arp.foreign_owner(interface, hardware_address(interface, root), one, own) for one, interface in wanted.items()
    )
    outcome = Check("skipped")
    for address, answer in zip(wanted, await asyncio.gather(*asking, return_exceptions=True), strict=True):
        if isinstance(answer, OSError) and answer.errno in _DENIED:
            return Check("not_permitted")
        if isinstance(answer, str):
            outcome = Check("clear") if not answer else Check("conflict", address, answer)
            if answer:
                break
        elif not isinstance(answer, OSError | ValueError):  # else the interface went away meanwhile
            raise answer
    return outcome


def judge(found: Sequence[netlink.Address]) -> tuple[Reason, dict[str, Scalar]]:
    """One usable address of the world (or of a private network) is enough."""
    outside = [item for item in found if not ip_address(item.text).is_loopback]
    good = [item for item in outside if item.usable and not ip_address(item.text).is_link_local]
    detail: dict[str, Scalar] = {}
    for name, family in (("ipv4", socket.AF_INET), ("ipv6", socket.AF_INET6)):
        chosen = next((item for item in good if item.family == family), None)
        if chosen is not None:
            detail[name] = f"{chosen.text}/{chosen.prefix}"
    doubled = next((item for item in outside if item.duplicate), None)
    if doubled is not None:
        detail["ipv6_duplicate"] = doubled.text
    self_given = next((item for item in outside if item.family == socket.AF_INET and item not in good), None)
    if good and ("ipv4" in detail or self_given is None):
        return Reason.NONE, detail
    if self_given is not None:  # also beside a good IPv6 address: DHCP did not answer
        return Reason.LINK_LOCAL_ONLY, {**detail, "ipv4": f"{self_given.text}/{self_given.prefix}"}
    return (Reason.DUPLICATE_ADDRESS if doubled is not None else Reason.NO_ADDRESS), detail
