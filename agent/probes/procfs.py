"""Readers of /proc/net, /sys/class/net and /etc/resolv.conf. Each takes the root, so golden files can stand in.

What cannot be read or understood is left out rather than raised: these files are the kernel's, and an interface can
go away between two reads.
"""

import socket
import struct
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

from wire.shape import Struct

# include/uapi/linux/if.h, route.h
_IFF_UP = 0x1
_IFF_LOOPBACK = 0x8
_RTF_UP = 0x0001
_RTF_REJECT = 0x0200
_MAX_HOSTS_CHARACTERS = 65_536
_ATF_COM = 0x02  # the neighbour's address is known (include/uapi/linux/if_arp.h)
MAX_RESOLVERS = 3
"""glibc uses no more (MAXNS in resolv.h)."""


class Interface(Struct, frozen=True):
    """One network interface. `carrier` and `speed_mbps` are None where the driver does not say."""

    name: str
    up: bool
    physical: bool
    carrier: bool | None
    operstate: str
    speed_mbps: int | None
    carrier_changes: int | None


class DefaultRoute(Struct, frozen=True):
    """A default route. `gateway` is empty on point-to-point links, which need none."""

    interface: str
    gateway: str
    metric: int
    family: int


def interfaces(root: Path) -> tuple[Interface, ...]:
    """All interfaces except loopback, by name."""
    folder = root / "sys/class/net"
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return ()
    return tuple(found for name in names if (found := _interface(folder / name)) is not None)


def _interface(folder: Path) -> Interface | None:
    flags = _number(_text(folder / "flags"), base=16)
    if flags is None or flags & _IFF_LOOPBACK:
        return None
    carrier = _number(_text(folder / "carrier"))  # EINVAL while the interface is off
    speed = _number(_text(folder / "speed"))
    return Interface(
        name=folder.name,
        up=bool(flags & _IFF_UP),
        physical=(folder / "device").exists(),
        carrier=None if carrier is None else bool(carrier),
        operstate=_text(folder / "operstate") or "unknown",
        speed_mbps=speed if speed is not None and speed > 0 else None,  # -1: not known
        carrier_changes=_number(_text(folder / "carrier_changes")),
    )


def hardware_address(interface: str, root: Path = Path("/")) -> str:
    """The MAC of an Ethernet-like interface (which Wi-Fi is too); empty for those that have none."""
    folder = root / "sys/class/net" / interface
    text = _text(folder / "address") or ""
    ethernet = _text(folder / "type") == "1"  # ARPHRD_ETHER of linux/if_arp.h
    known = ethernet and len(text) == 17 and not set(text) - set("0123456789abcdef:") and text.strip("0:")
    return text if known else ""


def is_ppp(interface: str, root: Path = Path("/")) -> bool:
    """A point-to-point protocol: a dialled modem, PPPoE, or a tunnel that speaks it."""
    return _text(root / "sys/class/net" / interface / "type") == "512"  # ARPHRD_PPP of linux/if_arp.h


def has_carrier(interface: str, root: Path = Path("/")) -> bool:
    """The interface is on, and something is at the other end."""
    return _text(root / "sys/class/net" / interface / "carrier") == "1"


def mtu(interface: str, root: Path = Path("/")) -> int | None:
    """The largest packet of an interface in bytes."""
    return _number(_text(root / "sys/class/net" / interface / "mtu"))


def default_routes(root: Path) -> tuple[DefaultRoute, ...]:
    """Default routes that are in use, IPv4 before IPv6, then by metric."""
    four = _parsed(root / "proc/net/route", _route_v4, skip=1)
    six = _parsed(root / "proc/net/ipv6_route", _route_v6, skip=0)
    found = [route for route in (*four, *six) if route is not None]
    return tuple(sorted(found, key=lambda route: (route.family != socket.AF_INET, route.metric)))


def _parsed(path: Path, parse: Callable[[list[str]], DefaultRoute | None], skip: int) -> list[DefaultRoute | None]:
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()[skip:]
    except OSError:
        return []
    routes: list[DefaultRoute | None] = []
    for line in lines:
        try:
            routes.append(parse(line.split()))
        except (ValueError, IndexError, struct.error):
            continue
    return routes


def _route_v4(fields: list[str]) -> DefaultRoute | None:
    """Iface Destination Gateway Flags RefCnt Use Metric Mask ...: addresses are hex in the host's byte order."""
    flags = int(fields[3], 16)
    if int(fields[1], 16) or int(fields[7], 16) or not flags & _RTF_UP or flags & _RTF_REJECT:
        return None
    gateway = socket.inet_ntop(socket.AF_INET, struct.pack("=I", int(fields[2], 16)))
    return DefaultRoute(fields[0], "" if gateway == "0.0.0.0" else gateway, int(fields[6]), socket.AF_INET)


def _route_v6(fields: list[str]) -> DefaultRoute | None:
    """Destination, its length, source, its length, next hop, metric, refcnt, use, flags, interface; all hex."""
    flags, interface = int(fields[8], 16), fields[9]
    if int(fields[0], 16) or int(fields[1], 16) or interface == "lo" or not flags & _RTF_UP or flags & _RTF_REJECT:
        return None
    gateway = str(ip_address(bytes.fromhex(fields[4])))
    if ip_address(gateway).is_link_local:
        gateway = f"{gateway}%{interface}"
    return DefaultRoute(interface, "" if gateway == "::" else gateway, int(fields[5], 16), socket.AF_INET6)


def neighbour(root: Path, address: str) -> str:
    """What ARP knows of an IPv4 neighbour: `known`, `unanswered` (asked, no answer), or `absent` (never asked)."""
    try:
        lines = (root / "proc/net/arp").read_text(encoding="ascii", errors="replace").splitlines()[1:]
    except OSError:
        return "absent"
    for line in lines:
        fields = line.split()
        if len(fields) >= 3 and fields[0] == address:
            flags = _number(fields[2], base=16)
            return "known" if flags is not None and flags & _ATF_COM else "unanswered"
    return "absent"


def resolvers(root: Path) -> tuple[str, ...]:
    """The addresses the system asks for names, in order."""
    try:
        lines = (root / "etc/resolv.conf").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    found = []
    for line in lines:
        fields = line.split()
        if len(fields) >= 2 and fields[0] == "nameserver" and is_address(fields[1]):
            found.append(fields[1])
    return tuple(dict.fromkeys(found))[:MAX_RESOLVERS]


def host_names(root: Path) -> frozenset[str]:
    """The names that /etc/hosts gives addresses to, in small letters."""
    try:
        with (root / "etc/hosts").open(encoding="utf-8", errors="replace") as file:
            lines = file.read(_MAX_HOSTS_CHARACTERS).splitlines()
    except OSError:
        return frozenset()
    return frozenset(name.lower() for line in lines for name in line.partition("#")[0].split()[1:])


def is_address(text: str) -> bool:
    """Is this an IPv4 or IPv6 address rather than a name?"""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None


def _number(text: str | None, base: int = 10) -> int | None:
    try:
        return int(text, base) if text is not None else None
    except ValueError:
        return None
