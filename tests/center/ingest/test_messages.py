"""Every sort of message to one running ingest process; each test is a node of its own."""

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from center.ingest import only_copy
from tests.support.broker import RunningBroker, running_broker
from tests.support.center import center_database
from tests.support.fleet import EPOCH, Database, FakeUplink, batch, ingest, record, uplink
from tests.support.mqtt import wait_for
from wire import attachment, codec, topics
from wire.messages import Record

pytestmark = pytest.mark.broker
_numbers = itertools.count(3673011001)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, RunningBroker]]:
    """A data directory and a broker with one ingest process on them."""
    directory = tmp_path_factory.mktemp("messages")
    with center_database(directory / "center") as data, running_broker(directory) as broker, ingest(data, broker):
        yield data, broker


@pytest.fixture
def database(running: tuple[Path, RunningBroker]) -> Database:
    return Database(running[0])


@pytest.fixture
def node(running: tuple[Path, RunningBroker]) -> Iterator[FakeUplink]:
    with uplink(running[1], f"kel-{next(_numbers)}") as session:
        yield session


def test_records_are_acknowledged_after_they_are_stored(database: Database, node: FakeUplink) -> None:
    node.send([record(1), record(2), record(3)])
    node.wait_stored([1, 2, 3])
    assert database.seqs(node=node.node) == [1, 2, 3]
    assert database.rows("SELECT first, last FROM ingest_span WHERE node = ?", node.node) == [(1, 3)]
    assert database.rows("SELECT oldest_held, head FROM ingest_head WHERE node = ?", node.node) == [(1, 3)]


def test_a_lost_ack_is_asked_for_again_and_the_records_are_stored_once(database: Database, node: FakeUplink) -> None:
    for _ in range(3):
        node.acks.clear()
        node.send([record(1), record(2)])
        node.wait_stored([1, 2])
    assert database.seqs(node=node.node) == [1, 2]


def test_a_poison_record_is_found_by_halving_and_everything_else_passes(database: Database, node: FakeUplink) -> None:
    records = [record(seq) for seq in range(1, 9)]
    records[4] = msgspec.structs.replace(records[4], hash="0" * 32)

    def offer(part: list[Record]) -> None:
        """As a node does it: halve what is refused until it stands alone."""
        payload = batch(part, node=node.node)
        digest = codec.payload_digest(payload)
        node.session.publish(topics.up(node.node, "event"), payload)
        seqs = {one.seq for one in part}
        wait_for(lambda: digest in node.refusals() or seqs <= node.stored(), f"an answer to {seqs}")
        if digest in node.refusals():
            assert node.refusals()[digest] == "hash_mismatch"
            if len(part) > 1:
                offer(part[: len(part) // 2])
                offer(part[len(part) // 2 :])

    offer(records)
    assert database.seqs(node=node.node) == [1, 2, 3, 4, 6, 7, 8]
    codes = database.rows("SELECT DISTINCT topic, code FROM ingest_quarantined WHERE node = ?", node.node)
    assert codes == [(topics.up(node.node, "event"), "hash_mismatch")]


def test_a_body_that_does_not_fit_its_kind_is_stored_raw_and_named(database: Database, node: FakeUplink) -> None:
    misfit = record(2, "anchor", {"boot": 7})
    unknown = record(3, "not-invented-yet", {"x": [1, 2]})
    node.send([record(1), misfit, unknown])
    node.wait_stored([1, 2, 3])
    assert node.rejections() == {2: "schema"}
    assert database.rows(
        "SELECT seq, rejected, body FROM ingest_rawrecord WHERE node = ? AND seq > 1 ORDER BY seq", node.node
    ) == [(2, "schema", '{"boot":7}'), (3, "", '{"x":[1,2]}')]
    assert database.rows("SELECT code FROM ingest_quarantined WHERE node = ?", node.node) == [("schema",)]


def test_rubbish_of_every_sort_is_quarantined_and_the_lane_goes_on(database: Database, node: FakeUplink) -> None:
    foreign = batch([record(1)], node="kel-3673019999")
    rubbish = [b"", b"\x00\x01", b"{", b"[]", b"\x78\x9c" + b"0" * 100, b'{"v":1}', foreign]
    for payload in rubbish:
        node.session.publish(topics.up(node.node, "event"), payload)
    node.session.publish(topics.up(node.node, "snapshot"), b"no picture")
    node.session.publish(topics.up(node.node, "attachment"), b"no blob")
    node.session.publish(topics.state(node.node), b"no state")
    node.session.publish(f"sandi/v1/{node.node}/up/nonsense", b"{}")
    node.send([record(1)])
    node.wait_stored([1])
    wait_for(lambda: len(node.refusals()) == len(rubbish) + 2, "the refusals")
    assert node.refusals()[codec.payload_digest(foreign)] == "node_mismatch"
    assert database.seqs(node=node.node) == [1]
    codes = {code for (code,) in database.rows("SELECT code FROM ingest_quarantined")}
    assert codes >= {"json", "zlib", "schema", "node_mismatch", "jpeg", "blob"}
    assert "topic" not in codes  # a stream that does not exist is not let through by the broker


def test_the_same_identity_with_other_content_is_a_conflict_and_is_not_stored(
    database: Database, node: FakeUplink
) -> None:
    mine, cloned = record(1), record(1, body={"reason": "from the other card"})
    node.send([mine])
    node.wait_stored([1])
    node.acks.clear()
    node.send([cloned, record(2)])
    node.wait_stored([2])
    assert node.rejections() == {1: "epoch_conflict"}
    assert 1 not in node.stored()
    # The node mints a new epoch and offers what is not acknowledged again.
    node.send([record(1, body={"reason": "from the other card"})], epoch="epoch-2")
    node.wait_stored([1], epoch="epoch-2")
    assert database.rows(
        "SELECT hash FROM ingest_rawrecord WHERE node = ? AND epoch = ? AND seq = 1", node.node, EPOCH
    ) == [(mine.hash,)]
    assert database.rows("SELECT epoch, conflict FROM ingest_epoch WHERE node = ? ORDER BY epoch", node.node) == [
        (EPOCH, 1),
        ("epoch-2", 0),
    ]
    assert database.rows("SELECT kind FROM ingest_change WHERE node = ?", node.node) == [("conflict",)]


def test_a_record_the_database_refuses_stands_alone_in_quarantine_whole(database: Database, node: FakeUplink) -> None:
    database.run(
        "CREATE TRIGGER refuses BEFORE INSERT ON ingest_rawrecord WHEN NEW.body LIKE '%bitter%' "
        "BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"
    )
    pill = record(5, body={"reason": "bitter"})
    node.send([pill if seq == 5 else record(seq) for seq in range(1, 9)])
    node.send([record(1, "report", {"anything": 1})], "health")
    node.wait_stored(range(1, 9))
    node.wait_stored([1], "health")
    assert node.rejections()[5] == "unstorable"
    node.send([pill])
    node.send([record(9)])
    node.wait_stored([9])
    assert database.seqs(node=node.node) == [1, 2, 3, 4, 6, 7, 8, 9]
    ((kept,),) = database.rows("SELECT payload FROM ingest_quarantined WHERE code = 'unstorable'")
    whole = only_copy.unpack(kept).record
    assert (whole.seq, whole.hash, whole.boot, whole.body.encode()) == (5, pill.hash, pill.boot, bytes(pill.body))


def test_a_sealed_blob_is_a_file_before_it_is_acknowledged(
    running: tuple[Path, RunningBroker], database: Database, node: FakeUplink
) -> None:
    sealed = bytes(range(256)) * 40
    header = attachment.AttachmentRecord(
        1, node.node, EPOCH, 1, "boot-1", "run-1", 5, 6, True, "01890a5d-ac96-774b-bcce-b302099a8057",
        len(sealed), hashlib.sha256(sealed).hexdigest(), "0" * 16,
    )  # fmt: skip
    payload = attachment.pack(msgspec.json.encode(header), sealed)
    for _ in range(2):
        node.acks.clear()
        node.session.publish(topics.up(node.node, "attachment"), payload)
        node.wait_stored([1], "attachment")
    assert database.seqs("attachment", node.node) == [1]
    (path,) = (running[0] / "attachments" / node.node).glob("*/*.sealed")
    assert path.read_bytes() == payload
