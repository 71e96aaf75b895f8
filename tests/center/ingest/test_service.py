"""The ingest process against a real mosquitto over mutual TLS and a real database file."""

import random
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.support.broker import RunningBroker
from tests.support.fleet import (
    NODE,
    Database,
    FakeUplink,
    batch,
    center_process,
    ingest,
    record,
    uplink,
)
from tests.support.mqtt import Peer, peer, wait_for
from tests.support.own_time import within
from wire import codec, topics

pytestmark = pytest.mark.broker


def center_states(watcher: Peer) -> list[tuple[str, str]]:
    """What the centre's presence topic has said since the last call: (status, generation)."""
    found = [codec.decode_center_state(payload) for _topic, payload in watcher.received()]
    return [(one.status, one.generation) for one in found]


def test_killed_between_commit_and_ack_the_resend_is_a_repeat_and_each_record_is_there_once(
    center_data: Path, broker: RunningBroker, database: Database, node: FakeUplink
) -> None:
    words = ("ingest", "--worker", "1")
    with center_process(center_data, broker, *words, module="tests.support.dies_before_ack") as doomed:
        wait_for(lambda: database.one("SELECT COUNT(*) FROM ingest_listener WHERE connected = 1") == 1, "ingest")
        node.send([record(1), record(2)])
        assert doomed.wait() == -signal.SIGKILL
    assert database.seqs() == [1, 2]
    assert node.stored() == set()
    with ingest(center_data, broker):
        node.send([record(1), record(2), record(3)])
        node.wait_stored([1, 2, 3])
    assert database.seqs() == [1, 2, 3]


def test_killed_at_any_moment_whatever_was_acknowledged_is_stored_exactly_once(
    center_data: Path, broker: RunningBroker, database: Database, node: FakeUplink
) -> None:
    everything = [record(seq) for seq in range(1, 201)]
    choose = random.Random(7)
    acknowledged: set[int] = set()
    for _ in range(3):
        with ingest(center_data, broker) as running:
            deadline = time.monotonic() + choose.uniform(0.02, 0.2)
            while time.monotonic() < deadline:
                first = choose.randrange(0, 190)
                node.send(everything[first : first + 10])
            running.send(signal.SIGKILL)
            running.wait()
        acknowledged |= node.stored()
        stored = database.seqs()
        assert len(stored) == len(set(stored))
        assert acknowledged <= set(stored)
    with ingest(center_data, broker):
        node.send(everything[:100])
        node.send(everything[100:])
        node.wait_stored(range(1, 201))
    assert database.seqs() == list(range(1, 201))


def test_a_retained_message_on_a_stream_is_no_delivery(
    center_data: Path, broker: RunningBroker, database: Database, node: FakeUplink
) -> None:
    node.session.publish(topics.up(NODE, "event"), batch([record(1)]), retain=True)
    with ingest(center_data, broker):
        node.send([record(2)])
        node.wait_stored([2])
    assert 1 not in node.stored()


def test_while_the_database_is_in_trouble_nothing_is_acknowledged_and_then_everything_is(
    center_data: Path, broker: RunningBroker, database: Database, node: FakeUplink
) -> None:
    with ingest(center_data, broker) as running:
        database.run("ALTER TABLE ingest_span RENAME TO ingest_span_away")
        node.send([record(1)])
        running.wait_for_output("database-trouble")
        assert node.stored() == set()
        assert database.seqs() == []
        database.run("ALTER TABLE ingest_span_away RENAME TO ingest_span")
        node.wait_stored([1])
        running.wait_for_output("ingest-resumed")
    assert database.seqs() == [1]


def test_after_the_broker_was_away_ingest_listens_again_by_itself(
    center_data: Path, broker: RunningBroker, database: Database
) -> None:
    with ingest(center_data, broker) as running:
        broker.kill()
        running.wait_for_output("ingest-interrupted")
        connected = "SELECT connected FROM ingest_listener"
        wait_for(lambda: database.rows(connected) == [(0,)], "ingest to say that it hears nobody")
        broker.start()
        wait_for(lambda: database.rows(connected) == [(1,)], "ingest to listen again")
        with uplink(broker) as node:
            node.send([record(1)])
            node.wait_stored([1])
    assert database.seqs() == [1]


def test_two_workers_share_the_stream_and_both_dedup_against_the_same_sets(
    center_data: Path, broker: RunningBroker, database: Database, node: FakeUplink
) -> None:
    with ingest(center_data, broker, 1), ingest(center_data, broker, 2):
        for first in range(1, 100, 5):
            records = [record(seq) for seq in range(first, first + 10)]
            node.send(records)
            node.send(records)
        node.wait_stored(range(1, 106))
    assert database.seqs() == list(range(1, 106))
    assert database.rows("SELECT first, last FROM ingest_span") == [(1, 105)]


def test_one_worker_of_two_dies_and_the_centre_is_still_online(
    center_data: Path, broker: RunningBroker, database: Database, node: FakeUplink
) -> None:
    with peer(broker, broker.issue_node("opd-watcher")) as watcher:
        watcher.subscribe(topics.CENTER_STATE)
        with ingest(center_data, broker, 1), ingest(center_data, broker, 2) as second:
            wait_for(lambda: "online" in dict(center_states(watcher)), "the centre to be online")
            second.send(signal.SIGKILL)
            second.wait()
            said: list[str] = []
            wait_for(lambda: said.extend(s for s, _ in center_states(watcher)) or "offline" in said, "its will")
            wait_for(
                lambda: said.extend(s for s, _ in center_states(watcher)) or said[-1] == "online",
                "the other worker to put it right",
            )
            node.send([record(1)])
            node.wait_stored([1])
    assert said[-1] == "online" and database.seqs() == [1]


def test_stopped_in_order_it_says_offline_and_is_gone_at_once(
    center_data: Path, broker: RunningBroker, node: FakeUplink
) -> None:
    with peer(broker, broker.issue_node("opd-watcher")) as watcher:
        watcher.subscribe(topics.CENTER_STATE)
        with ingest(center_data, broker) as running:
            wait_for(lambda: "online" in dict(center_states(watcher)), "the centre to be online")
            with within(2):
                running.send(signal.SIGTERM)
                assert running.wait() == 0
        wait_for(lambda: "offline" in dict(center_states(watcher)), "its farewell")


def test_a_restored_older_database_gets_a_new_generation_and_what_is_offered_again_is_stored_once(
    center_data: Path, broker: RunningBroker, database: Database, node: FakeUplink
) -> None:
    from center.ingest.generation import renew_generation

    node.session.subscribe(topics.CENTER_STATE)

    def generations() -> list[str]:
        node.collect()
        return [codec.decode_center_state(p).generation for t, p in node.other if t == topics.CENTER_STATE]

    with ingest(center_data, broker) as running:
        node.send([record(1), record(2)])
        node.wait_stored([1, 2])
        first = generations()[-1]
        running.send(signal.SIGTERM)
        assert running.wait() == 0
    backup = (center_data / "center.db").read_bytes()
    assert not list(center_data.glob("center.db-wal")) or (center_data / "center.db-wal").stat().st_size == 0
    with ingest(center_data, broker):
        node.send([record(3), record(4)])
        node.wait_stored([3, 4])
    for leftover in center_data.glob("center.db-*"):
        leftover.unlink()
    (center_data / "center.db").write_bytes(backup)
    renewed = renew_generation()
    from django.db import connections

    connections.close_all()
    assert renewed != first
    with ingest(center_data, broker):
        wait_for(lambda: generations()[-1] == renewed, "the new generation")
        node.acks.clear()
        node.send([record(seq) for seq in range(1, 5)])
        node.wait_stored([1, 2, 3, 4])
    assert database.seqs() == [1, 2, 3, 4]


def test_in_a_silent_fleet_ingest_hears_itself_and_when_it_does_not_it_opens_a_new_session(
    center_data: Path, broker: RunningBroker, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connections

    from center.ingest import service
    from center.ingest.session import SessionConfig

    monkeypatch.setattr(service, "SILENCE_S", 0.4)
    monkeypatch.setattr(service, "ECHO_S", 30.0)  # a busy machine's echo comes late, and that is no silence
    sessions: list[float] = []

    class Counted(service.Session):
        def open(self) -> None:
            super().open()
            sessions.append(time.monotonic())

    monkeypatch.setattr(service, "Session", Counted)
    keys = broker.issue_center()
    config = SessionConfig(broker.host, broker.port, keys.name, keys.ca, keys.certificate, keys.key)
    stop = threading.Event()

    def run() -> None:
        service.Ingest(config, 1, center_data, stop, lambda: None).run()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_for(lambda: len(sessions) == 1, "the first session")
        with peer(broker, broker.issue_node("opd-watcher")) as watcher:
            watcher.subscribe(topics.CENTER_STATE)
            said: list[tuple[str, str]] = []
            wait_for(lambda: said.extend(center_states(watcher)) or len(said) >= 4, "several echoes")
        assert len(sessions) == 1
        broker.pause()
        monkeypatch.setattr(service, "ECHO_S", 0.6)
        wait_for(lambda: database.rows("SELECT connected FROM ingest_listener") == [(0,)], "the silence to be noticed")
        monkeypatch.setattr(service, "ECHO_S", 30.0)
        broker.resume()
        wait_for(lambda: len(sessions) >= 2, "a new session")
        with uplink(broker) as node:
            node.send([record(1)])
            node.wait_stored([1])
    finally:
        broker.resume()
        stop.set()
        thread.join(90)
    assert not thread.is_alive()
