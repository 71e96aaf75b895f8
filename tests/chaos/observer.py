"""Counts what nodes publish: a listener of its own at the broker, beside ingest and without its knowledge.

The re-send ratio is `seen / distinct`: how often a thing was put on the line, over how many different things. Things
are told apart by content (node, epoch, stream, kind, boot, run, moment, body), not by their number. What a box offers
once more because a new epoch began (its outbox was damaged, its card cloned) is no re-send of the transport, and is
counted by itself: `offered_anew`. What nodes publish while no broker lives reaches nobody and is not counted:
`distinct` against what the centre has stored says how much of the traffic was observed.

Every payload is a line of `published.jsonl`: when (s since the listener started), who, which stream, how many records,
how many of them again. A run whose ratio is too high thereby says after which fault it rose.
"""

import contextlib
import hashlib
import json
import queue
import ssl
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from center.broker import INGEST_NAME
from center.ingest.decode import Parcel, decode
from center.pki import open_authority
from tests.support.city import City
from wire.topics import UP_FILTER

NUMBER = 16
"""The last of the names the broker lets listen; the suite runs with far fewer ingest workers."""


class Observer:
    """Listens from `start` to `stop`."""

    def __init__(self, city: City, trace: Path) -> None:
        self.seen: Counter[str] = Counter()
        """Records by stream."""
        self.undecodable = 0
        self.offered_anew = 0
        """Records that had been on the line under another epoch."""
        self._contents: set[bytes] = set()
        self._distinct: dict[str, set[bytes]] = defaultdict(set)
        self._messages: queue.SimpleQueue[tuple[float, str, bytes] | None] = queue.SimpleQueue()
        self._trace = trace
        self._began = time.monotonic()
        keys = open_authority(city.data / "pki").issue_center(INGEST_NAME.format(number=NUMBER))
        context = ssl.create_default_context(cafile=str(keys.ca))
        context.load_cert_chain(keys.certificate, keys.key)
        self._client = Client(CallbackAPIVersion.VERSION2, keys.name, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.tls_set_context(context)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(UP_FILTER, 1)
        self._client.on_message = self._on_message
        self._port = city.mqtt_port
        self._counter = threading.Thread(target=self._count, name="observer", daemon=True)

    def start(self) -> None:
        """Listen; reconnects by itself when the broker was killed."""
        self._began = time.monotonic()
        self._counter.start()
        self._client.connect_async("127.0.0.1", self._port, keepalive=60)
        self._client.loop_start()

    def stop(self) -> None:
        """Hear no more and finish counting."""
        with contextlib.suppress(Exception):
            self._client.disconnect()
        self._client.loop_stop()
        self._messages.put(None)
        if self._counter.is_alive():
            self._counter.join(30)

    @property
    def distinct(self) -> Counter[str]:
        """Different things seen, by stream."""
        return Counter({stream: len(keys) for stream, keys in self._distinct.items()})

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._messages.put((time.monotonic() - self._began, message.topic, bytes(message.payload)))

    def _count(self) -> None:
        with self._trace.open("w", encoding="utf-8") as trace:
            while (message := self._messages.get()) is not None:
                at_s, topic, payload = message
                parcel = decode(topic, payload, retained=False, received_ms=0)
                if not isinstance(parcel, Parcel):
                    self.undecodable += 1
                    continue
                fresh = self._note(parcel)
                seqs = [record.seq for record in parcel.records]
                line = {
                    "at_s": round(at_s, 2),
                    "node": parcel.node,
                    "stream": parcel.stream,
                    "epoch": parcel.epoch[:8],
                    "seqs": [seqs[0], seqs[-1]] if seqs else [],
                    "records": len(seqs),
                    "again": len(seqs) - fresh,
                }
                trace.write(json.dumps(line) + "\n")
                trace.flush()  # what is kept of a run that went wrong must be whole

    def _note(self, parcel: Parcel) -> int:
        """Count a payload's records; how many of them were not seen before."""
        known = self._distinct[parcel.stream]
        before = len(known)
        for record in parcel.records:
            moment = (record.kind, record.boot, record.run, record.mono_ms)
            self.seen[parcel.stream] += 1
            content = content_key((parcel.node, parcel.stream, *moment), record.body)
            identity = content_key((parcel.epoch,), content)
            self.offered_anew += content in self._contents and identity not in known
            self._contents.add(content)
            known.add(identity)
        return len(known) - before


def content_key(fields: tuple[object, ...], body: str | bytes) -> bytes:
    """What a record says, whatever number it has; 16 bytes."""
    raw = body.encode() if isinstance(body, str) else body
    return hashlib.blake2b(repr(fields).encode() + raw, digest_size=16).digest()
