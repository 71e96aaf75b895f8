"""One MQTT connection: a fresh paho client, driven by asyncio instead of paho's own thread.

A client is never used for a second connection: paho would publish again what it still holds, and an exception in one of
its callbacks leaves it dead but "connected". Here callbacks do nothing but put an event into a queue; whatever paho
raises ends the connection with a reason.
"""

import asyncio
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable

from agent.core.together import until_next
from agent.uplink import ending, paho, tcpinfo
from agent.uplink.ending import Ending
from agent.uplink.linkevents import Closed, Connected, Event, Message, Subscribed, Taken, said_by_broker
from agent.uplink.tcpinfo import TcpFacts

MOST_EVENTS = 1000
"""Unhandled events; a broker that floods us is hung up on."""
MISC_EVERY_S = 1.0
GIVEN_UP_KEEPALIVES = 1.25
"""A broker closes a session from which it heard nothing for one and a half keep-alives (MQTT 5.0 section 3.1.2.10); our
pings have then gone without an answer for as long. A session taken over was answered within one."""
LONG_PACKET_BYTES = 16 * 1024
"""More than this that has not arrived, here or in the kernel, keeps paho's pings waiting behind it."""


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
        self._raw: socket.socket | None = None
        self._last = TcpFacts(0, 0, 0)
        self._acked = 0
        self.ticked_s = time.monotonic()
        """When the connection last looked after itself: it does so every second while this loop turns."""
        self._heard_s = self.ticked_s
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

    def tcp(self) -> TcpFacts:
        """What the kernel counts; the last known figures once the connection is gone."""
        if self._raw is not None:
            self._last = tcpinfo.read(self._raw) or self._last
        return self._last

    def unsent_bytes(self) -> int:
        """What was published and has not left this process."""
        return sum(packet["to_process"] for packet in self._client._out_packet)

    def cut(self, why: Ending) -> None:
        """Drop the connection and what the kernel still holds of it: nothing of it goes before the next one."""
        if self._raw is not None and self.closed is None:
            self._raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close(why)

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
        self._raw = found if isinstance(found, socket.socket) else None
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
        self._timer = self._loop.call_later(until_next(self._loop.time(), MISC_EVERY_S), self._misc)

    def _read(self) -> None:
        # TLS may hold decrypted bytes of which the kernel knows nothing any more: no event would come for them.
        while True:
            self._client.loop_read()
            found = self._client.socket()
            if not isinstance(found, ssl.SSLSocket) or not found.pending():
                return

    def _misc(self) -> None:
        self._timer = self._loop.call_later(until_next(self._loop.time(), MISC_EVERY_S), self._misc)
        self.ticked_s = time.monotonic()
        facts, before = self.tcp(), self._acked
        self._acked = facts.acked
        if facts.acked > before and self.unsent_bytes() + facts.queued > LONG_PACKET_BYTES:
            # A blob takes longer than two keep-alives on a slow line, and a ping could not overtake it: that it moves
            # is the sign of life. paho would hang up in the middle of it, or behind its end: a ping's age counts from
            # when it was put behind the blob, and nobody can answer it before it is through.
            self._client._last_bytes_received = self.ticked_s
            if self._client._ping_t > 0:
                self._client._ping_t = self.ticked_s
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
        if time.monotonic() - self._heard_s > GIVEN_UP_KEEPALIVES * self._client.keepalive:
            return Ending("silent", "the broker has heard nothing from here and gave up; the line carries one way only")
        return Ending("cut", "the connection was closed from the other side without a word")

    def _finish(self, why: Ending) -> None:
        self.tcp()
        self._raw = None
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
            self._finish(said_by_broker(reason))
        elif reason.value == 0:
            self._finish(Ending("goodbye", "disconnected on our own wish"))
        elif reason.value == ending.KEEP_ALIVE_TIMEOUT:
            self._finish(Ending("silent", "the broker does not answer any more"))
        else:
            self._finish(self._lost())

    def _on_log(self, _: object, __: object, level: int, text: str) -> None:
        if level == paho.LogLevel.MQTT_LOG_ERR:
            self._transport_error = text[:200]
        elif text.startswith("Received "):  # the one place where paho tells of every packet, pings' answers too
            self._heard_s = time.monotonic()
