"""What the kernel knows of a neighbour: the state of its ARP (IPv4) or neighbour discovery (IPv6) entry, by rtnetlink.

Layout: struct ndmsg and NDA_* of linux/neighbour.h.
"""

import socket
import struct
from ipaddress import ip_address

from agent.probes import netlink
from wire.shape import Struct

_NEIGHBOUR = struct.Struct("=BxxxiHBB")  # family, interface index, state, flags, type
_RTM_NEWNEIGH, _RTM_GETNEIGH = 28, 30
_NDA_DST, _NDA_LLADDR = 1, 2
_STATES = {
    0x01: "incomplete",
    0x02: "reachable",
    0x04: "stale",
    0x08: "delay",
    0x10: "probe",
    0x20: "failed",
    0x40: "noarp",
    0x80: "permanent",
}
_MAX_HARDWARE_BYTES = 32  # MAX_ADDR_LEN of linux/netdevice.h
UNANSWERED = frozenset({"incomplete", "failed"})
"""Asked, and nobody has answered (yet)."""


class Neighbour(Struct, frozen=True):
    """One entry. `mac` is empty while it is not known; `state` is one of the kernel's, or `unknown`."""

    interface_index: int
    address: str
    state: str
    mac: str


NOBODY = Neighbour(0, "", "none", "")
"""There is no entry: nothing was sent there lately."""


def look_up(address: str, interface: str) -> Neighbour:
    """The entry of `address` (a scope behind % is left aside) on that interface. Raises NetlinkError or OSError."""
    wanted, index = ip_address(address.partition("%")[0]), socket.if_nametoindex(interface)
    family = socket.AF_INET if wanted.version == 4 else socket.AF_INET6
    found = netlink.dump(_RTM_GETNEIGH, _NEIGHBOUR.pack(family, 0, 0, 0, 0), parse, 1.0)
    return next((one for one in found if one.address == str(wanted) and one.interface_index == index), NOBODY)


def parse(data: bytes) -> tuple[list[Neighbour], bool]:
    """The neighbours in one datagram of a dump, and whether the dump ended. Raises NetlinkError."""
    found: list[Neighbour] = []
    for kind, body in netlink.messages(data):
        if kind == netlink.NLMSG_DONE:
            return found, True
        if kind == netlink.NLMSG_ERROR:
            raise netlink.NetlinkError("the kernel refused to list neighbours")
        if kind == _RTM_NEWNEIGH and (one := _neighbour(body)) is not None:
            found.append(one)
    return found, False


def _neighbour(body: bytes) -> Neighbour | None:
    if len(body) < _NEIGHBOUR.size:
        raise netlink.NetlinkError("a neighbour message is too short")
    family, index, state, _, _ = _NEIGHBOUR.unpack_from(body)
    attributes = dict(netlink.attributes(body[_NEIGHBOUR.size :]))
    raw, hardware = attributes.get(_NDA_DST, b""), attributes.get(_NDA_LLADDR, b"")[:_MAX_HARDWARE_BYTES]
    if (family, len(raw)) not in ((socket.AF_INET, 4), (socket.AF_INET6, 16)):
        return None
    return Neighbour(index, socket.inet_ntop(family, raw), _STATES.get(state, "unknown"), hardware.hex(":"))
