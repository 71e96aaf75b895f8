"""A day without the centre comes back: 2,880 reports on board, and the cable is put in again.

python -m bench.replay [--rounds 5] [--json]

Real parts: a whole centre and the real agent in two network namespaces with a virtual cable between them (root). The
agent runs for 20 s with the cable out; then its interface comes up and the clock starts. The birth is seen by a
subscriber of its own at the broker; what is stored, in the centre's database (looked at every 20 ms, so committed).
Bytes are the interface's own counters: every header, acknowledgement and probe.
"""

import argparse
import contextlib
import json
import queue
import shutil
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from bench import backlog, city, process, table
from center.pki import open_authority
from tests.support.lab import Box, laboratory
from wire import codec, topics

CENTER, NODE_ADDRESS = "10.9.0.1", "10.9.0.2"
OFFLINE_S = 20.0
ROUND_TIMEOUT_S = 60.0
GOAL_STORED_S, GOAL_LIVE_S = 5.0, 2.0
LISTENER = "center-ingest-9"
POLL_S = 0.02
_STORED = """SELECT coalesce(sum(stream = 'health' AND seq <= :health OR stream = 'event' AND seq <= :event), 0),
  coalesce(max(stream = 'health' AND seq >= :health), 0) FROM ingest_rawrecord WHERE epoch = :epoch"""
Times = dict[str, float]


@dataclass(slots=True)
class Round:
    """One return. Times in seconds after the cable was put in; CPU in seconds; bytes of the interface."""

    times: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    sent_bytes: int = 0
    received_bytes: int = 0


def run(rounds: int = 5) -> list[table.Row]:
    """Rows: medians over the rounds."""
    with tempfile.TemporaryDirectory(prefix="sandi-replay-", dir=backlog.PLACE) as name, laboratory() as lab:
        center, node = lab.box("center"), lab.box("node")
        lab.cable((center, "eth0", f"{CENTER}/24"), (node, "eth0", f"{NODE_ADDRESS}/24"))
        node.ip("route", "add", "default", "via", CENTER)
        with _center(Path(name), center) as place, _listening(center, place) as heard:
            return _rows([_round(place, node, heard, number) for number in range(rounds)])


def _round(place: city.City, node: Box, heard: "queue.Queue[dict[str, object]]", number: int) -> Round:
    directory = place.data.parent / f"round-{number}"
    node.ip("link", "set", "eth0", "down")
    filled = backlog.fill(directory / "agent", backlog.DAY_REPORTS, seed=number)
    found = Round()
    with city.running_agent(place, directory, host=CENTER, inside=node.name) as agent:
        pids = {"agent": agent.pid, **city.children(place)}
        time.sleep(OFFLINE_S)
        while not heard.empty():
            heard.get()
        cpu = {name: process.cpu_seconds(pid) for name, pid in pids.items()}
        sent, received = _counters(node)
        node.ip("link", "set", "eth0", "up")
        began_s = time.monotonic()
        node.ip("route", "replace", "default", "via", CENTER)
        found.times = _follow(place, heard, filled, began_s)
        found.cpu = {name: process.cpu_seconds(pid) - cpu[name] for name, pid in pids.items()}
        now_sent, now_received = _counters(node)
        found.sent_bytes, found.received_bytes = now_sent - sent, now_received - received
    shutil.rmtree(directory)
    return found


def _follow(place: city.City, heard: "queue.Queue[dict[str, object]]", filled: backlog.Filled, began_s: float) -> Times:
    """Watch the centre's database until all of the backlog is committed; births come from the subscriber."""
    times: Times = {}
    database = sqlite3.connect(f"file:{place.data / 'center.db'}?mode=ro", uri=True)
    with contextlib.closing(database):
        while "all stored" not in times:
            if time.monotonic() - began_s > ROUND_TIMEOUT_S:
                raise TimeoutError(f"after {ROUND_TIMEOUT_S} s only {times}")
            time.sleep(POLL_S)
            rows, newest = database.execute(_STORED, {"epoch": filled.epoch, **filled.heads}).fetchone()
            if newest:
                times.setdefault("newest report stored", time.monotonic() - began_s)
            if rows >= filled.records:
                times["all stored"] = time.monotonic() - began_s
    while not heard.empty():
        seen = heard.get()
        if seen["epoch"] == filled.epoch:
            times.setdefault("birth at the broker", float(str(seen["at_s"])) - began_s)
    return times


def _counters(node: Box) -> tuple[int, int]:
    """Bytes sent and received by the node's interface."""
    both = json.loads(node.run("ip", "-s", "-j", "link", "show", "eth0"))[0]["stats64"]
    return int(both["tx"]["bytes"]), int(both["rx"]["bytes"])


def _rows(rounds: list[Round]) -> list[table.Row]:
    def median(name: str) -> float:
        return statistics.median(one.times[name] for one in rounds)

    spread = ", ".join(f"{one.times['all stored']:.2f}" for one in rounds)
    return [
        table.figure("cable in to the birth at the broker", median("birth at the broker"), "s"),
        table.below("cable in to the newest report stored", median("newest report stored"), "s", GOAL_LIVE_S),
        table.below(f"cable in to all {backlog.DAY_REPORTS} reports stored", median("all stored"), "s", GOAL_STORED_S),
        table.figure("  each round", spread, "s"),
        *(
            table.figure(f"CPU of {name}", statistics.median(one.cpu[name] for one in rounds), "s")
            for name in rounds[0].cpu
        ),
        table.figure("sent by the node, all headers", statistics.median(one.sent_bytes for one in rounds) / 1e3, "kB"),
        table.figure("received by the node", statistics.median(one.received_bytes for one in rounds) / 1e3, "kB"),
    ]


# -- the centre and the subscriber, in the centre's namespace --------------------------------------------------------


@contextlib.contextmanager
def _center(directory: Path, box: Box) -> Iterator[city.City]:
    with city.running_center(directory, host=CENTER, inside=box.name) as place:
        yield place


@contextlib.contextmanager
def _listening(box: Box, place: city.City) -> Iterator["queue.Queue[dict[str, object]]"]:
    """Births as the broker passes them on, each with the moment it was seen."""
    open_authority(place.data / "pki").issue_center(LISTENER)
    listener = box.start(sys.executable, "-m", "bench.replay", "--listen", str(place.mqtt_port), str(place.data))
    heard: queue.Queue[dict[str, object]] = queue.Queue()
    assert listener.stdout is not None
    listener.stdout.readline()  # it is connected

    def read() -> None:
        assert listener.stdout is not None
        for line in listener.stdout:
            heard.put(json.loads(line))

    threading.Thread(target=read, daemon=True).start()
    yield heard


def listen(port: int, data: Path) -> None:
    """Print births as JSON lines, until killed."""

    def say(**seen: object) -> None:
        sys.stdout.write(json.dumps(seen) + "\n")
        sys.stdout.flush()

    def on_message(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        at_s, state = time.monotonic(), codec.decode_state(bytes(message.payload))
        if not message.retain and state.reason == "birth":
            say(at_s=at_s, epoch=state.epoch)

    stem = data / "pki" / "clients" / LISTENER
    client = mqtt.Client(CallbackAPIVersion.VERSION2, LISTENER, protocol=mqtt.MQTTv5)
    client.tls_set(str(stem / "ca.crt"), str(stem / "client.crt"), str(stem / "client.key"))
    client.on_message = on_message
    client.on_connect = lambda *_: client.subscribe(topics.state(city.NODE), 1)  # type: ignore[assignment]
    client.on_subscribe = lambda *_: say(ready=True)
    client.connect(CENTER, port)
    client.loop_forever()


def main() -> None:
    """Print the rows."""
    options = argparse.ArgumentParser(prog="bench.replay", description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--json", action="store_true", help="one JSON object")
    options.add_argument("--listen", nargs=2, metavar=("PORT", "DATA"), help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.listen:
        listen(int(chosen.listen[0]), Path(chosen.listen[1]))
        return
    rows = run(chosen.rounds)
    table.show("replay of an offline day", rows, chosen.json)
    sys.exit(1 if any(row.met is False for row in rows) else 0)


if __name__ == "__main__":
    main()
