"""From an address to a connection whose CONNECT is on its way: name, TCP, TLS, all within one time limit."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from agent.tls import Context, without_dates_while_clock_is_wrong
from agent.uplink import dial, paho, tcpinfo
from agent.uplink.config import UplinkConfig
from agent.uplink.dial import AddressBook
from agent.uplink.link import Link
from agent.uplink.threads import in_daemon_thread

RECEIVE_MAXIMUM = 20
MAX_INCOMING_BYTES = 128 * 1024
"""What the broker may send us: acknowledgements and downlinks stay far below (64 kB, wire.codec)."""

# Bytes that the kernel holds cannot be taken back, and on a slow line a complaint waits for them: no more than a
# segment or two unsent, and 64 kB in all (the kernel doubles the figure for its own needs): 320 kB/s at 200 ms.
NOTSENT_LOWAT_BYTES = 8 * 1024
SEND_BUFFER_BYTES = 64 * 1024
_TCP_NOTSENT_LOWAT = 25  # include/uapi/linux/tcp.h; Python has no name for it


async def connect(
    config: UplinkConfig, node: str, will: tuple[str, bytes], arrived: asyncio.Event, book: AddressBook | None = None
) -> Link:
    """OSError (also ssl's) or TimeoutError when that fails. `book` remembers addresses between connections."""
    book = book or AddressBook(config.host, config.port)
    async with asyncio.timeout(config.connect_timeout_s):
        raw = await dial.dial(book, await book.addresses(), config.dial_s)
        client = await _counted(book, raw, lambda: _handshake(config, node, will, raw))
    return Link(client, arrived)


async def _counted(book: AddressBook, raw: socket.socket, handshake: Callable[[], paho.Client]) -> paho.Client:
    """The client. Without one, `book` has what the attempt cost, and nothing more goes over that connection."""
    with raw.dup() as same:  # TLS takes `raw` over and closes it when it fails
        try:
            return await in_daemon_thread("uplink-connect", handshake)
        except BaseException:
            with suppress(OSError):
                same.shutdown(socket.SHUT_RDWR)  # ends a thread that hangs in the handshake, too
            facts = tcpinfo.read(same)
            book.failed_bytes += 0 if facts is None else facts.wire
            raise


def _handshake(config: UplinkConfig, node: str, will: tuple[str, bytes], raw: socket.socket) -> paho.Client:
    try:
        return _client(config, node, will, raw)
    except BaseException:
        raw.close()
        raise


def _client(config: UplinkConfig, node: str, will: tuple[str, bytes], raw: socket.socket) -> paho.Client:
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(config.user_timeout_s * 1000))
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    raw.setsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT, NOTSENT_LOWAT_BYTES)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    client = paho.Client(
        paho.CallbackAPIVersion.VERSION2,
        client_id=node,
        protocol=paho.MQTTProtocolVersion.MQTTv5,
        reconnect_on_failure=False,
    )
    client.tls_set_context(_tls(config))
    client.will_set(*will, qos=1, retain=True)
    client.max_inflight_messages_set(0)  # the window is the session's
    client.connect_timeout = config.connect_timeout_s
    wanted = paho.Properties(paho.PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    wanted.SessionExpiryInterval = 0
    wanted.ReceiveMaximum = RECEIVE_MAXIMUM
    wanted.MaximumPacketSize = MAX_INCOMING_BYTES
    client._create_socket_connection = lambda: raw  # type: ignore[method-assign]
    client.connect(config.host, config.port, config.keepalive_s, clean_start=True, properties=wanted)
    found = client.socket()
    if isinstance(found, ssl.SSLSocket):
        # An end without TLS's own goodbye is the line's doing; with it, the broker wanted it. Python hides the
        # difference unless asked.
        found.suppress_ragged_eofs = False  # type: ignore[attr-defined]
    return client


def _tls(config: UplinkConfig) -> ssl.SSLContext:
    """Read at each connection, so that a renewed certificate is used without a restart."""
    folder = config.credentials
    context = Context(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for name in ("ca.crt", "node.crt", "node.key"):
        (folder / name).stat()  # ssl's own message does not name the file
    context.load_verify_locations(folder / "ca.crt")
    context.load_cert_chain(folder / "node.crt", folder / "node.key")
    return without_dates_while_clock_is_wrong(context)
