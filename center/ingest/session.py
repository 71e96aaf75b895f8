"""One connection to the broker: a fresh paho client each time, never reused, with every callback guarded.

Two threads. paho's own thread reads the socket, decodes each message and puts it into the inbox; the thread of the
service takes groups from the inbox, commits them, and then publishes acknowledgements and PUBACKs through here. So
decoding goes on while the database syncs, and nothing is acknowledged to the broker before it is stored
(`manual_ack`). The inbox cannot outgrow `receive_maximum`: the broker sends no more QoS 1 messages than that
unacknowledged, and QoS 0 messages beyond it are dropped (nobody promised them anything; no node of ours sends any).

A session never repairs itself. Whatever goes wrong in it is noted in `failure`, and the service opens another one.
"""

import hmac
import logging
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from center.ingest.decode import News, decode
from wire.topics import STATE_FILTER, UP_FILTER

_log = logging.getLogger("center.ingest")
P = ParamSpec("P")


class SessionLostError(Exception):
    """The connection is over; the message says why. A new session is the remedy."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says in our name when we are gone without a word."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """Where and as whom to connect. Times in seconds."""

    host: str
    port: int
    client_id: str
    ca: Path
    certificate: Path
    key: Path
    keepalive_s: int = 15
    """The broker is near: 15 s notices a hung one within 23 s, at one packet of 2 bytes per interval."""
    connect_timeout_s: float = 10.0
    group: str = "ingest"
    """Of the shared subscription, the same for all workers. The broker lets anybody join a group whose name he knows,
    and what falls to one who may not read it is lost to the others: so in service the name is a secret."""
    receive_maximum: int = 200
    """Messages in our hands at once, as the broker's own limit: from 100 on the rate no longer grows (measured)."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message of ours to deal with. `mid` and `qos` are what its PUBACK needs."""

    news: News | None
    mid: int
    qos: int
    size_bytes: int


class _Client(mqtt.Client):
    """paho's client, which says when its network thread has ended, for whatever reason."""

    def __init__(self, client_id: str, ended: threading.Event) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self._sandi_ended = ended

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> MQTTErrorCode:
        try:
            return super().loop_forever(timeout, retry_first_connection)
        finally:
            self._sandi_ended.set()


def share_group(secret: str) -> str:
    """The name of the shared subscription, which no node can guess."""
    return f"ingest-{hmac.digest(secret.encode(), b'ingest share', 'sha256').hex()[:32]}"


def _guarded(callback: "Callable[Concatenate[Session, P], None]") -> "Callable[Concatenate[Session, P], None]":
    """An exception in a callback would end paho's thread while it still claims to be connected: note it instead."""

    def guard(self: "Session", /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever it is, this session is over
            _log.exception("callback-failed", extra={"callback": callback.__name__})
            self.fail(f"{callback.__name__} failed: {error!r}")

    return guard


class Session:
    """One connection. `open` blocks until both subscriptions are granted; then take from `inbox` until `failure`."""

    def __init__(self, config: SessionConfig, will: Will) -> None:
        self.inbox: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self.failure = ""
        self.last_inbound_s = time.monotonic()
        self._config = config
        self._ready = threading.Event()
        self._ended = threading.Event()
        self._client = _Client(config.client_id, self._ended)
        self._client.will_set(will.topic, will.payload, qos=1, retain=True)
        self._client.tls_set_context(_tls(config))
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    def open(self) -> None:
        """Connect and subscribe.

        Raises:
            SessionLostError: refused, unreachable, or not ready in time.
        """
        config = self._config
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = config.receive_maximum
        self._client.connect_timeout = config.connect_timeout_s
        try:
            self._client.connect(config.host, config.port, config.keepalive_s, clean_start=True, properties=properties)
        except (OSError, ValueError) as error:
            raise SessionLostError(f"cannot connect to {config.host}:{config.port}: {error}") from error
        self._client.loop_start()
        if not self._ready.wait(config.connect_timeout_s) or self.failure:
            reason = self.failure or f"not subscribed after {config.connect_timeout_s:g} s"
            self.close()
            raise SessionLostError(reason)

    def check(self) -> None:
        """Raise SessionLostError when this session is over."""
        if self._ended.is_set():
            self.fail("the network thread has ended")
        if self.failure:
            raise SessionLostError(self.failure)

    def fail(self, reason: str) -> None:
        """Note the first reason why this session is of no more use."""
        self.failure = self.failure or reason
        self._ready.set()

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Hand one message to the network thread. Not repeated here: whoever is owed something keeps it in a table."""
        self._client.publish(topic, payload, qos=qos, retain=retain)

    def acknowledge(self, arrival: Arrival) -> None:
        """PUBACK: the broker may forget it."""
        if arrival.qos:
            self._client.ack(arrival.mid, arrival.qos)

    def close(self) -> None:
        """End the connection in order and the network thread with it."""
        self._client.disconnect()
        self._client.loop_stop()

    def abort(self) -> None:
        """Cut the connection without a word; the broker then speaks our will."""
        connection = self._client.socket()
        if isinstance(connection, socket.socket):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    @_guarded
    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            self.fail(f"the broker refused us: {reason}")
            return
        # The state topics are not shared: retained births are replayed to plain subscriptions only. The filter
        # covers the centre's own state as well.
        shared = f"$share/{self._config.group}/{UP_FILTER}"
        client.subscribe([(shared, SubscribeOptions(qos=1)), (STATE_FILTER, SubscribeOptions(qos=1))])

    @_guarded
    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self.fail(f"subscription refused: {', '.join(refused)}")
        self._ready.set()

    @_guarded
    def _on_disconnect(
        self, _client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        self.fail(f"disconnected: {reason}")

    @_guarded
    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.last_inbound_s = time.monotonic()
        if message.qos == 0 and self.inbox.qsize() >= self._config.receive_maximum:
            return
        received_ms = int(time.time() * 1000)
        news = decode(message.topic, bytes(message.payload), retained=bool(message.retain), received_ms=received_ms)
        self.inbox.put(Arrival(news, message.mid, message.qos, len(message.payload)))


def _tls(config: SessionConfig) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(config.ca))
    context.load_cert_chain(config.certificate, config.key)
    return context
