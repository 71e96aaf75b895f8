"""What a node tells of its own line, projected: in any order, however often, dated when its clock is known."""

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.arrivals import RECEIVED, project_all, store_records, store_state
from tests.support.fleet import BOOT, NODE, record
from wire.messages import Record

OFFSET = RECEIVED - 3_600_000
PING = {"probe": "icmp", "target": "gateway", "ok": False, "reason": "no_reply", "sent": 20, "lost": 20}


def verdict(seq: int, code: str = "L4", mono_ms: int = 61_000, since_ms: int = 60_000, **fields: Any) -> Record:
    body = {"code": code, "since_mono_ms": since_ms, "confidence_pct": 92.0, "evidence": [PING]}
    return record(seq, "verdict", body, mono_ms=mono_ms, **fields)


def outage(
    seq: int,
    name: str = "out-1",
    phase: str = "begun",
    boot: str = BOOT,
    code: str = "L5d",
    how: str = "seen",
    **fields: Any,
) -> Record:
    body: dict[str, Any] = {
        "id": name, "phase": phase, "boot": boot, "onset_mono_ms": 60_000, "found_mono_ms": 64_000, "code": code,
        "confidence_pct": 80.0, "evidence": [PING],
    }  # fmt: skip
    if phase == "ended":
        body |= {"end_mono_ms": 360_000, "sent": 300, "lost": 280, "how": how}
    return record(seq, "outage", body, **{"mono_ms": 64_000 if phase == "begun" else 361_000, **fields})


def path(seq: int, **fields: Any) -> Record:
    hops = [{"ttl": 1, "address": "10.20.3.1", "rtt_ms": 0.4}, {"ttl": 2}, {"ttl": 3, "address": "10.9.1.1"}]
    body = {"target": "center", "address": "10.9.1.1", "hops": hops, "reached": True, "changed": True, "why": "hourly"}
    return record(seq, "path", body, **fields)


def anchor(seq: int) -> Record:
    return record(seq, "anchor", {"boot": BOOT, "offset_ms": OFFSET, "error_ms": 2, "source": "ntp"}, mono_ms=1_000)


def rows(name: str) -> list[tuple[Any, ...]]:
    from django.apps import apps

    model = apps.get_model("connectivity", name)
    columns = [field.name for field in model._meta.fields if field.name != "id"]
    return sorted(model.objects.values_list(*columns))


def test_a_change_of_verdict_is_kept_with_when_it_was_found_and_since_when_it_holds(center_data: Path) -> None:
    from center.connectivity.models import VerdictChange

    store_records(center_data, [anchor(1), verdict(2)])
    project_all(center_data)
    row = VerdictChange.objects.get()
    assert (row.node, row.code, row.confidence_pct, row.at_quality) == (NODE, "L4", 92.0, "ntp")
    assert (row.since_ms, row.at_ms) == (OFFSET + 60_000, OFFSET + 61_000)


def test_an_outage_is_one_row_from_its_onset_to_its_end(center_data: Path) -> None:
    from center.connectivity.models import Outage

    store_records(center_data, [anchor(1), outage(2)])
    project_all(center_data)
    begun = Outage.objects.get()
    assert (begun.at_ms, begun.end_ms, begun.ended) == (OFFSET + 60_000, None, 0)
    store_records(center_data, [outage(3, phase="ended", code="L5b")])
    project_all(center_data)
    row = Outage.objects.get()
    assert (row.at_ms, row.end_ms, row.code, row.ended) == (OFFSET + 60_000, OFFSET + 360_000, "L5b", 2)


def test_an_end_that_was_seen_is_not_replaced_by_one_that_a_later_start_concluded(center_data: Path) -> None:
    from center.connectivity.models import Outage

    concluded = outage(4, phase="ended", code="U0", how="restart")
    store_records(center_data, [anchor(1), outage(2), outage(3, phase="ended", code="L5b"), concluded])
    project_all(center_data)
    row = Outage.objects.get()
    assert (row.code, row.how, row.end_mono_ms) == ("L5b", "seen", 360_000)


def test_an_anchor_that_arrives_after_an_outage_dates_its_onset_its_verdicts_and_its_paths(center_data: Path) -> None:
    from center.connectivity.models import NodePath, Outage, VerdictChange

    unsynced = {"synced": False, "wall_ms": 0}
    told = [verdict(1, **unsynced), outage(2, phase="ended", **unsynced), path(3, mono_ms=70_000, **unsynced)]
    store_records(center_data, told)
    project_all(center_data)
    assert {
        row[0] for model in (Outage, VerdictChange, NodePath) for row in model.objects.values_list("at_quality")
    } == {"bounded"}
    store_records(center_data, [anchor(4)])
    project_all(center_data)
    assert VerdictChange.objects.get().at_ms == OFFSET + 61_000
    assert NodePath.objects.get().at_ms == OFFSET + 70_000
    row = Outage.objects.get()
    assert (row.at_ms, row.end_ms, row.at_quality) == (OFFSET + 60_000, OFFSET + 360_000, "ntp")


def test_an_outage_told_by_the_boot_after_it_is_dated_by_its_own_boot(center_data: Path) -> None:
    from center.connectivity.models import Outage

    body = {
        "id": "out-1", "phase": "ended", "boot": BOOT, "onset_mono_ms": 60_000, "found_mono_ms": 64_000, "code": "L5d",
        "confidence_pct": 80.0, "end_mono_ms": 90_000, "how": "restart",
    }  # fmt: skip
    store_records(center_data, [anchor(1), record(2, "outage", body, boot="boot-2", mono_ms=9_000)])
    project_all(center_data)
    row = Outage.objects.get()
    assert (row.boot, row.at_ms, row.end_ms, row.how) == (BOOT, OFFSET + 60_000, OFFSET + 90_000, "restart")


ARRIVALS = [
    anchor(1),
    verdict(2),
    verdict(3, "OK", 400_000, 400_000),
    outage(4),
    outage(5, phase="ended", code="L5b"),
    outage(6, "out-2"),
    path(7),
    path(8, mono_ms=500_000),
]


@given(st.lists(st.sampled_from(ARRIVALS), min_size=1, max_size=12), st.integers(1, 5))
@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
def test_any_order_with_repeats_leaves_the_same_rows(center_data: Path, order: list[Record], size: int) -> None:
    names = ("VerdictChange", "Outage", "NodePath")
    clear(names)
    arrived = sorted({one.seq: one for one in order}.values(), key=lambda one: one.seq)
    store_records(center_data, arrived)
    project_all(center_data)
    at_once = [rows(name) for name in names]
    clear(names)
    for start in range(0, len(order), size):
        for one in order[start : start + size]:
            store_records(center_data, [one])
        project_all(center_data)
    assert [rows(name) for name in names] == at_once


def clear(names: tuple[str, ...]) -> None:
    from django.apps import apps

    from center.ingest.database import execute

    for name in ("Anchor", "Boot", "Redating", "NodeEvent", *names):
        apps.get_model("connectivity", name).objects.all().delete()
    for table in ("ingest_rawrecord", "ingest_span", "ingest_head", "ingest_cursor"):
        execute(f"DELETE FROM {table}")


def test_telling_the_same_outage_again_in_a_new_epoch_makes_no_second_one(center_data: Path) -> None:
    from center.connectivity.models import Outage

    for epoch in ("epoch-1", "epoch-2"):
        store_records(center_data, [outage(1), outage(2, phase="ended")], epoch=epoch)
    project_all(center_data)
    assert Outage.objects.values_list("epoch", "ended").get() == ("epoch-2", 2)


def test_a_late_story_changes_no_state(center_data: Path) -> None:
    from center.connectivity.models import NodeState
    from center.worker.states import recompute

    now_ms = RECEIVED + 1_000
    store_state(center_data)
    recompute(now_ms)
    before = NodeState.objects.values().get()
    store_records(center_data, [verdict(1), outage(2), outage(3, phase="ended"), path(4)])
    project_all(center_data)
    recompute(now_ms)
    after = NodeState.objects.values().get()
    assert (after["state"], after["cause"], after["since_ms"]) == (before["state"], before["cause"], before["since_ms"])


def test_events_an_earlier_version_could_not_read_are_projected_after_an_update(center_data: Path) -> None:
    from center.connectivity.models import Outage, PassedOver
    from center.ingest.database import execute
    from center.worker.second_reading import SecondReading

    store_records(center_data, [outage(1, phase="ended")])
    project_all(center_data)
    Outage.objects.all().delete()
    execute(
        "INSERT INTO connectivity_passedover (record_id, node, stream, kind, reason, received_ms) "
        "SELECT id, node, stream, kind, 'kind', received_ms FROM ingest_rawrecord"
    )
    reading = SecondReading(center_data)
    while reading.step():
        pass
    assert Outage.objects.count() == 1
    assert PassedOver.objects.count() == 0
