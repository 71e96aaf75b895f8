"""Nodes by hand: what an uplink says, byte by byte, over a real MQTT session; and the centre's processes beside."""

import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from tests.support.broker import RunningBroker
from tests.support.mqtt import Peer, peer, wait_for
from tests.support.processes import Program, program
from wire import codec, topics
from wire.messages import Ack, Batch, Record, State, make_record

NODE = "kel-3673011001"
EPOCH = "epoch-1"
BOOT = "boot-1"


def record(seq: int, kind: str = "stop", body: object = None, **fields: Any) -> Record:
    """A record with a true hash; the default body is a valid `stop` event that differs by sequence."""
    content = msgspec.json.encode({"reason": f"test {seq}"} if body is None else body)
    known = {"boot": BOOT, "run": "run-1", "mono_ms": 1000 * seq, "wall_ms": 1_760_000_000_000 + 1000 * seq}
    return make_record(seq=seq, kind=kind, body=content, **{"synced": True, **known, **fields})


def report_body(**fields: Any) -> dict[str, Any]:
    """The body of a small health report."""
    return {"period_s": 30, "verdict": "OK", "probes": [], "system": None, "outbox": {}, **fields}


def batch(
    records: Sequence[Record], stream: str = "event", node: str = NODE, epoch: str = EPOCH, oldest: int | None = None
) -> bytes:
    """A batch as published."""
    seqs = [one.seq for one in records]
    held = oldest if oldest is not None else min(seqs, default=1)
    return codec.encode_batch(Batch(1, node, epoch, stream, held, max(seqs, default=0), tuple(records)))


def state(
    status: str = "online",
    reason: str = "birth",
    session: int = 1,
    node: str = NODE,
    epoch: str = EPOCH,
    boot: str = BOOT,
    warnings: tuple[str, ...] = (),
) -> bytes:
    """A birth, stop or will."""
    said = State(1, node, status, reason, boot, "run-1", epoch, session, f"nonce-{session}", "0.1.0", warnings)
    return codec.encode(said)


class FakeUplink:
    """A node's session, driven by hand. `acks` collects what the centre acknowledged."""

    def __init__(self, session: Peer, node: str = NODE) -> None:
        self.session = session
        self.node = node
        self.acks: list[Ack] = []
        self.other: list[tuple[str, bytes]] = []
        session.subscribe(topics.down_filter(node))

    def birth(self, session: int = 1, **fields: Any) -> None:
        """Say that this node is here."""
        self.session.publish(topics.state(self.node), state(session=session, node=self.node, **fields), retain=True)

    def send(self, records: Sequence[Record], stream: str = "event", epoch: str = EPOCH) -> None:
        """Publish one batch."""
        self.session.publish(topics.up(self.node, stream), batch(records, stream, self.node, epoch))

    def collect(self) -> None:
        """Take in what has come down."""
        for topic, payload in self.session.received():
            if topic.endswith("/ack"):
                self.acks.append(codec.decode_ack(payload))
            else:
                self.other.append((topic, payload))

    def stored(self, stream: str = "event", epoch: str = EPOCH) -> set[int]:
        """Sequence numbers acknowledged so far."""
        self.collect()
        lanes = [ack.stored for ack in self.acks if (ack.stream, ack.epoch) == (stream, epoch)]
        return {seq for pairs in lanes for first, last in pairs for seq in range(first, last + 1)}

    def wait_stored(self, seqs: Sequence[int], stream: str = "event", epoch: str = EPOCH) -> None:
        """Wait until all of these are acknowledged."""
        wait_for(lambda: set(seqs) <= self.stored(stream, epoch), f"the acknowledgement of {list(seqs)[:5]}..")

    def rejections(self) -> dict[int, str]:
        """Rejected sequence numbers with their codes, so far."""
        self.collect()
        return {one.seq: one.code for ack in self.acks for one in ack.rejected}

    def refusals(self) -> dict[str, str]:
        """Refused payloads by digest, so far."""
        self.collect()
        return {one.digest: one.code for ack in self.acks for one in ack.refused}


@contextmanager
def uplink(broker: RunningBroker, node: str = NODE) -> Iterator[FakeUplink]:
    """A connected node, enrolled at the broker."""
    with peer(broker, broker.issue_node(node)) as session:
        yield FakeUplink(session, node)


class Database:
    """The centre's SQLite file read from beside, as an auditor would."""

    def __init__(self, data: Path) -> None:
        self.path = data / "center.db"

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        database = sqlite3.connect(self.path, timeout=60)
        try:
            return database.execute(sql, parameters).fetchall()
        finally:
            database.close()

    def one(self, sql: str, *parameters: object) -> Any:
        """The single value of a query."""
        return self.rows(sql, *parameters)[0][0]

    def run(self, *statements: str) -> None:
        """Change something from beside."""
        database = sqlite3.connect(self.path, timeout=60)
        with database:
            for statement in statements:
                database.execute(statement)
        database.close()

    def seqs(self, stream: str = "event", node: str = NODE, epoch: str = EPOCH) -> list[int]:
        """The stored sequence numbers of a lane, each as often as it is stored."""
        sql = "SELECT seq FROM ingest_rawrecord WHERE node = ? AND epoch = ? AND stream = ? ORDER BY seq, id"
        return [row[0] for row in self.rows(sql, node, epoch, stream)]


@contextmanager
def center_process(data: Path, broker: RunningBroker, *words: str, module: str = "center.cli") -> Iterator[Program]:
    """One of the centre's processes (`ingest --worker 1`, `worker`) on this data directory and broker."""
    if not (data / "pki").exists():
        (data / "pki").symlink_to(broker.authority.directory)
    environment = {
        **os.environ,
        "SANDI_CENTER_DATA": str(data),
        "SANDI_CENTER_MQTT": f"{broker.host}:{broker.port}",
        "PYTHONUNBUFFERED": "1",
    }
    with program(sys.executable, "-m", module, *words, "--data", str(data), environment=environment) as running:
        yield running


@contextmanager
def projecting(data: Path, broker: RunningBroker) -> Iterator[Program]:
    """A real worker process."""
    with center_process(data, broker, "worker") as running:
        yield running


@contextmanager
def ingest(data: Path, broker: RunningBroker, worker: int = 1) -> Iterator[Program]:
    """A real ingest process that hears the fleet."""
    with center_process(data, broker, "ingest", "--worker", str(worker)) as running:
        database = Database(data)
        wait_for(
            lambda: running.process.poll() is not None or listening(database, worker, running.pid),
            f"ingest to listen: {running.output}",
        )
        assert running.process.poll() is None, running.output
        yield running


def listening(database: Database, worker: int, pid: int) -> bool:
    """Whether this very process says that it hears the fleet."""
    sql = "SELECT connected FROM ingest_listener WHERE worker = ? AND pid = ?"
    return database.rows(sql, worker, pid) == [(1,)]
