"""Small uses of rtnetlink: the list of addresses, and being told at once when a link, address or route changes.

Message layouts: linux/netlink.h, linux/rtnetlink.h, linux/if_addr.h (native byte order, attributes padded to 4 bytes).
`dump`, `messages` and `attributes` are for the other lists (`neighbours`).
"""

import socket
import struct
from collections.abc import Callable, Iterator
from typing import TypeVar

from wire.shape import Struct

_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_ADDRESS = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, interface index
_ATTRIBUTE = struct.Struct("=HH")  # length, type
NLMSG_ERROR, NLMSG_DONE = 2, 3
_RTM_NEWADDR, _RTM_GETADDR = 20, 22
_NLM_F_REQUEST, _NLM_F_DUMP = 0x01, 0x300
_IFA_ADDRESS, _IFA_LOCAL, _IFA_FLAGS = 1, 2, 8
_IFA_F_TENTATIVE, _IFA_F_DADFAILED, _IFA_F_PERMANENT = 0x40, 0x08, 0x80
# RTMGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV6_IFADDR, _IPV6_ROUTE
_CHANGES = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
_RECEIVE_BYTES = 65_536
_MAX_DUMP_BYTES = 1 << 20
"""A box with more addresses than fit here (some 10,000) is none of ours; it bounds memory and time."""
_Item = TypeVar("_Item")


class NetlinkError(Exception):
    """The kernel refused, or its answer could not be understood."""


class Address(Struct, frozen=True):
    """One address of this box. `usable`: not tentative and not a duplicate of somebody else's. `duplicate`: the
    kernel found it on another machine (duplicate address detection of IPv6, RFC 4862). `leased`: it runs out, as one
    that DHCP gave does; one that was set by hand does not."""

    interface_index: int
    family: int
    text: str
    prefix: int
    scope: int
    usable: bool
    duplicate: bool = False
    leased: bool = False


def addresses(timeout_s: float = 1.0) -> tuple[Address, ...]:
    """Every address of every interface, as the kernel holds them now. Raises NetlinkError or OSError."""
    return dump(_RTM_GETADDR, _ADDRESS.pack(socket.AF_UNSPEC, 0, 0, 0, 0), parse_addresses, timeout_s)


def dump(
    kind: int, body: bytes, parse: Callable[[bytes], tuple[list[_Item], bool]], timeout_s: float
) -> tuple[_Item, ...]:
    """Ask for a whole list and read it to its end; `parse` takes one datagram and says whether it was the last."""
    request = _HEADER.pack(_HEADER.size + len(body), kind, _NLM_F_REQUEST | _NLM_F_DUMP, 1, 0) + body
    found: list[_Item] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.settimeout(timeout_s)
        sock.send(request)
        received = 0
        while received < _MAX_DUMP_BYTES:
            data = sock.recv(_RECEIVE_BYTES)
            received += len(data)
            batch, done = parse(data)
            found += batch
            if done or not data:
                return tuple(found)
    raise NetlinkError("the list does not end")


def parse_addresses(data: bytes) -> tuple[list[Address], bool]:
    """The addresses in one datagram of a dump, and whether the dump ended. Raises NetlinkError."""
    found: list[Address] = []
    for kind, body in messages(data):
        if kind == NLMSG_DONE:
            return found, True
        if kind == NLMSG_ERROR:
            raise NetlinkError("the kernel refused to list addresses")
        if kind == _RTM_NEWADDR and (address := _address(body)) is not None:
            found.append(address)
    return found, False


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body of each message of a datagram. Raises NetlinkError."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, _, _, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size or at + length > len(data):
            raise NetlinkError("a message is longer than what came")
        yield kind, data[at + _HEADER.size : at + length]
        at += _aligned(length)


def _address(body: bytes) -> Address | None:
    if len(body) < _ADDRESS.size:
        raise NetlinkError("an address message is too short")
    family, prefix, flags, scope, index = _ADDRESS.unpack_from(body)
    told = dict(attributes(body[_ADDRESS.size :]))
    if (long_flags := told.get(_IFA_FLAGS)) is not None and len(long_flags) == 4:
        flags = int.from_bytes(long_flags, "little" if struct.pack("=H", 1)[0] else "big")
    raw = told.get(_IFA_LOCAL) or told.get(_IFA_ADDRESS)  # on point-to-point links ADDRESS is the peer's
    if raw is None or (family, len(raw)) not in ((socket.AF_INET, 4), (socket.AF_INET6, 16)):
        return None
    usable, duplicate = not flags & (_IFA_F_TENTATIVE | _IFA_F_DADFAILED), bool(flags & _IFA_F_DADFAILED)
    leased = not flags & _IFA_F_PERMANENT
    return Address(index, family, socket.inet_ntop(family, raw), prefix, scope, usable, duplicate, leased)


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of each attribute behind a message's own head. Raises NetlinkError."""
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size or at + length > len(data):
            raise NetlinkError("an attribute is longer than its message")
        yield kind, data[at + _ATTRIBUTE.size : at + length]
        at += _aligned(length)


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def open_changes() -> socket.socket:
    """A non-blocking socket that becomes readable when a link, an address or a route changes. Raises OSError."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
    try:
        sock.bind((0, _CHANGES))
    except OSError:
        sock.close()
        raise
    return sock


def drain_changes(sock: socket.socket, limit: int = 64) -> int:
    """Read away what waits; returns how many messages that were. A lost one (ENOBUFS) counts: something changed."""
    for count in range(limit):
        try:
            sock.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return count
        except OSError:
            return count + 1
    return limit
