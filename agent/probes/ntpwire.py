"""SNTP messages, and what four timestamps say about a clock. No sockets here.

Layout and arithmetic: RFC 5905 sections 7.3 and 8, RFC 4330 section 5. The request carries a random number where the
protocol puts the sender's time: the server sends it back, so that nobody who does not see the packet can answer, and it
tells nobody what this box takes for the time.
"""

import struct
from dataclasses import dataclass

PACKET_BYTES = 48
_PACKET = struct.Struct("!BBbbII4sQQQQ")
_UNSYNCHRONISED_LEAP = 3
_MAX_STRATUM = 15
_CLIENT_V4 = 4 << 3 | 3
_SERVER = 4
_NTP_TO_UNIX_S = 2_208_988_800
_ERA_S = 1 << 32
_PIVOT_S = 1_577_836_800
"""2020-01-01: a server's 32 bits of seconds are taken for the one time with these bits from then on (until 2156). The
local clock decides nothing here: it may be the one that is wrong by half a century."""


class NtpFormatError(Exception):
    """These bytes are no answer of an SNTP server."""


class KissOfDeathError(Exception):
    """The server asks not to be asked (stratum 0); the text is its four-letter code."""


class UnsynchronisedError(Exception):
    """The server says itself that it does not know the time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer; times are Unix time in nanoseconds."""

    stratum: int
    originate: bytes
    received_ns: int
    sent_ns: int


def build_request(token: bytes) -> bytes:
    """A request; `token` is eight random bytes, which the answer must bring back."""
    if len(token) != 8:
        raise ValueError("the token has eight bytes")
    return bytes([_CLIENT_V4]) + bytes(39) + token


def parse_reply(data: bytes) -> Reply:
    """The answer in `data`; extensions and a signature behind it are left unread.

    Raises NtpFormatError, KissOfDeathError or UnsynchronisedError.
    """
    if len(data) < PACKET_BYTES:
        raise NtpFormatError("shorter than a packet")
    first, stratum, _, _, _, _, reference, _, originate, received, sent = _PACKET.unpack_from(data)
    leap, version, mode = first >> 6, first >> 3 & 7, first & 7
    if mode != _SERVER or version not in (3, 4):
        raise NtpFormatError(f"version {version}, mode {mode}: not a server's answer")
    if stratum == 0:
        raise KissOfDeathError("".join(chr(byte) for byte in reference if 32 < byte < 127))
    if stratum > _MAX_STRATUM or leap == _UNSYNCHRONISED_LEAP:
        raise UnsynchronisedError(f"stratum {stratum}, leap indicator {leap}")
    if not received or not sent:
        raise NtpFormatError("a time of zero")
    return Reply(stratum, originate.to_bytes(8, "big"), unix_ns(received), unix_ns(sent))


def unix_ns(timestamp: int) -> int:
    """A 64-bit NTP timestamp (seconds since 1900 modulo 2^32, and a fraction) as Unix time."""
    seconds, fraction = timestamp >> 32, timestamp & 0xFFFFFFFF
    unix_s = seconds - _NTP_TO_UNIX_S
    unix_s += -(-(_PIVOT_S - unix_s) // _ERA_S) * _ERA_S
    return unix_s * 1_000_000_000 + (fraction * 1_000_000_000 >> 32)


def offset_and_delay_ns(left_ns: int, reply: Reply, arrived_ns: int) -> tuple[int, int]:
    """(how far the local clock is behind, the round trip without the server's own time); `left_ns` and `arrived_ns`
    are the local clock's. The offset is wrong by at most half the delay."""
    offset_ns = ((reply.received_ns - left_ns) + (reply.sent_ns - arrived_ns)) // 2
    return offset_ns, (arrived_ns - left_ns) - (reply.sent_ns - reply.received_ns)
