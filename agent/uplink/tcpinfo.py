"""What the kernel knows about a TCP connection: what went over the line, and what still waits to."""

import fcntl
import socket
import struct

from wire.shape import Struct

# include/uapi/linux/tcp.h, struct tcp_info: offsets that have not changed since they were added (bytes_sent: Linux
# 4.19).
_LENGTH = 224
_ACKED, _SEGMENTS, _SENT = 120, 136, 200
_SIOCOUTQ = 0x5411
HEADER_BYTES = {socket.AF_INET: 52, socket.AF_INET6: 72}
"""IP and TCP header of a segment, with the timestamp option that Linux uses."""


class TcpFacts(Struct, frozen=True):
    """Bytes of this connection so far. `queued`: handed to the kernel and not acknowledged by the peer's TCP.

    `wire`: both directions as a provider counts them at the IP level: payload (TLS included), sent repeats, and
    headers of all segments, the empty ones too.
    """

    acked: int
    queued: int
    wire: int


def read(connection: socket.socket) -> TcpFacts | None:
    """None when the connection is gone. OSError never."""
    try:
        raw = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LENGTH)
        queued = struct.unpack("i", fcntl.ioctl(connection.fileno(), _SIOCOUTQ, b"\0\0\0\0"))[0]
    except (OSError, ValueError):
        return None
    raw = raw.ljust(_LENGTH, b"\0")
    acked, received = struct.unpack_from("QQ", raw, _ACKED)
    out, into = struct.unpack_from("II", raw, _SEGMENTS)
    (sent,) = struct.unpack_from("Q", raw, _SENT)
    wire = max(sent, acked) + received + (out + into) * HEADER_BYTES.get(connection.family, 72)
    return TcpFacts(acked, queued, wire)
