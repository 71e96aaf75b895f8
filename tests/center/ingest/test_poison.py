"""Poison of every sort through a real broker and a real ingest and worker, mixed with another node's good traffic."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.arrivals import store_payload, store_records, store_state
from tests.support.broker import RunningBroker, running_broker
from tests.support.center import center_database
from tests.support.fleet import NODE, Database, FakeUplink, ingest, projecting, record, state, uplink
from tests.support.mqtt import wait_for
from tests.support.poison import endless_lineage, misfits, pills, raw_batch, raw_record, strange_but_true
from tests.support.torture import often
from wire import codec, topics
from wire.messages import MAX_INTEGER

broker_test = pytest.mark.broker
_numbers = itertools.count(3673011001)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, RunningBroker]]:
    """A data directory and a broker with one ingest process and a worker on them."""
    directory = tmp_path_factory.mktemp("poison")
    with (
        center_database(directory / "center") as data,
        running_broker(directory) as broker,
        ingest(data, broker),
        projecting(data, broker),
    ):
        yield data, broker


@pytest.fixture
def database(running: tuple[Path, RunningBroker]) -> Database:
    return Database(running[0])


@pytest.fixture
def bad(running: tuple[Path, RunningBroker]) -> Iterator[FakeUplink]:
    """The node that sends poison."""
    with uplink(running[1], f"kel-{next(_numbers)}") as session:
        yield session


@pytest.fixture
def good(running: tuple[Path, RunningBroker]) -> Iterator[FakeUplink]:
    """A node beside it."""
    with uplink(running[1], f"kel-{next(_numbers)}") as session:
        yield session


def cases(database: Database, node: FakeUplink) -> dict[str, str]:
    """Digest -> code of a node's cases."""
    return dict(database.rows("SELECT digest, code FROM ingest_quarantined WHERE node = ?", node.node))


@broker_test
def test_each_pill_is_refused_by_name_and_the_neighbour_is_answered_in_between(
    database: Database, bad: FakeUplink, good: FakeUplink
) -> None:
    poison = pills(bad.node)
    for seq, pill in enumerate(poison, start=1):
        bad.session.publish(topics.up(bad.node, pill.stream), pill.payload)
        good.send([record(seq)])
        good.wait_stored([seq])
    expected = {codec.payload_digest(pill.payload): pill.code for pill in poison}
    wait_for(lambda: set(expected) <= set(bad.refusals()), "the refusals")
    assert {digest: bad.refusals()[digest] for digest in expected} == expected
    assert cases(database, bad) == expected
    assert cases(database, good) == {}
    sizes = "SELECT MAX(LENGTH(payload)), MAX(size_bytes) FROM ingest_quarantined WHERE node = ?"
    assert database.rows(sizes, bad.node) == [(4096, 300_014)]
    bad.send([record(1)])
    bad.wait_stored([1])


@broker_test
def test_records_that_do_not_fit_are_stored_named_and_passed_over(
    database: Database, bad: FakeUplink, good: FakeUplink
) -> None:
    records = misfits()
    bad.session.publish(topics.up(bad.node, "event"), raw_batch(bad.node, *records.values(), head=99))
    bad.wait_stored(list(records))
    assert bad.rejections() == dict.fromkeys(records, "schema")
    good.send([record(1)])
    rows = "SELECT seq FROM connectivity_nodeevent WHERE node = ?"
    wait_for(lambda: database.rows(rows, good.node) == [(1,)], "the neighbour's projection")
    assert database.rows(rows, bad.node) == []


@broker_test
def test_strange_clocks_numbers_and_texts_are_stored_projected_and_shown(
    running: tuple[Path, RunningBroker], database: Database, bad: FakeUplink, good: FakeUplink
) -> None:
    records = strange_but_true()
    payload = raw_batch(bad.node, *records.values(), head=MAX_INTEGER)
    bad.session.publish(topics.up(bad.node, "event"), payload)
    bad.wait_stored(list(records))
    endless = b'{"boot":"b","offset_ms":1,"error_ms":1e300,"source":"ntp"}'  # within the schema, beyond any column
    bad.session.publish(topics.up(bad.node, "event"), raw_batch(bad.node, raw_record(9, endless, kind="anchor")))
    bad.wait_stored([9])
    good.send([record(1)])
    good.wait_stored([1])
    cursor = "SELECT COALESCE(MAX(position), 0) FROM ingest_cursor WHERE name = 'projection'"  # at first no row
    newest = "SELECT MAX(id) FROM ingest_rawrecord"
    wait_for(lambda: database.one(cursor) == database.one(newest), "the projection")
    stops = "SELECT COUNT(*) FROM connectivity_nodeevent WHERE node = ? AND kind = 'stop'"
    assert database.one(stops, bad.node) == 8
    assert list(cases(database, bad).values()) == ["projection"]
    assert database.one("SELECT COUNT(*) FROM connectivity_nodeevent WHERE node = ?", good.node) == 1


@broker_test
def test_a_noisy_node_fills_its_own_room_and_pushes_out_nobody(
    database: Database, bad: FakeUplink, good: FakeUplink
) -> None:
    from center.ingest.quarantine import KEEP_OF_NODE

    good.session.publish(topics.up(good.node, "event"), b"one case of its own")
    wait_for(lambda: len(cases(database, good)) == 1, "the neighbour's case")
    for number in range(3 * KEEP_OF_NODE):
        bad.session.client.publish(topics.up(bad.node, "event"), b"noise %d " % number + b"x" * 8000, 1)
    last = codec.payload_digest(b"noise %d " % (3 * KEEP_OF_NODE - 1) + b"x" * 8000)
    wait_for(lambda: last in bad.refusals(), "the last refusal")
    wait_for(lambda: last in cases(database, bad), "the last case")
    assert len(cases(database, bad)) == KEEP_OF_NODE
    assert len(cases(database, good)) == 1
    size = "SELECT SUM(LENGTH(payload)) FROM ingest_quarantined WHERE node = ?"
    assert database.one(size, bad.node) <= KEEP_OF_NODE * 4096


@broker_test
def test_made_up_epochs_end_at_a_bound_and_the_epoch_in_use_goes_on(
    database: Database, bad: FakeUplink, good: FakeUplink
) -> None:
    from center.ingest.epochs import NEW_A_DAY

    bad.send([record(1)])
    bad.wait_stored([1])
    for number in range(100):
        name = f"made-up-{number}"
        bad.session.client.publish(
            topics.up(bad.node, "event"), raw_batch(bad.node, raw_record(), more={"epoch": name}), 1
        )
        bad.session.client.publish(topics.state(bad.node), state(node=bad.node, epoch=f"born-{number}"), 1)
        good.send([record(number + 1)])
    good.wait_stored(range(1, 101))
    bad.send([record(2)])
    bad.wait_stored([2])
    for table in ("epoch", "presence", "span", "head"):
        count = database.one(f"SELECT COUNT(*) FROM ingest_{table} WHERE node = ?", bad.node)
        assert count <= NEW_A_DAY, table
    codes = database.rows("SELECT code FROM ingest_quarantined WHERE node = ?", bad.node)
    assert codes == [("epoch_limit",)]
    assert bad.stored(epoch="made-up-99") == set()


@broker_test
def test_another_nodes_epoch_and_one_never_announced_touch_nobody_else(
    database: Database, bad: FakeUplink, good: FakeUplink
) -> None:
    good.send([record(1), record(2)])
    good.wait_stored([1, 2])
    bad.send([record(1, body={"reason": "forged"})])
    bad.send([record(7)], epoch="never-announced")
    bad.wait_stored([1])
    bad.wait_stored([7], epoch="never-announced")
    assert bad.rejections() == {}
    conflicts = "SELECT COUNT(*) FROM ingest_epoch WHERE conflict AND node IN (?, ?)"
    assert database.one(conflicts, bad.node, good.node) == 0
    assert database.seqs(node=good.node) == [1, 2]


@broker_test
def test_epochs_that_descend_from_themselves_stop_neither_the_worker_nor_the_audit(
    database: Database, bad: FakeUplink, good: FakeUplink
) -> None:
    for payload in endless_lineage(bad.node):
        bad.session.publish(topics.up(bad.node, "event"), payload)
    bad.wait_stored([1, 2, 3], epoch="round")
    good.send([record(1)])
    rows = "SELECT COUNT(*) FROM connectivity_nodeevent WHERE node = ?"
    wait_for(lambda: database.one(rows, good.node) == 1, "the neighbour's projection")
    told = dict(database.rows("SELECT epoch, predecessor FROM ingest_epoch WHERE node = ?", bad.node))
    assert told == {"loop": "", "new": "loop", "about": "round", "round": ""}


def test_a_day_later_a_node_with_many_epochs_may_begin_another(center_data: Path) -> None:
    from center.ingest.epochs import DAY_MS, NEW_A_DAY
    from center.ingest.models import Epoch

    for number in range(NEW_A_DAY + 5):
        store_records(center_data, [record(1)], received_ms=1000 + number, epoch=f"e{number}")
    assert Epoch.objects.count() == NEW_A_DAY
    assert store_records(center_data, [record(1)], received_ms=2000, epoch="late") == []
    (result,) = store_records(center_data, [record(1)], received_ms=DAY_MS + 1001, epoch="late")
    assert result.stored == (1,)


def test_a_node_with_very_many_epochs_gets_one_a_day_and_a_birth_counts_as_one(center_data: Path) -> None:
    from center.ingest.epochs import DAY_MS, OF_A_NODE
    from center.ingest.models import Epoch, Presence

    Epoch.objects.bulk_create(Epoch(node=NODE, epoch=f"old-{n}", first_seen_ms=1) for n in range(OF_A_NODE))
    now_ms = 3 * DAY_MS
    store_state(center_data, now_ms, epoch="one")
    store_state(center_data, now_ms + 1, epoch="two")
    store_records(center_data, [record(1)], received_ms=now_ms + 2, epoch="two")
    assert list(Presence.objects.values_list("epoch", flat=True)) == ["one"]
    store_state(center_data, now_ms + DAY_MS + 1, epoch="two")
    assert Presence.objects.filter(epoch="two").exists()


def test_when_the_room_for_unstorable_records_is_full_the_node_keeps_them(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.ingest import quarantine
    from center.ingest.models import Quarantined

    monkeypatch.setattr(quarantine, "WHOLE_ROWS_OF_NODE", 2)
    Database(center_data).run(
        "CREATE TRIGGER refuses BEFORE INSERT ON ingest_rawrecord WHEN NEW.body LIKE '%bitter%' "
        "BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"
    )
    for seq in range(1, 6):
        store_records(center_data, [record(seq, body={"reason": f"bitter {seq}"}), record(10 + seq)])
    codes = list(Quarantined.objects.order_by("id").values_list("code", flat=True))
    assert codes == ["unstorable", "unstorable", "unstorable_full"]
    assert set(Database(center_data).seqs()) == {11, 12, 13, 14, 15}
    spans = Database(center_data).rows("SELECT first, last FROM ingest_span ORDER BY first")
    assert spans == [(1, 2), (11, 15)]


def test_in_all_the_oldest_cases_give_way_but_never_the_only_copies(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.ingest import quarantine
    from center.ingest.models import Quarantined

    monkeypatch.setattr(quarantine, "KEEP_ROWS", 20)
    first = Quarantined.objects.create(node="a", topic="t", code="unstorable", payload=b"x", received_ms=1)
    for number in range(40):
        topic = topics.up(f"kel-36730110{number % 10:02}", "event")
        store_payload(center_data, topic, b"noise %d" % number)
    assert Quarantined.objects.filter(pk=first.pk).exists()
    kept = [bytes(row) for row in Quarantined.objects.exclude(pk=first.pk).values_list("payload", flat=True)]
    assert sorted(kept) == sorted(b"noise %d" % number for number in range(20, 40))


TOPICS = st.one_of(
    st.sampled_from([topics.up(NODE, name) for name in ("event", "health", "complaint", "snapshot", "attachment")]),
    st.sampled_from([topics.state(NODE), topics.CENTER_STATE, topics.down(NODE, "ack"), "", "sandi/v1"]),
    st.text(max_size=80),
)
CUTS = st.tuples(st.integers(0, 400), st.integers(0, 400), st.binary(max_size=12))
WHOLE = (raw_batch(NODE, *strange_but_true().values(), head=MAX_INTEGER), state(), raw_batch(NODE, *misfits().values()))


@st.composite
def nearly_good(draw: st.DrawFn) -> bytes:
    """A valid payload with some bytes replaced, taken away or put in."""
    payload = draw(st.sampled_from(WHOLE))
    first, length, put_in = draw(CUTS)
    return payload[:first] + put_in + payload[first + length % 20 :]


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with center_database(tmp_path_factory.mktemp("fuzz") / "center") as data:
        yield data


@settings(max_examples=often(100, 300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TOPICS, st.one_of(st.binary(max_size=300), nearly_good()), st.booleans())
def test_any_bytes_on_any_topic_are_stored_filed_or_ignored(
    fuzzed: Path, topic: str, payload: bytes, retained: bool
) -> None:
    from center.ingest.commit import commit
    from center.ingest.decode import CenterNews, Poison, decode

    news = decode(topic, payload, retained=retained, received_ms=1)
    if news is None or isinstance(news, CenterNews):
        return
    assert not (isinstance(news, Poison) and news.code == "internal"), news
    outcomes = commit([news], fuzzed)
    assert len(outcomes) <= 1
