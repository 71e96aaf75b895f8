"""Storing: every record accounted for, on the real database."""

import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tests.support.arrivals import RECEIVED, picture_bytes, signed_picture, store_payload, store_records
from tests.support.fleet import EPOCH, NODE, Database, batch, record
from wire import snapshot, topics
from wire.messages import content_hash, make_record


def spans() -> list[tuple[int, int]]:
    from center.ingest.models import Span

    return list(Span.objects.filter(node=NODE).order_by("first").values_list("first", "last"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.sets(st.integers(1, 40), min_size=1, max_size=8), max_size=8))
def test_any_batches_in_any_order_leave_each_record_once_and_spans_that_say_so(
    center_data: Path, batches: list[set[int]]
) -> None:
    from center.ingest.models import RawRecord, Span
    from wire.ranges import Ranges

    RawRecord.objects.all().delete()
    Span.objects.all().delete()
    for seqs in batches:
        (result,) = store_records(center_data, [record(seq) for seq in sorted(seqs)])
        assert set(result.stored) == seqs
        assert result.rejected == ()
    everything = set().union(*batches)
    assert sorted(RawRecord.objects.values_list("seq", flat=True)) == sorted(everything)
    assert spans() == list(Ranges.of(everything).pairs)


def test_what_was_stored_and_forgotten_since_is_still_a_repeat(center_data: Path) -> None:
    from center.ingest.models import RawRecord

    store_records(center_data, [record(1), record(2)])
    RawRecord.objects.all().delete()
    (result,) = store_records(center_data, [record(1), record(2), record(3)])
    assert (result.stored, result.new) == ((1, 2, 3), 1)
    assert list(RawRecord.objects.values_list("seq", flat=True)) == [3]


def test_two_boxes_with_one_identity_in_one_group_are_told_of_the_conflict_and_of_nothing_else(
    center_data: Path,
) -> None:
    from center.ingest.acks import acks
    from center.ingest.commit import commit
    from center.ingest.decode import Parcel, decode
    from center.ingest.models import RawRecord

    both = [batch([record(5), record(6)]), batch([record(5, body={"reason": "the other card"})])]
    parcels = [decode(topics.up(NODE, "event"), payload, retained=False, received_ms=1) for payload in both]
    outcomes = commit([parcel for parcel in parcels if isinstance(parcel, Parcel)], center_data)
    ((_node, ack),) = acks(outcomes)
    assert ack.stored == ((6, 6),)
    assert [(one.seq, one.code) for one in ack.rejected] == [(5, "epoch_conflict")]
    assert RawRecord.objects.get(seq=5).body == '{"reason":"test 5"}'


def test_numbers_far_apart_do_not_read_the_range_between_them(center_data: Path) -> None:
    (result,) = store_records(center_data, [record(1), record(2**40)])
    assert result.new == 2
    assert spans() == [(1, 1), (2**40, 2**40)]


def test_the_heads_of_a_lane_never_go_back(center_data: Path) -> None:
    from center.ingest.models import Head

    store_records(center_data, [record(9)], oldest=5)
    store_records(center_data, [record(3)], oldest=3)
    assert Head.objects.values_list("oldest_held", "head").get() == (5, 9)
    store_records(center_data, [record(9)], oldest=8)
    assert Head.objects.values_list("oldest_held", "head").get() == (8, 9)


def test_a_row_that_vanishes_while_being_written_rolls_everything_back(center_data: Path) -> None:
    """new + repeated + conflicting = received is checked against the rows the database says it wrote."""
    from center.ingest.database import writing
    from center.ingest.decode import Parcel, decode
    from center.ingest.errors import CountMismatchError
    from center.ingest.models import RawRecord
    from center.ingest.store import store

    database = sqlite3.connect(center_data / "center.db")
    database.execute(
        "CREATE TRIGGER swallows BEFORE INSERT ON ingest_rawrecord WHEN NEW.seq = 2 BEGIN SELECT RAISE(IGNORE); END"
    )
    database.commit()
    database.close()
    payload = batch([record(1), record(2), record(3)])
    parcel = decode(topics.up(NODE, "event"), payload, retained=False, received_ms=RECEIVED)
    assert isinstance(parcel, Parcel)
    with (
        pytest.raises(CountMismatchError, match="3 received, 0 repeated, 0 conflicting, 3 new but 2 written"),
        writing(),
    ):
        store([parcel], center_data)
    assert RawRecord.objects.count() == 0
    # Isolated, the others are stored, and the one nobody can store is acknowledged only because it is kept whole.
    results = store_payload_results(center_data, payload)
    assert sorted(seq for result in results for seq in result.stored) == [1, 2, 3]
    assert [code for result in results for _seq, code in result.rejected] == ["unstorable"]
    assert sorted(RawRecord.objects.values_list("seq", flat=True)) == [1, 3]


def store_payload_results(data: Path, payload: bytes) -> list:  # type: ignore[type-arg]
    return store_payload(data, topics.up(NODE, "event"), payload)


def test_a_record_of_which_the_quarantine_holds_the_only_copy_can_be_read_back_whole(center_data: Path) -> None:
    from center.ingest import only_copy
    from center.ingest.decode import Parcel, decode
    from center.ingest.models import Epoch, Quarantined

    Database(center_data).run(
        "CREATE TRIGGER refuses BEFORE INSERT ON ingest_rawrecord WHEN NEW.body LIKE '%bitter%' "
        "BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"
    )
    bitter = record(2, body={"reason": 'bitter \x00 \\ " \u0434' + "x" * 5000}, wall_ms=-5, synced=False)
    payload = batch([record(1), bitter, record(3)])
    parcel = decode(topics.up(NODE, "event"), payload, retained=False, received_ms=RECEIVED)
    assert isinstance(parcel, Parcel)
    results = store_payload(center_data, topics.up(NODE, "event"), payload)
    assert sorted(seq for result in results for seq in result.stored) == [1, 2, 3]
    kept = only_copy.unpack(bytes(Quarantined.objects.get(code="unstorable").payload))
    assert (kept.topic, kept.received_ms) == (parcel.topic, RECEIVED)
    assert (kept.node, kept.epoch, kept.stream) == (NODE, EPOCH, "event")
    assert kept.record == parcel.records[1]
    assert content_hash(make_record(**_of(kept.record))) == bitter.hash
    assert Epoch.objects.count() == 1


def _of(filed: Any) -> dict[str, Any]:
    names = ("seq", "boot", "run", "mono_ms", "wall_ms", "synced", "kind")
    return {**{name: getattr(filed, name) for name in names}, "body": filed.body.encode()}


def test_made_up_epochs_of_unstorable_records_are_counted_too(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.ingest import epochs
    from center.ingest.models import Epoch, Quarantined

    monkeypatch.setattr(epochs, "NEW_A_DAY", 3)
    Database(center_data).run(
        "CREATE TRIGGER refuses BEFORE INSERT ON ingest_rawrecord BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"
    )
    for number in range(6):
        store_records(center_data, [record(1)], epoch=f"made-up-{number}")
    assert Epoch.objects.count() == 3
    assert Quarantined.objects.filter(code="unstorable").count() == 3


def test_no_header_of_a_picture_or_blob_is_a_fault_of_our_own(center_data: Path) -> None:
    from center.ingest.decode import Poison, decode

    for change in (
        (b'"seq":1', b'"seq":1,"\xff":1'),
        (b'"seq":1', b'"seq":1,"seq":2'),
        (b'"v":1', b'"\xed\xa0\x80":[],"v":1'),
    ):
        image = picture_bytes()
        header = msgspec.json.encode(snapshot.extract(signed_picture(SigningKey(bytes(32)))).record).replace(*change)
        news = decode(
            topics.up(NODE, "snapshot"), snapshot.embed(image, header, bytes(64)), retained=False, received_ms=1
        )
        assert isinstance(news, Poison)
        assert (news.code, news.stream) == ("json", "snapshot")


def test_a_null_or_a_broken_rule_is_an_error_and_never_silence(center_data: Path) -> None:
    from django.db import IntegrityError, transaction

    from center.ingest.database import execute_many
    from center.ingest.store import _INSERT

    whole = (NODE, EPOCH, "event", 1, "h", "b", "r", 1, 1, True, "stop", "{}", 1, "")
    for spoiled in ((*whole[:3], 0, *whole[4:]), (*whole[:11], None, *whole[12:])):
        with pytest.raises(IntegrityError), transaction.atomic():
            execute_many(_INSERT, [spoiled])


def test_the_quarantine_is_bounded_and_repeats_are_not_filed_again(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.ingest import quarantine
    from center.ingest.models import Quarantined

    monkeypatch.setattr(quarantine, "KEEP_ROWS", 20)
    for number in range(50):
        for _ in range(2):
            store_payload(center_data, topics.up(NODE, "event"), b"{rubbish %d" % number)
    assert Quarantined.objects.count() == 20
    assert bytes(Quarantined.objects.latest("id").payload) == b"{rubbish 49"


def test_records_that_do_not_fit_their_kind_are_all_stored_and_their_cases_are_bounded(center_data: Path) -> None:
    from center.ingest.models import Quarantined, RawRecord
    from center.ingest.quarantine import KEEP_OF_NODE

    for first in (1, 101):
        misfits = [record(seq, "anchor", {"boot": seq}) for seq in range(first, first + 100)]
        (result,) = store_records(center_data, misfits)
        assert [code for _seq, code in result.rejected] == ["schema"] * 100
    assert RawRecord.objects.filter(rejected="schema").count() == 200
    assert Quarantined.objects.count() == KEEP_OF_NODE
    assert "event 200 anchor" in Quarantined.objects.latest("id").detail


def test_a_large_rubbish_payload_is_kept_truncated(center_data: Path) -> None:
    from center.ingest.models import Quarantined

    store_payload(center_data, topics.up(NODE, "event"), b"x" * 200_000)
    assert len(bytes(Quarantined.objects.get().payload)) == 4096


def test_the_tail_of_changes_is_bounded(center_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from center.ingest import changes
    from center.ingest.models import Change

    monkeypatch.setattr(changes, "KEEP", 10)
    changes.record_changes([("node", str(number)) for number in range(30)])
    assert changes.prune_changes() == 20
    assert Change.objects.count() == 10


def test_a_fault_of_our_own_stops_one_item_and_is_not_acknowledged(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.ingest import store as store_module
    from center.ingest.commit import commit
    from center.ingest.decode import Parcel, decode
    from center.ingest.models import Quarantined, RawRecord

    honest = store_module._store_parcel

    def faulty(parcel: Parcel, data_dir: Path):  # type: ignore[no-untyped-def]
        if parcel.node.endswith("2"):
            raise KeyError("a fault of ours")
        return honest(parcel, data_dir)

    monkeypatch.setattr(store_module, "_store_parcel", faulty)
    parcels = [
        decode(topics.up(node, "event"), batch([record(1)], node=node), retained=False, received_ms=RECEIVED)
        for node in ("kel-3673011001", "kel-3673011002", "kel-3673011003")
    ]
    results = commit(parcels, center_data)  # type: ignore[arg-type]
    assert [result.node for result in results] == ["kel-3673011001", "kel-3673011003"]  # type: ignore[union-attr]
    assert RawRecord.objects.count() == 2
    assert Quarantined.objects.get().code == "internal"


def test_the_generation_is_made_once_and_renewed_on_demand(center_data: Path) -> None:
    from center.ingest.generation import current_generation, renew_generation

    first = current_generation()
    assert current_generation() == first
    renewed = renew_generation()
    assert renewed != first
    assert current_generation() == renewed
