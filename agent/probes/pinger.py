"""The sockets all pings share: one per address family, read by the event loop, no thread and no task per ping.

1. An unprivileged ICMP socket (SOCK_DGRAM) is tried first; it needs the process's group inside
   `net.ipv4.ping_group_range`. Where that is closed a raw socket is tried, which needs CAP_NET_RAW. Where both are
   denied the ProbeError (not_permitted) says what to do.
2. IP_RECVERR makes the kernel queue ICMP errors about our packets: type, code, and who sent them.
3. Receive times are the kernel's own (SO_TIMESTAMPNS): they stay true when this process is scheduled late.
4. Such an error is also left pending on the socket and fails the next call on it, whoever that is about. So a failed
   send drains the error queue and is tried once more; only a second failure is its own.
5. A hop limit of a single packet travels as ancillary data, so that the socket of all others is not changed. Packets
   that must not be fragmented need a socket of their own: `Pinger(whole=True)`.
"""

import asyncio
import contextlib
import os
import socket
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from agent.core.observation import Reason
from agent.probes import icmpwire, sockets
from agent.probes.errors import ProbeError

# linux/in.h, in6.h, icmp.h, icmpv6.h, asm-generic/socket.h: names this Python does not export everywhere
_IP_RECVERR, _IPV6_RECVERR = 11, 25
_IP_TTL, _IPV6_HOPLIMIT = 2, 52
_IP_MTU_DISCOVER, _IPV6_MTU_DISCOVER, _PMTUDISC_PROBE = 10, 23, 3
_IPV6_DONTFRAG = 62
_SO_TIMESTAMPNS = 35
_IP_TTL, _IP_RECVTTL = 2, 12
_IPV6_RECVHOPLIMIT, _IPV6_HOPLIMIT = 51, 52
_SOL_RAW, _ICMP_FILTER = 255, 1
_ICMPV6_FILTER = 1
_RECEIVE_BYTES = 2048  # an echo of ours is at most 1,500; more would be cut off, and then fails its token
_CONTROL_BYTES = 256
_PER_WAKEUP = 64  # a flood of stray ICMP must not hold the event loop

HINT = "allow it with: sysctl -w net.ipv4.ping_group_range='0 2147483647'"


@dataclass(slots=True, eq=False)
class Echo:
    """One echo request on its way. `changed` is called when an answer or an error came; `error_ms` is how long after
    the sending the error did."""

    address: str
    changed: Callable[["Echo"], None]
    token: bytes
    sequence: int = -1
    sent_ns: int = 0
    rtt_ms: float | None = None
    error: icmpwire.IcmpError | None = None
    error_ms: float | None = None
    error_hops: int | None = None
    duplicates: int = 0
    send_errno: int = field(default=0)


class Pinger:
    """Sends echo requests for everybody; open until `close()`. Used from one event loop.

    `whole`: nobody may take the packets apart, this box included, whatever it has learnt of the way (RFC 4821).
    """

    def __init__(self, *, whole: bool = False) -> None:
        self._whole = whole
        self._channels: dict[int, _Channel] = {}

    def send(self, address: str, payload_bytes: int, changed: Callable[[Echo], None], ttl: int = 0) -> Echo:
        """Send one echo request now, over at most `ttl` hops when that is not 0. A send the kernel refuses has its
        errno in `send_errno`.

        Raises ProbeError (not_permitted).
        """
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        channel = self._channels.get(family)
        if channel is None:
            channel = self._channels[family] = _Channel(family, whole=self._whole)
        return channel.send(address, payload_bytes, changed, ttl)

    def forget(self, echoes: Iterable[Echo]) -> None:
        """Nobody waits for these any more."""
        for echo in echoes:
            for channel in self._channels.values():
                channel.forget(echo)

    def close(self) -> None:
        for channel in self._channels.values():
            channel.close()
        self._channels.clear()


class _Channel:
    """One socket of one family and what is on its way through it."""

    def __init__(self, family: int, *, whole: bool) -> None:
        self._family = family
        self._socket, self._raw = _open(family)
        if whole:
            _forbid_fragments(self._socket, family)
        self._identifier = os.getpid() & 0xFFFF  # for raw sockets; the kernel sets its own on the others
        self._sequence = int.from_bytes(os.urandom(2), "big")
        self._pending: dict[int, Echo] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._readable)

    def send(self, address: str, payload_bytes: int, changed: Callable[[Echo], None], ttl: int) -> Echo:
        echo = Echo(address, changed, os.urandom(icmpwire.TOKEN_BYTES), self._free_sequence())
        payload = echo.token.ljust(payload_bytes, b"\0")
        packet = icmpwire.build_request(self._family, self._identifier, echo.sequence, payload)
        self._pending[echo.sequence] = echo
        target, beside = self._destination(address), _hop_limit(self._family, ttl)
        for _ in range(2):
            echo.sent_ns = time.monotonic_ns()
            try:
                self._socket.sendmsg((packet,), beside, 0, target)
            except OSError as error:
                echo.send_errno = error.errno or -1
                self._drain_errors()
            else:
                echo.send_errno = 0
                break
        return echo

    def forget(self, echo: Echo) -> None:
        if self._pending.get(echo.sequence) is echo:
            del self._pending[echo.sequence]

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _destination(self, address: str) -> sockets.SocketAddress:
        # IPv4 is spared the call: it is only needed for the interface behind the % of a link-local address
        return (address, 0) if self._family == socket.AF_INET else sockets.numeric(address, 0, self._family)

    def _free_sequence(self) -> int:
        for _ in range(0x10000):
            self._sequence = (self._sequence + 1) & 0xFFFF
            if self._sequence not in self._pending:
                return self._sequence
        raise RuntimeError("65,536 pings are on their way at once")

    def _readable(self) -> None:
        """Take what came. Errors are looked for when nothing else was there: they keep the socket readable."""
        replies = 0
        while replies < _PER_WAKEUP:
            try:
                data, control, _, source = self._socket.recvmsg(_RECEIVE_BYTES, _CONTROL_BYTES)
            except BlockingIOError:
                break
            except OSError:  # the pending error of some packet: its report is in the queue read below
                replies = 0
                break
            replies += 1
            self._reply(data, control, str(source[0]))
        if not replies:
            self._drain_errors()

    def _reply(self, data: bytes, control: list[tuple[int, int, bytes]], source: str) -> None:
        received_ns = _receive_time_ns(control)
        with_header = self._raw and self._family == socket.AF_INET
        reply = icmpwire.parse_reply(self._family, data, with_ip_header=with_header)
        if reply is None:
            return
        echo = self._pending.get(reply.sequence)
        if echo is None or not reply.payload.startswith(echo.token) or not _same(source, echo.address):
            return
        if echo.rtt_ms is not None:
            echo.duplicates += 1
            return
        echo.rtt_ms = max(0, received_ns - echo.sent_ns) / 1e6
        echo.changed(echo)

    def _drain_errors(self) -> None:
        for _ in range(_PER_WAKEUP):
            try:
                data, control, _, _ = self._socket.recvmsg(_RECEIVE_BYTES, _CONTROL_BYTES, socket.MSG_ERRQUEUE)
            except OSError:
                return
            self._error(data, control)

    def _error(self, data: bytes, control: list[tuple[int, int, bytes]]) -> None:
        quoted = icmpwire.parse_quoted(self._family, data)
        echo = self._pending.get(quoted.sequence) if quoted is not None else None
        if quoted is None or echo is None or echo.error is not None or echo.rtt_ms is not None:
            return
        known = quoted.payload[: icmpwire.TOKEN_BYTES]
        if not echo.token.startswith(known):  # as much of the token as the error quotes, which may be nothing
            return
        for level, kind, content in control:
            if (level, kind) in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)):
                echo.error = icmpwire.parse_error(content)
        if echo.error is not None:
            echo.error_hops = _distance(control)
            echo.error_ms = max(0, _receive_time_ns(control) - echo.sent_ns) / 1e6
            echo.changed(echo)


def _open(family: int) -> tuple[socket.socket, bool]:
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
        sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        sock.setsockopt(socket.IPPROTO_IP, _IP_RECVTTL, 1)
        if raw:  # only echo replies (type 0): a mask of the types to keep out
            sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", 0xFFFFFFFE))
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVHOPLIMIT, 1)
        if raw:  # only echo replies (type 129 = word 4, bit 1)
            sock.setsockopt(
                socket.IPPROTO_ICMPV6,
                _ICMPV6_FILTER,
                struct.pack("=8I", *([0xFFFFFFFF] * 4), 0xFFFFFFFD, *([0xFFFFFFFF] * 3)),
            )
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


def _forbid_fragments(sock: socket.socket, family: int) -> None:
    if family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PMTUDISC_PROBE)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, _PMTUDISC_PROBE)
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_DONTFRAG, 1)


def _hop_limit(family: int, ttl: int) -> tuple[tuple[int, int, bytes], ...]:
    """The ancillary data that limits one packet's way; none for 0."""
    if not ttl:
        return ()
    level, kind = (socket.IPPROTO_IP, _IP_TTL) if family == socket.AF_INET else (socket.IPPROTO_IPV6, _IPV6_HOPLIMIT)
    return ((level, kind, struct.pack("=i", ttl)),)


def _receive_time_ns(control: list[tuple[int, int, bytes]]) -> int:
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


def _distance(control: list[tuple[int, int, bytes]]) -> int | None:
    """How many hops away the sender of an error stands, by what is left of its packet's hop limit; None: not told.

    Systems begin at 64, 128 or 255 (RFC 1700 and use); the next of these above what arrived is where it began.
    """
    for level, kind, content in control:
        if (level, kind) in ((socket.IPPROTO_IP, _IP_TTL), (socket.IPPROTO_IPV6, _IPV6_HOPLIMIT)) and len(content) == 4:
            (left,) = struct.unpack("=i", content)
            return next((begun - left + 1 for begun in (64, 128, 255) if left <= begun), None)
    return None


def _same(source: str, address: str) -> bool:
    """Is this reply from whom we asked? The scope of link-local addresses is left aside."""
    return source.partition("%")[0] == address.partition("%")[0]


def reason_of_errno(errno_value: int) -> Reason:
    """What a refused send says."""
    import errno

    return {
        errno.ENETUNREACH: Reason.NO_ROUTE,
        errno.EHOSTUNREACH: Reason.NO_ROUTE,
        errno.ENETDOWN: Reason.NO_ROUTE,
        errno.EINVAL: Reason.NO_ROUTE,
        errno.EADDRNOTAVAIL: Reason.NO_ROUTE,
        errno.EPERM: Reason.PROHIBITED,
        errno.EACCES: Reason.PROHIBITED,
        errno.EMSGSIZE: Reason.PACKET_TOO_BIG,
    }.get(errno_value, Reason.LOCAL_ERROR)
