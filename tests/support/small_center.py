"""A small but real centre for tests of the uplink: journals each record durably in SQLite, then acknowledges it.

Its faults are switched on by the test: silence, refusals, conflicts, lost acknowledgements.
"""

import sqlite3
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

from agent.uplink import paho
from wire import PROTOCOL_VERSION, topics
from wire.attachment import Attachment
from wire.codec import decode_state, decode_up, encode, payload_digest
from wire.errors import WireError
from wire.messages import Ack, Batch, CenterState, Downlink, Refusal, Rejection, State
from wire.ranges import Ranges
from wire.snapshot import Snapshot


class SmallCenter:
    """Use as a context manager; `tls` is the context of one of the centre's own certificates."""

    def __init__(self, port: int, tls: ssl.SSLContext, journal: Path, generation: str = "g1") -> None:
        self.generation = generation
        self.mute = False
        """Journal, but do not answer."""
        self.drop_acks = 0
        """Do not send this many of the next acknowledgements."""
        self.is_poison: Callable[[bytes], bool] = lambda body: False
        """Payloads with such a record in them cannot be read."""
        self.refuse_code = "schema"
        self.conflict_epochs: set[str] = set()
        self.conflicts_as_stored = False
        """Numbers in conflict are also named as stored: the other box's record of that number was in the same group."""
        self.arrived: list[tuple[str, str, tuple[int, ...]]] = []
        """Per payload, in order of arrival: (epoch, stream, sequence numbers)."""
        self.states: list[State] = []
        self.refused = 0
        self.repeats = 0
        self._journal = sqlite3.connect(journal, timeout=60, check_same_thread=False, isolation_level=None)
        self._journal.execute(
            "CREATE TABLE IF NOT EXISTS record (node, epoch, stream, seq, hash, kind, body,"
            " PRIMARY KEY (node, epoch, stream, seq))"
        )
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._port = port
        self._tls = tls
        self._client = self._new_client()

    def __enter__(self) -> "SmallCenter":
        self._client.connect("127.0.0.1", self._port, 120)
        self._client.loop_start()
        assert self._ready.wait(60), "the small centre could not subscribe"
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._journal.close()

    def rows(self, stream: str) -> list[tuple[str, int, str, bytes]]:
        """(epoch, seq, kind, body) of everything stored of a stream, in order."""
        with self._lock:
            query = "SELECT epoch, seq, kind, body FROM record WHERE stream = ? ORDER BY rowid"
            return self._journal.execute(query, (stream,)).fetchall()

    def announce(self) -> None:
        """Publish presence and generation, retained."""
        message = CenterState(PROTOCOL_VERSION, "online", self.generation)
        self._client.publish(topics.CENTER_STATE, encode(message), qos=1, retain=True)

    def send(self, node: str, leaf: str, downlink: Downlink | bytes) -> None:
        """Publish a downlink, or any bytes in its place."""
        payload = downlink if isinstance(downlink, bytes) else encode(downlink)
        self._client.publish(topics.down(node, leaf), payload, qos=1)

    def forget(self) -> None:
        """Restored from an older backup: nothing is known any more."""
        with self._lock:
            self._journal.execute("DELETE FROM record")

    def _new_client(self) -> paho.Client:
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTProtocolVersion.MQTTv5)
        client.tls_set_context(self._tls)
        client.reconnect_delay_set(1, 1)
        client.on_connect = lambda *_: client.subscribe([(topics.UP_FILTER, 1), (topics.STATE_FILTER, 1)])
        client.on_subscribe = lambda *_: (self._ready.set(), self.announce())
        client.on_message = self._on_message
        return client

    def _on_message(self, _: object, __: object, message: paho.MQTTMessage) -> None:
        kind = topics.parse(message.topic).kind
        if kind == "center":
            return  # our own presence: the filter for births matches it too
        if kind == "state":
            self.states.append(decode_state(message.payload))
            return
        node = message.topic.split("/")[2]
        try:
            decoded = decode_up(message.topic, message.payload)
            if isinstance(decoded, Batch) and any(self.is_poison(bytes(record.body)) for record in decoded.records):
                raise WireError("schema", "poison")
        except WireError:
            self.refused += 1
            stream = topics.parse(message.topic).leaf
            refusal = Refusal(payload_digest(message.payload), self.refuse_code)
            self._answer(node, Ack(PROTOCOL_VERSION, "", stream, refused=(refusal,)))
            return
        self._take(node, decoded)

    def _take(self, node: str, decoded: Batch | Snapshot | Attachment) -> None:
        if isinstance(decoded, Batch):
            stream, epoch = decoded.stream, decoded.epoch
            rows = [(record.seq, record.hash, record.kind, bytes(record.body)) for record in decoded.records]
        else:
            stream = "snapshot" if isinstance(decoded, Snapshot) else "attachment"
            epoch = decoded.record.epoch
            rows = [(decoded.record.seq, decoded.hash, stream, decoded.record_json)]
        self.arrived.append((epoch, stream, tuple(row[0] for row in rows)))
        if epoch in self.conflict_epochs:
            rejected = tuple(Rejection(row[0], "epoch_conflict") for row in rows)
            stored = Ranges.of(row[0] for row in rows).pairs if self.conflicts_as_stored else ()
            self._answer(node, Ack(PROTOCOL_VERSION, epoch, stream, stored=stored, rejected=rejected))
            return
        taken = self._journal_rows(node, epoch, stream, rows)
        if self.mute:
            return
        if self.drop_acks:
            self.drop_acks -= 1
            return
        stored = Ranges.of(row[0] for row in rows if row[0] not in taken).pairs
        rejected = tuple(Rejection(seq, "epoch_conflict") for seq in taken)
        self._answer(node, Ack(PROTOCOL_VERSION, epoch, stream, stored=stored, rejected=rejected))

    def _journal_rows(self, node: str, epoch: str, stream: str, rows: list[tuple[int, str, str, bytes]]) -> list[int]:
        """Store them; the numbers that are taken by other content, as when a disk lied about the one before it."""
        taken: list[int] = []
        with self._lock:
            self._journal.execute("BEGIN IMMEDIATE")
            for seq, digest, kind, body in rows:
                place = (node, epoch, stream, seq)
                changed = self._journal.execute(
                    "INSERT OR IGNORE INTO record VALUES (?,?,?,?,?,?,?)", (*place, digest, kind, body)
                ).rowcount
                self.repeats += changed == 0
                query = "SELECT hash FROM record WHERE (node, epoch, stream, seq) = (?, ?, ?, ?)"
                ((known,),) = self._journal.execute(query, place)
                if known != digest:
                    taken.append(seq)
            self._journal.execute("COMMIT")
        return taken

    def _answer(self, node: str, ack: Ack) -> None:
        self._client.publish(topics.down(node, "ack"), encode(ack), qos=1)


def wait_until(condition: Callable[[], bool], what: str, within_s: float = 60.0) -> None:
    """Wait in a thread of its own for something to become true."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {within_s} s"
        time.sleep(0.02)
