"""Deriving times in the database, also again when a boot's clock becomes known better."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from center.core.times import Anchor, BootClock, derive
from tests.support.arrivals import RECEIVED, project_all, store_records, store_state
from tests.support.fleet import BOOT, NODE, record, report_body
from wire.messages import Record

OFFSET = RECEIVED - 100_000


def reports() -> list[tuple[int, int, str]]:
    """(seq, at_ms, quality) of every projected report."""
    from center.connectivity.models import Report

    return list(Report.objects.order_by("epoch", "seq").values_list("seq", "at_ms", "at_quality"))


def unsynced(seq: int, mono_ms: int, boot: str = BOOT, wall_ms: int = 0) -> Record:
    return record(seq, "report", report_body(), mono_ms=mono_ms, boot=boot, wall_ms=wall_ms, synced=False)


def anchor(seq: int, mono_ms: int, offset_ms: int, boot: str = BOOT) -> Record:
    body = {"boot": boot, "offset_ms": offset_ms, "error_ms": 2, "source": "ntp"}
    return record(seq, "anchor", body, mono_ms=mono_ms, boot=boot)


def test_an_anchor_that_arrives_later_dates_the_reports_before_it(center_data: Path) -> None:
    store_records(center_data, [unsynced(1, 1_000), unsynced(2, 2_000)], "health")
    project_all(center_data)
    assert [quality for _, _, quality in reports()] == ["bounded", "bounded"]
    store_records(center_data, [anchor(1, 60_000, OFFSET)])
    project_all(center_data)
    assert reports() == [(1, OFFSET + 1_000, "ntp"), (2, OFFSET + 2_000, "ntp")]


def test_after_a_step_each_report_keeps_the_anchor_of_its_time_in_whatever_order_they_arrive(center_data: Path) -> None:
    early, late = anchor(1, 10_000, OFFSET), anchor(2, 50_000, OFFSET + 3_600_000)
    store_records(center_data, [unsynced(1, 49_999), unsynced(2, 50_000)], "health")
    store_records(center_data, [late])
    project_all(center_data)
    store_records(center_data, [early])
    project_all(center_data)
    assert reports() == [(1, OFFSET + 49_999, "ntp"), (2, OFFSET + 3_600_000 + 50_000, "ntp")]


def test_a_boot_heard_live_is_estimated_and_a_quicker_delivery_makes_it_better(center_data: Path) -> None:
    store_state(center_data)
    store_records(center_data, [unsynced(1, 1_000)], "health", received_ms=RECEIVED)
    project_all(center_data)
    assert reports() == [(1, RECEIVED, "estimated")]
    store_records(center_data, [unsynced(2, 31_000)], "health", received_ms=RECEIVED + 28_000)
    project_all(center_data)
    assert reports() == [(1, RECEIVED - 2_000, "estimated"), (2, RECEIVED + 28_000, "estimated")]


def test_a_boot_that_never_synchronised_lies_between_its_neighbours(center_data: Path) -> None:
    """Boot 1 ended at OFFSET + 20 s, boot 3 began at OFFSET + 90 s: boot 2, with a clock of 1970, was in between."""
    start = {"previous_run": None, "verdict": "power_or_unknown"}
    store_records(center_data, [unsynced(1, 20_000, "b1"), unsynced(2, 5_000, "b2")], "health")
    store_records(
        center_data,
        [
            anchor(1, 1_000, OFFSET, "b1"),
            record(2, "start", {**start, "previous_boot": "b1"}, boot="b2", mono_ms=100, wall_ms=0, synced=False),
            record(3, "start", {**start, "previous_boot": "b2"}, boot="b3", mono_ms=100, wall_ms=0, synced=False),
            anchor(4, 2_000, OFFSET + 90_000, "b3"),
        ],
    )
    project_all(center_data)
    assert reports() == [(1, OFFSET + 20_000, "ntp"), (2, OFFSET + 20_000, "bounded")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(
    anchors=st.lists(
        st.tuples(st.integers(0, 90_000), st.integers(OFFSET - 9, OFFSET + 9)), max_size=3, unique_by=lambda a: a[0]
    ),
    ceiling_ms=st.none() | st.integers(OFFSET, OFFSET + 50_000),
    before=st.none() | st.integers(OFFSET, OFFSET + 50_000),
    after=st.none() | st.integers(OFFSET, OFFSET + 50_000),
    monos=st.lists(st.integers(0, 100_000), min_size=1, max_size=4),
    wall_ms=st.integers(OFFSET - 50_000, OFFSET + 90_000),
    synced=st.booleans(),
)
def test_deriving_again_in_sql_says_what_the_rule_says_for_one_record(
    center_data: Path,
    anchors: list[tuple[int, int]],
    ceiling_ms: int | None,
    before: int | None,
    after: int | None,
    monos: list[int],
    wall_ms: int,
    synced: bool,
) -> None:
    from center.connectivity.models import Anchor as AnchorRow
    from center.connectivity.models import Boot, Report
    from center.worker.clocks import derive_again

    for model in (AnchorRow, Boot, Report):
        model.objects.all().delete()
    for seq, (mono_ms, offset_ms) in enumerate(anchors, 1):
        AnchorRow.objects.create(
            node=NODE, epoch="e", seq=seq, boot=BOOT, mono_ms=mono_ms, offset_ms=offset_ms, error_ms=0, source="ntp"
        )
    if before is not None:  # the boot before ended then: it began at 0 by an anchor and ran for `before`
        AnchorRow.objects.create(
            node=NODE, epoch="e", seq=90, boot="b0", mono_ms=0, offset_ms=0, error_ms=0, source="ntp"
        )
        Boot.objects.create(node=NODE, boot="b0", max_mono_ms=before)
    if after is not None:
        Boot.objects.create(node=NODE, boot="b2", previous=BOOT, ceiling_ms=after)
    Boot.objects.create(node=NODE, boot=BOOT, previous="b0", ceiling_ms=ceiling_ms)
    known = tuple(Anchor(mono, offset) for mono, offset in sorted(anchors))
    bounds = (None, None) if known or ceiling_ms is not None else (before, after)
    clock = BootClock(known, ceiling_ms, *bounds)
    received_ms = OFFSET + 60_000
    for seq, mono_ms in enumerate(monos, 1):
        Report.objects.create(
            node=NODE, epoch="e", seq=seq, boot=BOOT, mono_ms=mono_ms, wall_ms=wall_ms, received_ms=received_ms,
            at_ms=wall_ms if synced else 0, at_quality="ntp" if synced else "bounded",
            period_s=30, verdict="OK", json="{}",
        )  # fmt: skip
    derive_again(NODE, BOOT)
    for row in Report.objects.all():
        moment = derive(clock, mono_ms=row.mono_ms, wall_ms=wall_ms, synced=synced, received_ms=received_ms)
        assert (row.at_ms, row.at_quality) == (moment.at_ms, moment.quality)
