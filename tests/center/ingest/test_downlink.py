"""The downlink outbox: due until the receipt, claimed once, and the whole way with real processes."""

from pathlib import Path

import pytest

from tests.support.arrivals import RECEIVED, store_records, store_state
from tests.support.broker import RunningBroker
from tests.support.fleet import NODE, Database, ingest, projecting, record, uplink
from tests.support.mqtt import wait_for
from tests.support.own_time import within
from wire import bodies, codec, topics
from wire.errors import WireError


def owe() -> str:
    from center.operations import downlink

    return downlink.queue(NODE, "notice", bodies.Notice("Libur", "Kantor tutup", 0))


def due(now_ms: int) -> list[str]:
    from center.operations import downlink

    return [one.id for one in downlink.due(now_ms)]


def take(now_ms: int) -> int:
    from center.operations import downlink

    return sum(downlink.claim(one, now_ms) for one in downlink.due(now_ms))


def test_nothing_is_due_to_a_node_that_is_away_and_at_its_birth_it_is(center_data: Path) -> None:
    owed = owe()
    assert due(RECEIVED) == []
    store_state(center_data, RECEIVED)
    assert due(RECEIVED) == [owed]
    store_state(center_data, RECEIVED + 1, status="offline", reason="will")
    assert due(RECEIVED + 2) == []


def test_once_published_it_is_due_again_after_a_while_or_at_the_next_birth(center_data: Path) -> None:
    owed = owe()
    store_state(center_data, RECEIVED)
    assert take(RECEIVED + 1) == 1
    assert due(RECEIVED + 30_000) == []
    assert due(RECEIVED + 62_000) == [owed]
    store_state(center_data, RECEIVED + 3_000, session=2)
    assert due(RECEIVED + 3_001) == [owed]
    assert take(RECEIVED + 3_002) == 1
    assert due(RECEIVED + 62_000) == []
    assert due(RECEIVED + 3_003 + 120_000) == [owed]


def test_of_two_workers_one_publishes(center_data: Path) -> None:
    from center.operations import downlink

    owe()
    store_state(center_data, RECEIVED)
    (seen_by_both,) = downlink.due(RECEIVED + 1)
    assert downlink.claim(seen_by_both, RECEIVED + 2)
    assert not downlink.claim(seen_by_both, RECEIVED + 3)


def test_a_node_of_which_only_life_is_known_is_told_too(center_data: Path) -> None:
    owed = owe()
    store_records(center_data, [record(1)])
    assert due(RECEIVED) == [owed]


def test_a_receipt_ends_it(center_data: Path) -> None:
    from center.operations import downlink

    owed = owe()
    store_state(center_data, RECEIVED)
    assert downlink.close(owed, NODE, "done", RECEIVED)
    assert not downlink.close(owed, NODE, "done", RECEIVED)
    assert due(RECEIVED + 10**9) == []


def test_only_what_a_node_could_read_is_owed(center_data: Path) -> None:
    from center.operations import downlink

    with pytest.raises(WireError):
        downlink.queue(NODE, "reply", bodies.Notice("Libur", "Kantor tutup", 0))
    with pytest.raises(WireError):
        downlink.queue("nobody", "notice", bodies.Notice("Libur", "Kantor tutup", 0))
    with pytest.raises(WireError):
        downlink.queue(NODE, "ack", bodies.Notice("Libur", "Kantor tutup", 0))


@pytest.mark.broker
def test_a_reply_made_while_the_node_was_away_arrives_at_its_birth_and_the_receipt_closes_it(
    center_data: Path, broker: RunningBroker, database: Database
) -> None:
    open_rows = "SELECT COUNT(*) FROM operations_downlink WHERE receipt_at_ms IS NULL"
    with ingest(center_data, broker), projecting(center_data, broker):
        owed = owe()
        with uplink(broker) as first:
            first.birth(1)
            wait_for(lambda: first.collect() or bool(first.other), "the message")
            # The session ends before any receipt: at the next birth it comes again.
        with uplink(broker) as second:
            second.birth(2)
            wait_for(lambda: second.collect() or bool(second.other), "the message again")
            topic, payload = second.other[0]
            message = codec.decode_downlink(payload)
            assert (topic, message.id) == (topics.down(NODE, "notice"), owed)
            assert codec.decode_downlink_body("notice", bytes(message.body)) == bodies.Notice(
                "Libur", "Kantor tutup", 0
            )
            begun = "SELECT COUNT(*) FROM ingest_cursor WHERE name = 'projection'"
            wait_for(lambda: database.one(begun) == 1, "the worker's first round")
            with within(5):
                second.send([record(1, "receipt", {"id": owed, "outcome": "done"})])
                wait_for(lambda: database.one(open_rows) == 0, "the receipt to close it")
        with uplink(broker) as third:
            third.birth(3)
            third.send([record(2)])
            third.wait_stored([2])
            third.collect()
            assert third.other == []
