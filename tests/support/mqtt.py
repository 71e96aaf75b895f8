"""A plain MQTT 5 client for tests: connects with a node's or a process's credentials, remembers what it was given."""

import queue
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

DEADLINE_S = 90.0
KEEPALIVE_S = 120
"""A machine that stands still for a while costs nobody the session."""


class Peer:
    """One connection. `messages` holds (topic, payload) in order of arrival; `disconnects` counts lost sessions."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None, client_id: str, will: str = "") -> None:
        self.messages: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.disconnects = 0
        self._answers: dict[int, ReasonCode] = {}
        self._connected: queue.SimpleQueue[ReasonCode | None] = queue.SimpleQueue()
        self._subscribed: queue.SimpleQueue[list[ReasonCode]] = queue.SimpleQueue()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5)
        if will:
            self.client.will_set(will, b"will", 1)
        if context is not None:
            self.client.tls_set_context(context)
        self.client.connect_timeout = DEADLINE_S
        self.client.on_message = self._on_message
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self._connected.put(reason)
        self.client.on_subscribe = lambda _c, _u, _m, reasons, _p: self._subscribed.put(reasons)
        self.client.on_disconnect = self._on_disconnect
        self.client.on_publish = lambda _c, _u, mid, reason, _p: self._answers.__setitem__(mid, reason)
        self._address = (host, port)

    def connect(self, session_expiry_s: int = 0) -> None:
        """Connect and wait for the broker's answer; an exception when it refuses."""
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = session_expiry_s
        self.client.connect(*self._address, KEEPALIVE_S, clean_start=session_expiry_s == 0, properties=properties)
        self.client.loop_start()
        reason = self._connected.get(timeout=DEADLINE_S)
        if reason is None or reason.is_failure:
            self.client.loop_stop()
            raise ConnectionRefusedError(str(reason or "cut during the handshake"))

    def subscribe(self, topic: str) -> list[ReasonCode]:
        """Subscribe with QoS 1; what the broker says to it (it says granted also where it will deliver nothing)."""
        self.client.subscribe(topic, 1)
        return self._subscribed.get(timeout=DEADLINE_S)

    def publish(self, topic: str, payload: bytes = b"x", retain: bool = False) -> ReasonCode:
        """Publish with QoS 1 and wait; the reason code of the answer (success, 0x10 no subscribers, 0x87 denied)."""
        gone = self.disconnects  # before it is sent: the answer to it may be the cut
        info: MQTTMessageInfo = self.client.publish(topic, payload, 1, retain)
        wait_for(lambda: info.mid in self._answers or self.disconnects > gone, f"an answer to {topic}")
        if info.mid not in self._answers:
            raise ConnectionAbortedError(f"the session was cut instead of an answer to {topic}")
        return self._answers[info.mid]

    def received(self) -> list[tuple[str, bytes]]:
        """Everything that has come since the last call, without waiting."""
        found = []
        while not self.messages.empty():
            found.append(self.messages.get())
        return found

    def next(self) -> tuple[str, bytes]:
        """The next message; queue.Empty after the deadline."""
        return self.messages.get(timeout=DEADLINE_S)

    def close(self) -> None:
        """Disconnect in order and stop the network thread."""
        self.client.disconnect()
        self.client.loop_stop()

    def _on_message(self, _client: Client, _user: Any, message: MQTTMessage) -> None:
        self.messages.put((message.topic, message.payload))

    def _on_disconnect(self, *_arguments: Any) -> None:
        self.disconnects += 1
        self._connected.put(None)  # a refused certificate shows as a cut right after the handshake


@contextmanager
def peer(broker: Any, credentials: Any, client_id: str = "", will: str = "") -> Iterator[Peer]:
    """A connected peer of a `tests.support.broker.RunningBroker`; gone when the block ends."""
    made = Peer(broker.host, broker.port, broker.tls_context(credentials), client_id, will)
    made.connect()
    try:
        yield made
    finally:
        made.close()


def wait_for(condition: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Wait until it is so; AssertionError naming `what` after the deadline."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"waited {deadline_s:g} s for {what}"
        time.sleep(0.01)
