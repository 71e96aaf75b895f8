"""Storing, projecting and judging once more on PostgreSQL, and the whole way with two ingest processes."""

import importlib
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.broker import running_broker
from tests.support.fleet import center_process, record, uplink
from tests.support.mqtt import wait_for
from tests.support.postgresql_center import center_on_postgresql, migrated_postgresql
from wire import topics

pytestmark = pytest.mark.full

MODULES = ("ingest.test_store", "ingest.test_incoming", "ingest.test_poison", "ingest.test_presence",
           "ingest.test_downlink", "worker.test_projection", "worker.test_clocks", "worker.test_states",
           "worker.test_audit", "worker.test_diagnosis", "worker.test_maintenance",
           "operations.test_rolling", "operations.test_told", "operations.test_signed_downlinks")  # fmt: skip
SQLITE_ONLY = {
    "test_a_row_that_vanishes_while_being_written_rolls_everything_back",
    "test_when_the_room_for_unstorable_records_is_full_the_node_keeps_them",
    "test_a_record_of_which_the_quarantine_holds_the_only_copy_can_be_read_back_whole",
    "test_made_up_epochs_of_unstorable_records_are_counted_too",
    "test_the_file_of_a_record_that_only_the_quarantine_holds_stays",
    "test_any_bytes_on_any_topic_are_stored_filed_or_ignored",  # below, with this module's database
}


def _again() -> dict[str, Any]:
    """The tests of other modules that need a database and no broker, and their fixtures: here `center_data` differs."""
    found: dict[str, Any] = {}
    for name in MODULES:
        for key, value in vars(importlib.import_module(f"tests.center.{name}")).items():
            marks = {mark.name for mark in getattr(value, "pytestmark", [])}
            if key == "judge_at" or (key.startswith("test_") and "broker" not in marks and key not in SQLITE_ONLY):
                found[key] = value
    return found


globals().update(_again())


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A migrated database of a private server."""
    with migrated_postgresql() as address:
        yield address


@pytest.fixture
def center_data(url: str, tmp_path: Path) -> Iterator[Path]:
    """A data directory whose database is on PostgreSQL, emptied for each test."""
    with center_on_postgresql(url, tmp_path / "center") as directory:
        from django.db import connection

        with connection.cursor() as cursor:
            ours = ("ingest_", "connectivity_", "cctv_", "complaints_", "operations_", "sites_", "alerts_", "accounts_",
                    "availability_", "reports_", "wall_", "otp_", "fleet_")  # fmt: skip
            tables = [name for name in connection.introspection.table_names() if name.startswith(ours)]
            cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
        yield directory


def test_a_nul_that_slips_through_the_wire_stops_its_record_only(center_data: Path) -> None:
    """PostgreSQL takes no NUL in a text; SQLite does. The record is kept whole in quarantine and the rest is stored."""
    from dataclasses import replace

    from center.ingest import only_copy
    from center.ingest.commit import commit
    from center.ingest.decode import Parcel, decode
    from center.ingest.models import Quarantined, RawRecord
    from tests.support.fleet import NODE, batch

    payload = batch([record(seq) for seq in range(1, 6)])
    parcel = decode(topics.up(NODE, "event"), payload, retained=False, received_ms=1)
    assert isinstance(parcel, Parcel)
    spoiled = [replace(one, body=one.body + "\x00") if one.seq == 3 else one for one in parcel.records]
    results = commit([replace(parcel, records=tuple(spoiled))], center_data)
    assert sorted(seq for result in results for seq in result.stored) == [1, 2, 3, 4, 5]
    assert sorted(RawRecord.objects.values_list("seq", flat=True)) == [1, 2, 4, 5]
    case = Quarantined.objects.get()
    assert (case.code, only_copy.unpack(bytes(case.payload)).record) == ("unstorable", spoiled[2])


def test_any_bytes_on_any_topic_are_stored_filed_or_ignored_here_too(center_data: Path) -> None:

    from center.ingest.commit import commit
    from center.ingest.decode import CenterNews, Poison, decode
    from tests.center.ingest.test_poison import WHOLE
    from tests.support.fleet import NODE
    from tests.support.poison import pills

    chance = random.Random(5)
    whole = [*WHOLE, *(pill.payload for pill in pills(NODE))]
    for _ in range(400):
        payload = bytearray(chance.choice(whole))
        for _ in range(chance.randrange(3)):
            at = chance.randrange(len(payload) + 1)
            payload[at : at + chance.randrange(4)] = chance.randbytes(chance.randrange(4))
        topic = chance.choice((topics.up(NODE, "event"), topics.up(NODE, "snapshot"), topics.state(NODE)))
        news = decode(topic, bytes(payload), retained=False, received_ms=1)
        if news is not None and not isinstance(news, CenterNews):
            assert not (isinstance(news, Poison) and news.code == "internal"), news
            assert len(commit([news], center_data)) <= 1


def test_strange_records_and_metrics_pass_through_postgresql(center_data: Path) -> None:
    from center.ingest.models import Cursor, Quarantined, RawRecord
    from center.web.metrics import exposition
    from center.worker.audit import Auditor
    from tests.support.arrivals import project_all, store_payload
    from tests.support.fleet import NODE, state
    from tests.support.poison import raw_batch, strange_but_true
    from wire.messages import MAX_INTEGER

    records = strange_but_true()
    store_payload(center_data, topics.up(NODE, "event"), raw_batch(NODE, *records.values(), head=MAX_INTEGER))
    birth = state().replace(b'"0.1.0"', b'"1\\u0000"')
    store_payload(center_data, topics.state(NODE), birth)
    project_all(center_data)
    Auditor().run(1)
    assert RawRecord.objects.count() == len(records)
    assert Cursor.objects.get().position == RawRecord.objects.latest("id").pk
    assert set(Quarantined.objects.values_list("code", flat=True)) == {"internal"}
    assert b'sandi_quarantine_cases{code="internal"} 1.0' in exposition()


@pytest.mark.parametrize(
    ("configured", "effective"), [("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")]
)
def test_a_commit_is_on_disk_when_it_returns_whatever_the_server_is_set_to(
    center_data: Path, url: str, configured: str, effective: str
) -> None:
    from django.db import connection

    from center.ingest.database import select, writing

    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"ALTER ROLE sandi SET synchronous_commit = {configured}")  # type: ignore[arg-type]
    try:
        connection.close()
        with writing():
            assert select("SHOW synchronous_commit") == [(effective,)]
        assert select("SHOW synchronous_commit") == [(configured,)]
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute("ALTER ROLE sandi RESET synchronous_commit")


def test_a_head_that_does_not_change_is_not_waited_for(center_data: Path, url: str) -> None:
    from center.ingest.database import execute
    from tests.support.arrivals import store_records

    store_records(center_data, [record(1)])
    with psycopg.connect(url) as other:
        other.execute("SELECT 1 FROM ingest_head FOR UPDATE")
        execute("SET lock_timeout = '2s'")
        (result,) = store_records(center_data, [record(1)])
    assert result.stored == (1,)


def test_a_transaction_that_made_way_in_a_deadlock_is_done_again_at_once(center_data: Path, url: str) -> None:
    """Another writer takes two lanes' heads the other way round, and is the one that waits without looking."""
    from django.db import connection

    from center.ingest.commit import commit
    from center.ingest.decode import Parcel, decode
    from center.ingest.models import Head, RawRecord
    from tests.support.arrivals import store_records
    from tests.support.fleet import batch

    nodes = ("kel-3673011001", "kel-3673011002")
    for node in nodes:
        store_records(center_data, [record(1)], node=node)
    made_way: list[bool] = []
    for seq in range(2, 7):
        held = threading.Event()
        thread = threading.Thread(target=contrary, args=(url, nodes, held, made_way))
        thread.start()
        assert held.wait(90)
        payloads = [(topics.up(node, "event"), batch([record(seq)], node=node)) for node in nodes]
        news = [decode(*one, retained=False, received_ms=9) for one in payloads]
        outcomes = commit([one for one in news if isinstance(one, Parcel)], center_data)
        thread.join()
        assert len(outcomes) == 2
        assert set(Head.objects.values_list("head", flat=True)) == {seq}
        assert RawRecord.objects.count() == 2 * seq
        if made_way[-1:] != [False]:
            break
    assert made_way[-1:] == [True]
    connection.close()
    with psycopg.connect(url) as other:
        wait_for(lambda: deadlocks(other) > 0, "the server to count it")


def contrary(url: str, nodes: tuple[str, str], held: threading.Event, made_way: list[bool]) -> None:
    """Take the second node's head, and the first's when somebody waits for that one; whether they made way. They look
    for a deadlock once, after a second: who comes too late for that on a busy machine gives up."""
    touch = "UPDATE ingest_head SET received_ms = 7 WHERE node = %s"
    with psycopg.connect(url) as other, psycopg.connect(url, autocommit=True) as looker:
        other.execute("SET deadlock_timeout = '600s'")
        other.execute("SET lock_timeout = '30s'")
        other.execute(touch, (nodes[1],))
        held.set()
        wait_for(lambda: waits(looker), "ingest to wait for the second head")
        try:
            other.execute(touch, (nodes[0],))
        except psycopg.errors.LockNotAvailable:
            made_way.append(False)
        else:
            made_way.append(True)


def waits(server: "psycopg.Connection[Any]") -> bool:
    """Whether a session waits for another one's row."""
    row = server.execute("SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'").fetchone()
    return bool(row and row[0])


def deadlocks(server: "psycopg.Connection[Any]") -> int:
    """How many the server has broken so far."""
    row = server.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'").fetchone()
    server.rollback()
    return int(row[0]) if row else 0


def guarded(work: Callable[[], None], faults: list[Exception]) -> threading.Thread:
    """A thread of its own for it, with its own connections; what it raises is added to `faults`."""
    from django.db import connections

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - told by the test
            faults.append(error)
        finally:
            connections.close_all()

    return threading.Thread(target=run)


def gather(data: Path, nodes: list[str], numbers: range) -> None:
    """Commit a group for each of these numbers: every node, in any order, reports on all its streams."""
    from center.ingest.commit import commit
    from center.ingest.decode import decode
    from tests.support.fleet import batch, report_body

    chance = random.Random(numbers.start)
    for seq in numbers:
        said = report_body(outbox={stream: [1, seq, 0] for stream in topics.STREAMS})
        payloads = [
            (topics.up(node, stream), batch([one], stream, node))
            for node in chance.sample(nodes, len(nodes))
            for stream, one in (("health", record(seq, "report", said)), ("event", record(seq)))
        ]
        commit([decode(*one, retained=False, received_ms=seq) for one in payloads], data)  # type: ignore[misc]


def test_two_ingest_threads_and_a_worker_on_the_same_lanes_get_out_of_each_others_way(
    center_data: Path, url: str
) -> None:
    """Groups of many nodes in any order, each reporting on all its streams, while the worker projects them."""
    from center.ingest.models import RawRecord
    from center.worker.projection import project_page

    nodes = [f"kel-36730110{number:02}" for number in range(40)]
    groups = 24
    faults: list[Exception] = []
    ended = threading.Event()

    def project() -> None:
        while project_page(center_data) or not ended.is_set():
            pass

    with psycopg.connect(url) as server:
        before = deadlocks(server)
        worker = guarded(project, faults)
        ingest = [
            guarded(lambda numbers=range(first, groups + 1, 2): gather(center_data, nodes, numbers), faults)  # type: ignore[misc]
            for first in (1, 2)
        ]
        for thread in (worker, *ingest):
            thread.start()
        for thread in ingest:
            thread.join()
        ended.set()
        worker.join()
        assert faults == []
        assert RawRecord.objects.count() == groups * len(nodes) * 2
        assert deadlocks(server) == before


@pytest.mark.broker
def test_two_ingest_processes_and_a_worker_on_one_database_store_and_project_each_record_once(
    url: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    address = url.removesuffix("/postgres")
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("CREATE DATABASE city")
    (data / "center.toml").write_text(f'[database]\nurl = "{address}/city"\n')

    def count(sql: str) -> Any:
        with psycopg.connect(f"{address}/city") as database:
            row = database.execute(sql).fetchone()  # type: ignore[arg-type]
            return row[0] if row else None

    with running_broker(tmp_path) as broker:
        init = [sys.executable, "-m", "center.cli", "init", "--data", str(data)]
        subprocess.run(init, check=True, timeout=240, stdout=subprocess.DEVNULL)
        shutil.rmtree(data / "pki")
        (data / "pki").symlink_to(broker.authority.directory)
        with (
            center_process(data, broker, "ingest", "--worker", "1"),
            center_process(data, broker, "ingest", "--worker", "2"),
            center_process(data, broker, "worker"),
            uplink(broker) as node,
        ):
            wait_for(lambda: count("SELECT COUNT(*) FROM ingest_listener WHERE connected") == 2, "both to listen")
            for first in range(1, 200, 5):
                records = [record(seq) for seq in range(first, first + 10)]
                node.send(records)
                node.send(records)
            node.wait_stored(range(1, 206))
            assert count("SELECT COUNT(*) FROM ingest_rawrecord") == 205
            wait_for(lambda: count("SELECT COUNT(*) FROM connectivity_nodeevent") == 205, "the projection")
            node.birth()
            state = "SELECT state FROM connectivity_nodestate"
            wait_for(lambda: count(state) == "UP", "the node to be up")
