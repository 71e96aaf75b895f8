"""When the cable is asked whether another machine uses our IPv4 address, and what it answered last."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from agent.probes import netlink
from agent.probes.context import Context
from agent.probes.procfs import hardware_address, has_carrier
from wire.shape import Struct

CHECK_EVERY_MS = 600_000
"""A second machine with our address appears when somebody sets it by hand, not each minute; a check is three frames."""
CONFLICT_CHECK_EVERY_MS = 60_000
_DENIED = frozenset({errno.EPERM, errno.EACCES, errno.EAFNOSUPPORT})
"""Without CAP_NET_RAW; and where the service's sandbox leaves packet sockets out."""
MAX_CHECKED = 4
"""Addresses asked about in one check: a site's box has one or two."""


class Check(Struct, frozen=True):
    """What the last question to the cable brought: `acd` is clear, conflict, not_permitted or skipped."""

    acd: str
    address: str = ""
    mac: str = ""


class Checks(Struct):
    """The memory of this probe: the addresses that were asked about, when, and the outcome."""

    asked: frozenset[str] = frozenset()
    at_ms: int = 0
    last: Check | None = None

    def due(self, now_ms: int, addresses: frozenset[str]) -> bool:
        if self.last is None or addresses != self.asked:
            return True
        every_ms = CONFLICT_CHECK_EVERY_MS if self.last.acd == "conflict" else CHECK_EVERY_MS
        return now_ms - self.at_ms >= every_ms


async def checked(found: Sequence[netlink.Address], context: Context, now_ms: int) -> Check:
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
