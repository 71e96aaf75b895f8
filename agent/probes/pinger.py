"""The sockets all pings share: one per address family, read by the event loop, no thread and no task per ping.

1. `icmpsocket` opens them; the error queue of each tells who said what about which packet.
2. Such an error is also left pending on the socket and fails the next call on it, whoever that is about. So a failed
   send drains the error queue and is tried once more; only a second failure is its own.
3. A hop limit of a single packet travels as ancillary data, so that the socket of all others is not changed. Packets
   that must not be fragmented need a socket of their own: `Pinger(whole=True)`.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterable

from agent.core.observation import Reason
from agent.probes import icmpsocket, icmpwire, sockets
from wire.shape import Struct, field

_RECEIVE_BYTES = 2048  # an echo of ours is at most 1,500; more would be cut off, and then fails its token
_CONTROL_BYTES = 256
_PER_WAKEUP = 64  # a flood of errors must not hold the event loop


class Echo(Struct, eq=False):
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
        self._socket, self._raw = icmpsocket.open_icmp(family)
        if whole:
            icmpsocket.forbid_fragments(self._socket, family)
        self._identifier = os.getpid() & 0xFFFF  # for raw sockets; the kernel sets its own on the others
        self._sequence = int.from_bytes(os.urandom(2), "big")
        self._pending: dict[int, Echo] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._readable)

    def send(self, address: str, payload_bytes: int, changed: Callable[[Echo], None], ttl: int) -> Echo:
        echo = Echo(address, changed, os.urandom(icmpwire.TOKEN_BYTES), self._free_sequence())
        payload = echo.token.ljust(payload_bytes, b"\0")
        packet = icmpwire.build_request(self._family, self._identifier, echo.sequence, payload, summed=self._raw)
        self._pending[echo.sequence] = echo
        target, beside = self._destination(address), icmpsocket.hop_limit(self._family, ttl)
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
        """Take the one answer that came: the event loop comes back at once while there are more, and a second look is
        in vain as a rule. Errors are looked for when nothing else was there: they keep the socket readable."""
        try:
            data, control, _, source = self._socket.recvmsg(_RECEIVE_BYTES, _CONTROL_BYTES)
        except OSError:  # nothing, or the pending error of some packet: its report is in the queue read here
            self._drain_errors()
        else:
            self._reply(data, control, str(source[0]))

    def _reply(self, data: bytes, control: list[tuple[int, int, bytes]], source: str) -> None:
        received_ns = icmpsocket.receive_time_ns(control)
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
            if (level, kind) in (
                (socket.IPPROTO_IP, icmpsocket.IP_RECVERR),
                (socket.IPPROTO_IPV6, icmpsocket.IPV6_RECVERR),
            ):
                echo.error = icmpwire.parse_error(content)
        if echo.error is not None:
            echo.error_hops = icmpsocket.distance(control)
            echo.error_ms = max(0, icmpsocket.receive_time_ns(control) - echo.sent_ns) / 1e6
            echo.changed(echo)


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
