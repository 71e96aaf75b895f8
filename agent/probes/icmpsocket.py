"""The sockets of pings: opened as this process may, prepared to hear who sent an error and when a packet came.

1. An unprivileged ICMP socket (SOCK_DGRAM) is tried first; it needs the process's group inside
   `net.ipv4.ping_group_range`. Where that is closed a raw socket is tried, which needs CAP_NET_RAW. Where both are
   denied the ProbeError (not_permitted) says what to do.
2. IP_RECVERR makes the kernel queue ICMP errors about our packets: type, code, and who sent them.
3. Receive times are the kernel's own (SO_TIMESTAMPNS): they stay true when this process is scheduled late.
"""

import contextlib
import socket
import struct
import time

from agent.core.observation import Reason
from agent.probes.errors import ProbeError

# linux/in.h, in6.h, icmp.h, icmpv6.h, asm-generic/socket.h: names this Python does not export everywhere
IP_RECVERR, IPV6_RECVERR = 11, 25
_IP_MTU_DISCOVER, _IPV6_MTU_DISCOVER, _PMTUDISC_PROBE = 10, 23, 3
_IPV6_DONTFRAG = 62
_SO_TIMESTAMPNS = 35
_IP_TTL, _IP_RECVTTL = 2, 12
_IPV6_RECVHOPLIMIT, _IPV6_HOPLIMIT = 51, 52
_SOL_RAW, _ICMP_FILTER = 255, 1
_ICMPV6_FILTER = 1

HINT = "allow it with: sysctl -w net.ipv4.ping_group_range='0 2147483647'"


def open_icmp(family: int) -> tuple[socket.socket, bool]:
    """A socket, and whether it is a raw one."""
    protocol = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            sock = socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
        except PermissionError:
            continue
        raw = kind == socket.SOCK_RAW
        _prepare(sock, family, raw)
        return sock, raw
    raise ProbeError(Reason.NOT_PERMITTED, {"hint": HINT})


def _prepare(sock: socket.socket, family: int, raw: bool) -> None:
    if family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        sock.setsockopt(socket.IPPROTO_IP, _IP_RECVTTL, 1)
        if raw:  # only echo replies (type 0): a mask of the types to keep out
            sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", 0xFFFFFFFE))
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVHOPLIMIT, 1)
        if raw:  # only echo replies (type 129 = word 4, bit 1)
            sock.setsockopt(
                socket.IPPROTO_ICMPV6,
                _ICMPV6_FILTER,
                struct.pack("=8I", *([0xFFFFFFFF] * 4), 0xFFFFFFFD, *([0xFFFFFFFF] * 3)),
            )
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


def forbid_fragments(sock: socket.socket, family: int) -> None:
    """Packets leave whole or not at all, whatever this box has learnt of the way (RFC 4821)."""
    if family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PMTUDISC_PROBE)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, _PMTUDISC_PROBE)
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_DONTFRAG, 1)


def hop_limit(family: int, ttl: int) -> tuple[tuple[int, int, bytes], ...]:
    """The ancillary data that limits one packet's way; none for 0."""
    if not ttl:
        return ()
    level, kind = (socket.IPPROTO_IP, _IP_TTL) if family == socket.AF_INET else (socket.IPPROTO_IPV6, _IPV6_HOPLIMIT)
    return ((level, kind, struct.pack("=i", ttl)),)


def receive_time_ns(control: list[tuple[int, int, bytes]]) -> int:
    """When the packet arrived, on the monotonic clock: now, less what it waited in the socket.

    The kernel stamps with the wall clock; both readings are of that clock and microseconds apart, so a step between
    them is as good as impossible, and one that shows (a wait below 0 or above 1 s) is not believed.
    """
    now_ns = time.monotonic_ns()
    for level, kind, content in control:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(content) == 16:
            seconds, nanos = struct.unpack("=qq", content)
            waited_ns = time.time_ns() - int(seconds * 1_000_000_000 + nanos)
            if 0 <= waited_ns < 1_000_000_000:
                return now_ns - waited_ns
    return now_ns


def distance(control: list[tuple[int, int, bytes]]) -> int | None:
    """How many hops away the sender of an error stands, by what is left of its packet's hop limit; None: not told.

    Systems begin at 64, 128 or 255 (RFC 1700 and use); the next of these above what arrived is where it began.
    """
    for level, kind, content in control:
        if (level, kind) in ((socket.IPPROTO_IP, _IP_TTL), (socket.IPPROTO_IPV6, _IPV6_HOPLIMIT)) and len(content) == 4:
            (left,) = struct.unpack("=i", content)
            return next((begun - left + 1 for begun in (64, 128, 255) if left <= begun), None)
    return None
