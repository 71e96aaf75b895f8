"""ICMP echo messages and the kernel's error reports, as bytes. No sockets here.

Layouts: RFC 792, RFC 4443, linux/errqueue.h. Matching is by a random token in the payload, because the kernel rewrites
the identifier of unprivileged sockets and because replies of several runs do cross; an error may quote only the first
8 bytes of our message (RFC 792), which still hold the sequence number.
"""

import socket
import struct

from agent.core.observation import Reason
from wire.shape import Struct

_ECHO = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence
_EXTENDED_ERROR = struct.Struct("=IBBBBII")  # errno, origin, type, code, pad, info, data
_REQUEST: dict[int, int] = {socket.AF_INET: 8, socket.AF_INET6: 128}
_REPLY: dict[int, int] = {socket.AF_INET: 0, socket.AF_INET6: 129}
HEADER_BYTES = _ECHO.size
TOKEN_BYTES = 8
_MAX_PACKET_BYTES = 65_535
# linux/errqueue.h
ORIGIN_LOCAL, ORIGIN_ICMP, ORIGIN_ICMP6 = 1, 2, 3

_REASONS_V4 = {
    (3, 0): Reason.NET_UNREACHABLE,
    (3, 3): Reason.PORT_UNREACHABLE,
    (3, 4): Reason.PACKET_TOO_BIG,
    (3, 6): Reason.NET_UNREACHABLE,
    (3, 9): Reason.PROHIBITED,
    (3, 10): Reason.PROHIBITED,
    (3, 11): Reason.NET_UNREACHABLE,
    (3, 13): Reason.PROHIBITED,
}
_REASONS_V6 = {
    (1, 0): Reason.NET_UNREACHABLE,
    (1, 1): Reason.PROHIBITED,
    (1, 4): Reason.PORT_UNREACHABLE,
    (1, 5): Reason.PROHIBITED,
    (1, 6): Reason.PROHIBITED,
}


class EchoReply(Struct, frozen=True):
    """An echo reply: the sequence number we gave, and the payload as it came back."""

    sequence: int
    payload: bytes


class IcmpError(Struct, frozen=True):
    """An error about a packet of ours: who says what. `offender` is empty when this kernel says it itself.
    `mtu`: of a packet that was too big, the size in bytes that would have passed; 0 when it was not said."""

    reason: Reason
    icmp_type: int
    icmp_code: int
    offender: str
    errno: int
    mtu: int = 0


def build_request(family: int, identifier: int, sequence: int, payload: bytes, *, summed: bool = True) -> bytes:
    """An echo request. `summed`: with its checksum, which raw IPv4 sockets need; for others the kernel computes it."""
    kind = _REQUEST[family]
    bare = _ECHO.pack(kind, 0, 0, identifier, sequence) + payload
    if family == socket.AF_INET6 or not summed:
        return bare
    return _ECHO.pack(kind, 0, checksum(bare), identifier, sequence) + payload


def parse_reply(family: int, data: bytes, *, with_ip_header: bool = False) -> EchoReply | None:
    """The echo reply in `data`, None when it is anything else (also when it is too short to be one)."""
    if with_ip_header:  # raw IPv4 sockets deliver it; its length is in 32-bit words
        if not data:
            return None
        data = data[(data[0] & 0x0F) * 4 :]
    if len(data) < HEADER_BYTES:
        return None
    kind, code, _, _, sequence = _ECHO.unpack_from(data)
    return EchoReply(sequence, data[HEADER_BYTES:]) if (kind, code) == (_REPLY[family], 0) else None


def parse_quoted(family: int, data: bytes) -> EchoReply | None:
    """Our own request as an error quotes it, possibly cut off; None when it is not an echo request."""
    if len(data) < HEADER_BYTES:
        return None
    kind, code, _, _, sequence = _ECHO.unpack_from(data)
    return EchoReply(sequence, data[HEADER_BYTES:]) if (kind, code) == (_REQUEST[family], 0) else None


def parse_error(control: bytes) -> IcmpError | None:
    """The kernel's report (sock_extended_err plus the offender's address); None when it is too short or no ICMP."""
    if len(control) < _EXTENDED_ERROR.size:
        return None
    errno, origin, kind, code, _, info, _ = _EXTENDED_ERROR.unpack_from(control)
    if origin not in (ORIGIN_LOCAL, ORIGIN_ICMP, ORIGIN_ICMP6):
        return None
    reason, offender = _reason(origin, kind, code), _offender(control[_EXTENDED_ERROR.size :])
    mtu = info if reason is Reason.PACKET_TOO_BIG and info <= _MAX_PACKET_BYTES else 0
    return IcmpError(reason, kind, code, offender, errno, mtu)


def _reason(origin: int, kind: int, code: int) -> Reason:
    if origin == ORIGIN_LOCAL:
        return Reason.LOCAL_ERROR
    if origin == ORIGIN_ICMP:
        if kind == 11:
            return Reason.TTL_EXCEEDED
        return _REASONS_V4.get((kind, code), Reason.HOST_UNREACHABLE)
    if kind == 2:
        return Reason.PACKET_TOO_BIG
    if kind == 3:
        return Reason.TTL_EXCEEDED
    return _REASONS_V6.get((kind, code), Reason.HOST_UNREACHABLE)


def _offender(address: bytes) -> str:
    """The address in a sockaddr_in or sockaddr_in6; empty when the family is neither."""
    if len(address) < 8:
        return ""
    family = struct.unpack_from("=H", address)[0]
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, address[4:8])
    if family == socket.AF_INET6 and len(address) >= 24:
        return socket.inet_ntop(socket.AF_INET6, address[8:24])
    return ""


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071). A sum of 16-bit words with end-around carry is the number modulo 0xffff."""
    total = int.from_bytes(data + b"\0" * (len(data) % 2), "big")
    folded = total % 0xFFFF or (0xFFFF if total else 0)
    return 0xFFFF - folded
