"""From raw records to the tables people look at."""

import json
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from tests.support.arrivals import (
    RECEIVED,
    project_all,
    register_node,
    signed_picture,
    store_payload,
    store_records,
    store_state,
)
from tests.support.fleet import BOOT, EPOCH, NODE, record, report_body
from wire import topics

TICKET = "01890a5d-ac96-774b-bcce-b302099a8057"


def complaint_body(**fields: Any) -> dict[str, Any]:
    return {
        "service_request_id": TICKET,
        "code": "7K3M9QXW2A",
        "category": "aduan",
        "place": NODE,
        "classification": "real",
        "reasons": [],
        "urgent": True,
        "sealed": {"v": 1, "key_id": "0" * 16, "box": "A" * 64},
        "channel": "cli",
        "client_id": "form-1",
        **fields,
    }


def test_a_report_becomes_a_row_and_the_newest_one_stands_beside_the_state(center_data: Path) -> None:
    from center.connectivity.models import NodeState, Report
    from center.ingest.models import Head

    system = {
        "cpu_pct": 12.5, "load1": 0.1, "mem_used_pct": 40, "mem_total_mb": 512, "disk_used_pct": 30,
        "disk_free_mb": 9000, "uptime_s": 99, "agent_rss_kb": 20000, "temp_c": 51.5,
    }  # fmt: skip
    body = report_body(system=system, verdict="L4", outbox={"snapshot": [3, 7, 5]}, version="0.1.0")
    store_records(center_data, [record(1, "report", body)], "health")
    project_all(center_data)
    row = Report.objects.get()
    assert (row.node, row.cpu_pct, row.mem_pct, row.temp_c, row.verdict) == (NODE, 12.5, 40, 51.5, "L4")
    assert json.loads(row.json) == body
    assert NodeState.objects.get().verdict == "L4"
    assert Head.objects.filter(stream="snapshot").values_list("oldest_held", "head").get() == (3, 7)


def test_a_late_report_fills_history_and_leaves_the_newest_one_alone(center_data: Path) -> None:
    from center.connectivity.models import NodeState, Report

    store_records(center_data, [record(5, "report", report_body(verdict="Q2"))], "health", RECEIVED)
    store_records(center_data, [record(2, "report", report_body(verdict="OK"))], "health", RECEIVED + 60_000)
    project_all(center_data)
    assert Report.objects.count() == 2
    assert NodeState.objects.values_list("verdict", "report_seq", "report_ms").get() == ("Q2", 5, RECEIVED)


def test_projecting_everything_again_changes_nothing(center_data: Path) -> None:
    from center.complaints.models import Complaint, Event
    from center.connectivity.models import Anchor, GapLedger, NodeEvent, Report
    from center.ingest.models import Cursor

    gap = {"stream": "health", "first": 1, "last": 9, "count": 9, "from_ms": 1, "to_ms": 2, "reason": "quota"}
    anchor = {"boot": BOOT, "offset_ms": 5, "error_ms": 1.5, "source": "ntp"}
    store_records(center_data, [record(1), record(2, "anchor", anchor), record(3, "gap", gap)])
    store_records(center_data, [record(1, "report", report_body())], "health")
    store_records(center_data, [record(1, "complaint", complaint_body())], "complaint")
    assert project_all(center_data) == 5
    Cursor.objects.update(position=0)
    assert project_all(center_data) == 5
    assert [model.objects.count() for model in (NodeEvent, Anchor, GapLedger, Report, Complaint, Event)] == [1] * 6


def test_a_complaint_offered_again_in_a_new_epoch_is_the_same_complaint(center_data: Path) -> None:
    from center.complaints.models import Complaint

    for epoch in ("epoch-1", "epoch-2"):
        store_records(center_data, [record(1, "complaint", complaint_body())], "complaint", epoch=epoch)
    project_all(center_data)
    assert Complaint.objects.values_list("epoch", "status").get() == ("epoch-1", "received")


def test_two_complaints_with_one_code_are_both_kept(center_data: Path) -> None:
    from center.complaints.models import Complaint

    other = complaint_body(service_request_id=TICKET[:-1] + "8")
    store_records(center_data, [record(1, "complaint", complaint_body()), record(2, "complaint", other)], "complaint")
    project_all(center_data)
    codes = set(Complaint.objects.values_list("code", flat=True))
    assert codes == {"7K3M9QXW2A", "7K3M9QXW2A-2"}


@pytest.mark.parametrize("forged", [False, True])
def test_a_picture_is_kept_with_the_finding_about_its_signature(center_data: Path, forged: bool) -> None:
    from center.cctv.models import Snapshot

    key = SigningKey.generate()
    register_node(key)
    file = signed_picture(key, signed_by=SigningKey.generate() if forged else None)
    store_payload(center_data, topics.up(NODE, "snapshot"), file)
    project_all(center_data)
    row = Snapshot.objects.get()
    assert row.signature_ok is not forged
    assert (center_data / row.path).read_bytes() == file
    assert (row.camera, row.age_ms, row.width) == ("depan", 1500, 64)


def test_a_record_that_cannot_be_projected_is_noted_and_the_follower_goes_on(center_data: Path) -> None:
    from center.cctv.models import Snapshot
    from center.connectivity.models import NodeEvent
    from center.ingest.models import Quarantined

    key = SigningKey.generate()
    store_records(center_data, [record(1)])
    store_payload(center_data, topics.up(NODE, "snapshot"), signed_picture(key))
    for file in (center_data / "pictures").rglob("*.jpg"):
        file.unlink()  # somebody tidied up behind our back
    store_records(center_data, [record(2)])
    project_all(center_data)
    assert NodeEvent.objects.count() == 2
    assert Snapshot.objects.count() == 0
    assert Quarantined.objects.get().code == "projection"


def test_a_misfit_record_is_passed_over(center_data: Path) -> None:
    from center.connectivity.models import Anchor

    store_records(center_data, [record(1, "anchor", {"boot": 1})])
    assert project_all(center_data) == 1
    assert Anchor.objects.count() == 0


def test_an_epoch_names_its_predecessor(center_data: Path) -> None:
    from center.ingest.models import Epoch

    body = {"predecessor": "epoch-0", "predecessor_heads": {"event": 4}, "board": "serial-1", "reason": "new_board"}
    store_records(center_data, [record(1, "epoch", body)])
    project_all(center_data)
    assert Epoch.objects.values_list("predecessor", "board").get() == ("epoch-0", "serial-1")


def test_changes_are_announced_once_per_page(center_data: Path) -> None:
    from center.ingest.models import Change

    store_state(center_data)
    store_records(center_data, [record(seq, "report", report_body()) for seq in range(1, 50)], "health")
    project_all(center_data)
    assert list(Change.objects.values_list("kind", "node")) == [("presence", NODE), ("node", NODE)]


def test_a_receipt_closes_the_downlink_of_its_own_node_only(center_data: Path) -> None:
    from center.operations import downlink
    from center.operations.models import Downlink
    from wire.bodies import Notice

    sent = downlink.queue(NODE, "notice", Notice("Libur", "Kantor tutup", 0))
    receipt = {"id": sent, "outcome": "done"}
    store_records(center_data, [record(1, "receipt", receipt)], node="kel-3673011002")
    project_all(center_data)
    assert Downlink.objects.get().receipt_at_ms is None
    store_records(center_data, [record(1, "receipt", receipt)])
    project_all(center_data)
    assert Downlink.objects.values_list("receipt_at_ms", "outcome").get() == (RECEIVED, "done")


def test_answering_a_complaint_owes_its_node_a_reply_and_the_receipt_shows_in_the_log(center_data: Path) -> None:
    from center.complaints.models import Complaint
    from center.complaints.services import advance

    store_records(center_data, [record(1, "complaint", complaint_body())], "complaint", epoch=EPOCH)
    project_all(center_data)
    reply = advance(TICKET, "answered", actor="operator", text="Sudah diperbaiki")
    store_records(center_data, [record(1, "receipt", {"id": reply, "outcome": "done"})])
    project_all(center_data)
    complaint = Complaint.objects.get()
    assert complaint.status == "answered"
    log = [(event.kind, event.actor, event.status) for event in complaint.events.all()]
    assert log == [("received", NODE, "received"), ("status", "operator", "answered"), ("delivered", NODE, "answered")]


def test_a_complaints_log_cannot_be_changed(center_data: Path) -> None:
    from center.complaints.models import AppendOnlyError, Event

    store_records(center_data, [record(1, "complaint", complaint_body())], "complaint")
    project_all(center_data)
    entry = Event.objects.get()
    entry.kind = "never happened"
    with pytest.raises(AppendOnlyError):
        entry.save()
    with pytest.raises(AppendOnlyError):
        entry.delete()


def test_a_record_no_projector_can_digest_stops_neither_its_page_nor_the_next(center_data: Path) -> None:
    from center.connectivity.models import NodeEvent, PassedOver
    from center.ingest.models import Cursor, Quarantined, RawRecord

    store_records(center_data, [record(1), record(2)])
    good = RawRecord.objects.latest("id")
    for seq in (1, 2):  # ingest lets no such picture in: this is what a fault of ours would have left behind
        values = {"stream": "snapshot", "kind": "snapshot", "seq": seq, "body": '{"camera": 1}'}
        fields = {field.name: getattr(good, field.name) for field in RawRecord._meta.fields if field.name != "id"}
        RawRecord.objects.create(**{**fields, **values})
    store_records(center_data, [record(seq) for seq in range(3, 9)])
    assert project_all(center_data) == 10
    assert NodeEvent.objects.count() == 8
    assert Cursor.objects.get(name="projection").position == RawRecord.objects.latest("id").pk
    assert [row.code for row in Quarantined.objects.all()] == ["projection"] * 2
    assert list(PassedOver.objects.values_list("stream", "reason")) == [("snapshot", "projection")] * 2


def test_what_an_older_centre_could_not_read_is_projected_once_by_a_newer_one(center_data: Path) -> None:
    from center.complaints.models import Complaint, Event
    from center.connectivity.models import PassedOver
    from center.ingest.models import Cursor, RawRecord
    from center.worker.second_reading import SecondReading

    store_records(center_data, [record(1, "complaint", complaint_body())], "complaint")
    store_records(center_data, [record(2, "complaint", {"of": 2031}), record(3, "praise", {})], "complaint")
    RawRecord.objects.filter(seq=1).update(rejected="schema")  # as a version would have that knew fewer fields
    project_all(center_data)
    assert not Complaint.objects.exists()
    assert set(PassedOver.objects.values_list("kind", "reason")) == {("complaint", "schema"), ("praise", "kind")}
    Cursor.objects.create(name="kinds", position=1)
    for _ in range(2):  # twice: a worker that starts again finds nothing to do
        reading = SecondReading(center_data)
        while reading.step():
            pass
    assert Complaint.objects.count() == Event.objects.count() == 1
    assert set(PassedOver.objects.values_list("record_id", flat=True)) == set(
        RawRecord.objects.filter(seq__gt=1).values_list("id", flat=True)
    )


def test_a_version_that_has_read_the_list_before_leaves_it_alone(center_data: Path) -> None:
    from center.complaints.models import Complaint
    from center.ingest.models import Cursor, RawRecord
    from center.worker.second_reading import SecondReading, fingerprint

    assert fingerprint() < 2**56
    first = SecondReading(center_data)
    while first.step():
        pass
    assert Cursor.objects.get(name="kinds").position == fingerprint()
    store_records(center_data, [record(1, "complaint", complaint_body())], "complaint")
    RawRecord.objects.update(rejected="schema")
    project_all(center_data)
    assert not SecondReading(center_data).step()
    assert not Complaint.objects.exists()


def test_a_page_of_notices_costs_about_as_much_as_a_page_of_anything(center_data: Path) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from center.worker.projection import project_page

    for name in ("new", "old"):
        body = {"predecessor": name, "predecessor_heads": {}, "board": "b", "reason": "new_board"}
        store_records(center_data, [record(seq, "epoch", body) for seq in range(1, 201)], epoch=f"epoch-{name}")
        with CaptureQueriesContext(connection) as queries:
            assert project_page(center_data) == 200
        assert len(queries) < 230
