"""How fast the centre commits records, beside how fast paho receives the very same messages and throws them away.

python -m bench.ingest [--json]

Real parts: mosquitto over mutual TLS, `sandi-center ingest` on SQLite with synchronous=FULL, four enrolled nodes. The
same prepared batches go first to a bare paho subscriber in a process of its own (the most this client can take), then
to ingest. A record counts when its acknowledgement is back at its node, so the figure includes the commit.
"""

import argparse
import contextlib
import os
import queue
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from bench import table
from bench.city import free_port, wait_for
from center.pki import open_authority
from wire import codec, topics
from wire.messages import Batch, make_record

NODES = tuple(f"kel-{3673011001 + number}" for number in range(4))
WINDOW = 25
"""Messages on their way per node: the node's own window of bytes comes to about this many batches."""
GOAL_PER_S = 5000


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: per node this many messages of this many records of about 1 kB."""

    name: str
    messages: int
    records: int


LOADS = (Load("batches of 100", 100, 100), Load("batches of 10", 400, 10), Load("single records", 1000, 1))


def run() -> list[table.Row]:
    """Rows per load: records committed per second, raw receive in the same run, and their ratio."""
    rows: list[table.Row] = []
    with tempfile.TemporaryDirectory(prefix="sandi-bench-") as name, _center(Path(name)) as place:
        for number, load in enumerate(LOADS):
            payloads = {node: _payloads(node, f"epoch-{number}", load) for node in NODES}
            total = len(NODES) * load.messages * load.records
            with _process(place, "-m", "bench.ingest", "--receive", str(place.port), str(place.data)) as receiver:
                _await_line(receiver)
                raw_s = _send(place, payloads, None)
            with _process(place, "-m", "center.cli", "ingest", "--data", str(place.data)) as ingest:
                _await_listening(place)
                committed_s = _send(place, payloads, total)
                assert ingest.poll() is None
            rows += _rows(load, total, raw_s, committed_s)
    return rows


def _rows(load: Load, total: int, raw_s: float, committed_s: float) -> list[table.Row]:
    committed, raw = total / committed_s, total / raw_s
    goal = load.records == LOADS[0].records
    return [
        table.Row(
            f"{load.name}: committed and acknowledged",
            round(committed),
            "records/s",
            f">= {GOAL_PER_S}" if goal else "",
            committed >= GOAL_PER_S if goal else None,
        ),
        table.figure(f"{load.name}: raw paho receive", round(raw), "records/s"),
        table.figure(f"{load.name}: share of raw", 100 * committed / raw, "%"),
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    data: Path
    credentials: Path
    port: int


def _payloads(node: str, epoch: str, load: Load) -> list[bytes]:
    """Encoded batches of health reports whose numbers differ from record to record."""
    probe = {"probe": "icmp", "target": "gateway", "state": "up", "sent": 30, "lost": 0}
    made = []
    for message in range(load.messages):
        first = message * load.records + 1
        records = []
        for seq in range(first, first + load.records):
            probes = [
                {**probe, "target": f"target-{n}", "p50_ms": (seq * 37 + n * 101) % 997 / 10, "p95_ms": seq % 7001 / 10}
                for n in range(10)
            ]
            body = {"period_s": 30, "verdict": "OK", "probes": probes, "system": None, "outbox": {}}
            encoded = msgspec.json.encode(body)
            records.append(
                make_record(
                    seq=seq,
                    boot="b" * 32,
                    run="r" * 32,
                    mono_ms=seq * 30_000,
                    wall_ms=1_760_000_000_000 + seq,
                    synced=True,
                    kind="report",
                    body=encoded,
                )
            )
        head = load.messages * load.records
        made.append(codec.encode_batch(Batch(1, node, epoch, "health", 1, head, tuple(records))))
    return made


def _send(place: _Place, payloads: dict[str, list[bytes]], total: int | None) -> float:
    """Seconds until everything was acknowledged by the centre, or (total None) received by the bare subscriber."""
    events: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
    clients = {node: _node_client(place, node, events) for node in payloads}
    try:
        began = time.monotonic()
        waiting = {node: iter(batches) for node, batches in payloads.items()}
        for node in payloads:
            for _ in range(WINDOW):
                _next(clients[node], node, waiting)
        left = total if total is not None else sum(len(batches) for batches in payloads.values())
        per_message = 1 if total is None else total // sum(len(batches) for batches in payloads.values())
        while left > 0:
            node, count = events.get(timeout=30)
            left -= count
            for _ in range(max(count // per_message, 1)):
                _next(clients[node], node, waiting)
        return time.monotonic() - began
    finally:
        for client in clients.values():
            client.disconnect()
            client.loop_stop()


def _next(client: mqtt.Client, node: str, waiting: dict[str, Iterator[bytes]]) -> None:
    payload = next(waiting[node], None)
    if payload is not None:
        client.publish(topics.up(node, "health"), payload, qos=1)


def _node_client(place: _Place, node: str, events: "queue.SimpleQueue[tuple[str, int]]") -> mqtt.Client:
    """A node's session; each ack (from ingest or from the bare subscriber) puts (node, how many) into `events`."""

    def on_message(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if not message.topic.endswith("/ack"):
            events.put((node, 1))
            return
        ack = codec.decode_ack(bytes(message.payload))
        events.put((node, sum(last - first + 1 for first, last in ack.stored)))

    directory = place.credentials / node
    return _connect(place.port, node, directory / "ca.crt", directory / "node", topics.down_filter(node), on_message)


def _connect(port: int, name: str, ca: Path, stem: Path, subscription: str, on_message: object) -> mqtt.Client:
    ready: queue.SimpleQueue[bool] = queue.SimpleQueue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5)
    client.tls_set(str(ca), f"{stem}.crt", f"{stem}.key")
    client.max_inflight_messages_set(100)
    client.on_message = on_message  # type: ignore[assignment]
    client.on_connect = lambda *_: client.subscribe(subscription, 1)  # type: ignore[assignment]
    client.on_subscribe = lambda *_: ready.put(True)
    client.connect("127.0.0.1", port)
    client.loop_start()
    ready.get(timeout=10)
    return client


def receive(port: int, data: Path) -> None:
    """The bare subscriber: the same shared subscription; tells each node of each message, and does nothing else."""

    def on_message(client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        client.publish(topics.down(message.topic.split("/")[2], "notice"), b"")

    stem = data / "pki" / "clients" / "center-ingest-1"
    _connect(port, "center-ingest-1", stem / "ca.crt", stem / "client", f"$share/ingest/{topics.UP_FILTER}", on_message)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    time.sleep(120)


@contextlib.contextmanager
def _center(directory: Path) -> Iterator[_Place]:
    """A centre's data directory, a running broker and enrolled nodes; no worker, no web."""
    place = _Place(directory / "center", directory / "credentials", free_port())
    place.credentials.mkdir()
    data = ("--data", str(place.data))
    _command("init", *data)
    for node in NODES:
        _command("enroll", node, "--out", str(place.credentials / node), *data)
    with _process(place, "-m", "center.cli", "broker", "--mqtt", f"127.0.0.1:{place.port}", *data):
        open_authority(place.data / "pki").issue_center("center-ingest-1")
        wait_for(lambda: _accepts(place.port), "the broker")
        yield place


def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _command(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "center.cli", *words], check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def _process(place: _Place, *words: str) -> Iterator["subprocess.Popen[str]"]:
    environment = {**os.environ, "SANDI_CENTER_MQTT": f"127.0.0.1:{place.port}"}
    process = subprocess.Popen([sys.executable, *words], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=15)


def _await_line(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    if not process.stdout.readline():
        raise RuntimeError(f"the subscriber ended with {process.wait()}")


def _await_listening(place: _Place) -> None:
    def listens() -> bool:
        database = sqlite3.connect(f"file:{place.data / 'center.db'}?mode=ro", uri=True)
        try:
            count = database.execute("SELECT count(*) FROM ingest_listener WHERE connected = 1").fetchone()[0]
            return bool(count == 1)
        finally:
            database.close()

    wait_for(listens, "ingest to listen")


def main() -> None:
    """Print the rows."""
    options = argparse.ArgumentParser(prog="bench.ingest", description=__doc__)
    options.add_argument("--json", action="store_true", help="one JSON object")
    options.add_argument("--receive", nargs=2, metavar=("PORT", "DATA"), help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.receive:
        receive(int(chosen.receive[0]), Path(chosen.receive[1]))
        return
    table.show("ingest against raw paho receive", run(), chosen.json)


if __name__ == "__main__":
    main()
