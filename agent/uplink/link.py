"""One MQTT connection: a fresh paho client, driven by asyncio instead of paho's own thread.

A client is never used for a second connection: paho would publish again what it still holds, and an exception in one of
its callbacks leaves it dead but "connected". Here callbacks do nothing but put an event into a queue; whatever paho
raises ends the connection with a reason.
"""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from agent.uplink import ending, paho
from agent.uplink.config import UplinkConfig
from agent.uplink.ending import Ending
from agent.uplink.threads import in_daemon_thread

RECEIVE_MAXIMUM = 20
MAX_INCOMING_BYTES = 128 * 1024
"""What the broker may send us: acknowledgements and downlinks stay far below (64 kB, wire.codec)."""
MOST_EVENTS = 1000
"""Unhandled events; a broker that floods us is hung up on."""
MISC_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Connected:
    """CONNACK: `reason` 0 is success. Limits as the broker states them; None when it does not."""

    reason: int
    words: str
    receive_maximum: int = 65535
    maximum_packet_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """SUBACK; `reason` is the worst of the answers."""

    reason: int


@dataclass(frozen=True, slots=True)
class Taken:
    """PUBACK for `mid`."""

    mid: int
    reason: int


@dataclass(frozen=True, slots=True)
class Message:
    """Something the centre published to us."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is gone."""

    ending: Ending


Event = Connected | Subscribed | Taken | Message | Closed


class Link:
    """A connection whose CONNECT is on its way. Read `events` whenever `arrived` is set."""

    def __init__(self, client: paho.Client, arrived: asyncio.Event) -> None:
        self.events: deque[Event] = deque()
        self.closed: Closed | None = None
        self._client = client
        self._arrived = arrived
        self._loop = asyncio.get_running_loop()
        self._transport_error = ""
        self._timer: asyncio.TimerHandle | None = None
        self._fd = -1
        self._attach()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Hand over a payload at QoS 1; returns the id its Taken event will carry."""
        return self._client.publish(topic, payload, qos=1, retain=retain).mid

    def subscribe(self, *filters: str) -> None:
        """Ask for these topics at QoS 1; the answer is a Subscribed event."""
        self._client.subscribe([(topic, paho.SubscribeOptions(qos=1)) for topic in filters])

    def disconnect(self) -> None:
        """Say goodbye: the broker then does not publish the will. Closed follows."""
        self._client.disconnect()

    def close(self, why: Ending) -> None:
        """Drop the connection now. Not from within a callback of paho, whose lock this needs."""
        self._finish(why)
        self._client._sock_close()  # the one way that neither waits nor sends

    def _attach(self) -> None:
        client, found = self._client, self._client.socket()
        if found is None:
            self._finish(Ending("network", self._transport_error or "the connection was lost at once"))
            return
        self._fd = found.fileno()
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        client.on_log = self._on_log
        client.on_socket_register_write = self._on_register_write
        client.on_socket_unregister_write = self._on_unregister_write
        client.on_socket_close = self._on_socket_close
        self._loop.add_reader(self._fd, self._drive, self._read)
        if client.want_write():
            self._loop.add_writer(self._fd, self._drive, client.loop_write)
        self._timer = self._loop.call_later(MISC_EVERY_S, self._misc)

    def _read(self) -> None:
        # TLS may hold decrypted bytes of which the kernel knows nothing any more: no event would come for them.
        while True:
            self._client.loop_read()
            found = self._client.socket()
            if not isinstance(found, ssl.SSLSocket) or not found.pending():
                return

    def _misc(self) -> None:
        self._timer = self._loop.call_later(MISC_EVERY_S, self._misc)
        self._drive(self._client.loop_misc)

    def _drive(self, step: Callable[[], object]) -> None:
        if self.closed is not None:
            return
        try:
            step()
        except Exception as error:  # noqa: BLE001 - whatever paho raises must end the connection, not the reading
            self.close(ending.of_error(error))
            return
        if self._client.socket() is None and self.closed is None:
            self._finish(self._lost())

    def _put(self, event: Event) -> None:
        if self.closed is not None:
            return
        if len(self.events) >= MOST_EVENTS:
            self._loop.call_soon(self.close, Ending("flood", "the broker sends more than is asked for"))
            return
        self.events.append(event)
        self._arrived.set()

    def _lost(self) -> Ending:
        if self._transport_error:
            return Ending("network", self._transport_error)
        return Ending("cut", "the connection was closed from the other side without a word")

    def _finish(self, why: Ending) -> None:
        self._detach()
        if self.closed is None:
            self.closed = Closed(why)
            self._arrived.set()

    def _detach(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            self._fd = -1

    # -- paho's callbacks: they only take note ---------------------------------------------------------------------

    def _on_register_write(self, _: object, __: object, ___: object) -> None:
        if self._fd >= 0:
            self._loop.add_writer(self._fd, self._drive, self._client.loop_write)

    def _on_unregister_write(self, _: object, __: object, ___: object) -> None:
        if self._fd >= 0:
            self._loop.remove_writer(self._fd)

    def _on_socket_close(self, _: object, __: object, ___: object) -> None:
        self._detach()

    def _on_connect(
        self, _: object, __: object, ___: paho.ConnectFlags, reason: paho.ReasonCode, given: paho.Properties | None
    ) -> None:
        receive = int(getattr(given, "ReceiveMaximum", 65535))
        largest = getattr(given, "MaximumPacketSize", None)
        self._put(Connected(reason.value, str(reason), receive, int(largest) if largest is not None else None))

    def _on_subscribe(
        self, _: object, __: object, ___: int, reasons: list[paho.ReasonCode], ____: paho.Properties | None
    ) -> None:
        self._put(Subscribed(max((reason.value for reason in reasons), default=0)))

    def _on_publish(
        self, _: object, __: object, mid: int, reason: paho.ReasonCode, ___: paho.Properties | None
    ) -> None:
        self._put(Taken(mid, reason.value))

    def _on_message(self, _: object, __: object, message: paho.MQTTMessage) -> None:
        self._put(Message(message.topic, bytes(message.payload)))

    def _on_disconnect(
        self,
        _: object,
        __: object,
        flags: paho.DisconnectFlags,
        reason: paho.ReasonCode,
        ___: paho.Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._finish(_said_by_broker(reason))
        elif reason.value == 0:
            self._finish(Ending("goodbye", "disconnected on our own wish"))
        elif reason.value == ending.KEEP_ALIVE_TIMEOUT:
            self._finish(Ending("silent", "the broker does not answer any more"))
        else:
            self._finish(self._lost())

    def _on_log(self, _: object, __: object, level: int, text: str) -> None:
        if level == paho.LogLevel.MQTT_LOG_ERR:
            self._transport_error = text[:200]


async def connect(config: UplinkConfig, node: str, will: tuple[str, bytes], arrived: asyncio.Event) -> Link:
    """Resolve, connect, shake hands, send CONNECT; OSError (also ssl's) or TimeoutError when that fails."""
    async with asyncio.timeout(config.connect_timeout_s):
        client = await in_daemon_thread("uplink-connect", lambda: _connect(config, node, will))
    return Link(client, arrived)


def _connect(config: UplinkConfig, node: str, will: tuple[str, bytes]) -> paho.Client:
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
    client.connect(config.host, config.port, config.keepalive_s, clean_start=True, properties=wanted)
    raw = client.socket()
    if isinstance(raw, socket.socket):
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(config.user_timeout_s * 1000))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def _tls(config: UplinkConfig) -> ssl.SSLContext:
    """Read at each connection, so that a renewed certificate is used without a restart."""
    folder = config.credentials
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for name in ("ca.crt", "node.crt", "node.key"):
        (folder / name).stat()  # ssl's own message does not name the file
    context.load_verify_locations(folder / "ca.crt")
    context.load_cert_chain(folder / "node.crt", folder / "node.key")
    return context


def _said_by_broker(reason: paho.ReasonCode) -> Ending:
    if reason.value == ending.TAKEN_OVER:
        return Ending("taken_over", "another client took this node's session over; is its card cloned?")
    if reason.value == ending.PACKET_TOO_LARGE:
        return Ending("packet_too_large", "a message was larger than the broker allows")
    if reason.value == ending.NOT_AUTHORISED:
        return Ending("not_authorised", "the broker ended the session: not authorised")
    return Ending("broker", f"the broker ended the session: {reason}")
