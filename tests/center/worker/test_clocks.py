"""Deriving times in the database, also again when a boot's clock becomes known better."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from center.core.times import MOST_ANCHORS, Anchor, BootClock, derive, is_possible
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
    received_ms = RECEIVED + 7_200_000
    store_records(center_data, [unsynced(1, 49_999), unsynced(2, 50_000)], "health", received_ms)
    store_records(center_data, [late], received_ms=received_ms)
    project_all(center_data)
    store_records(center_data, [early], received_ms=received_ms)
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


START = {"previous_run": None, "verdict": "power_or_unknown"}


def started(seq: int, boot: str, before: str, wall_ms: int = 0) -> Record:
    """The first record of a boot, which names the one before it."""
    return record(
        seq, "start", {**START, "previous_boot": before}, boot=boot, mono_ms=100, wall_ms=wall_ms, synced=False
    )


def four_boots() -> list[tuple[str, list[Record]]]:
    """Boot 1 ended at OFFSET + 20 s and boot 4 began at OFFSET + 90 s; 2 and 3 never had a clock, 3 says it is 1970."""
    return [
        ("health", [unsynced(1, 20_000, "b1")]),
        ("health", [unsynced(2, 5_000, "b2", OFFSET + 70_000)]),
        ("health", [unsynced(3, 5_000, "b3")]),
        ("health", [unsynced(4, 5_000, "b4")]),
        ("event", [anchor(1, 1_000, OFFSET, "b1")]),
        ("event", [started(2, "b2", "b1")]),
        ("event", [started(3, "b3", "b2")]),
        ("event", [started(4, "b4", "b3")]),
        ("event", [anchor(5, 2_000, OFFSET + 90_000, "b4")]),
        ("event", [anchor(6, 3_000, OFFSET + 90_001, "b4")]),
    ]


FOUR_BOOTS = [
    (1, OFFSET + 20_000, "ntp"),
    (2, OFFSET + 70_000, "bounded"),
    (3, OFFSET + 20_000, "bounded"),
    (4, OFFSET + 95_000, "ntp"),
]


def test_several_boots_without_a_clock_lie_between_the_nearest_ones_that_have_one(center_data: Path) -> None:
    for stream, records in four_boots():
        store_records(center_data, records, stream)
    project_all(center_data)
    assert reports() == FOUR_BOOTS


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
@given(st.permutations(range(10)), st.sets(st.integers(0, 9)))
def test_in_whatever_order_and_pages_boots_become_known_their_times_are_the_same(
    center_data: Path, order: list[int], page_ends: set[int]
) -> None:
    forget_everything()
    batches = four_boots()
    for number, index in enumerate(order):
        store_records(center_data, batches[index][1], batches[index][0])
        if number in page_ends:
            project_all(center_data)
    project_all(center_data)
    assert reports() == FOUR_BOOTS


def forget_everything() -> None:
    from center.connectivity import models as connectivity
    from center.ingest import models as ingest

    for model in (
        connectivity.Anchor,
        connectivity.Boot,
        connectivity.NodeEvent,
        connectivity.Redating,
        connectivity.Report,
        ingest.Cursor,
        ingest.RawRecord,
        ingest.Span,
    ):
        model.objects.all().delete()


def test_boots_that_say_they_came_after_each_other_end_the_search(center_data: Path) -> None:
    store_records(center_data, [unsynced(1, 500, "b1", 7), unsynced(2, 500, "b2", 8)], "health")
    store_records(center_data, [started(1, "b1", "b2"), started(2, "b2", "b3"), started(3, "b3", "b1")])
    project_all(center_data)
    assert reports() == [(1, 7, "bounded"), (2, 8, "bounded")]


def test_a_boot_that_turns_out_to_have_lasted_longer_moves_those_behind_it(center_data: Path) -> None:
    for stream, records in four_boots():
        store_records(center_data, records, stream)
    project_all(center_data)
    store_records(center_data, [unsynced(5, 30_000, "b1")], "health")
    project_all(center_data)
    assert reports()[2] == (3, OFFSET + 30_000, "bounded")


def test_a_report_from_the_future_is_placed_at_its_arrival_and_flagged_and_so_is_its_anchor(center_data: Path) -> None:
    from center.connectivity.models import Anchor as AnchorRow
    from center.connectivity.models import NodeState

    ahead = RECEIVED + 5 * 365 * 86_400_000
    store_records(center_data, [anchor(1, 1_000, ahead)])
    late = record(1, "report", report_body(), mono_ms=2_000, wall_ms=ahead + 2_000)
    store_records(center_data, [late], "health")
    project_all(center_data)
    assert reports() == [(1, RECEIVED, "bounded")]
    assert NodeState.objects.get().clock_off
    assert not AnchorRow.objects.exists()
    store_records(center_data, [anchor(2, 3_000, OFFSET)])
    store_records(center_data, [unsynced(2, 4_000, wall_ms=OFFSET + 4_000)], "health")
    project_all(center_data)
    assert reports() == [(1, OFFSET + 2_000, "ntp"), (2, OFFSET + 4_000, "ntp")]
    assert not NodeState.objects.get().clock_off


def test_dating_again_goes_on_where_it_was_stopped(center_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from center.connectivity.models import Redating
    from center.worker import redating
    from center.worker.projection import project_page

    monkeypatch.setattr(redating, "STEP_ROWS", 10)
    moments = [1_000] * 25 + [2_000] * 3 + [3_000] * 17  # more of one moment than a step takes
    store_records(center_data, [unsynced(seq, mono_ms) for seq, mono_ms in enumerate(moments, 1)], "health")
    project_all(center_data)
    store_records(center_data, [anchor(1, 5_000, OFFSET)])
    while project_page(center_data):
        pass
    dated = []
    for _ in range(3):
        assert redating.redate(0)
        dated.append(sum(quality == "ntp" for _seq, _at_ms, quality in reports()))
    assert dated == [10, 20, 30]
    store_records(center_data, [anchor(2, 2_500, OFFSET + 400)])
    project_all(center_data)
    expected = [OFFSET + 400 + mono_ms for mono_ms in moments]
    assert [at_ms for _seq, at_ms, _quality in reports()] == expected
    assert not Redating.objects.exists()


def test_thousands_of_anchors_of_one_boot_cost_a_page_no_more_than_a_few(center_data: Path) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from center.connectivity.models import Anchor as AnchorRow
    from center.worker.projection import project_page

    def filed(first: int, last: int) -> list[Record]:
        return [anchor(seq, 1_000 * seq, OFFSET - 5_000_000 + 5 * seq % 1_000_000) for seq in range(first, last)]

    store_records(center_data, filed(1, 3_001), received_ms=RECEIVED * 2)
    project_all(center_data)
    assert AnchorRow.objects.filter(standing=True).count() <= MOST_ANCHORS
    store_records(center_data, [unsynced(seq, 5_000 * seq) for seq in range(1, 50)], "health", RECEIVED * 2)
    store_records(center_data, filed(3_001, 3_011), received_ms=RECEIVED * 2)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert project_page(center_data) == 59
    assert len(queries) < 59 * 4 + 40


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
def test_dating_again_says_what_the_rule_says_for_one_record(
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
    from center.worker.redating import mark_due, redate

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
    believed = synced and is_possible(wall_ms, received_ms)
    for seq, mono_ms in enumerate(monos, 1):
        Report.objects.create(
            node=NODE, epoch="e", seq=seq, boot=BOOT, mono_ms=mono_ms, wall_ms=wall_ms, received_ms=received_ms,
            at_ms=wall_ms if synced else 0, at_quality="ntp" if believed else "bounded",
            period_s=30, verdict="OK", json="{}",
        )  # fmt: skip
    mark_due([(NODE, BOOT)])
    while redate():
        pass
    for row in Report.objects.all():
        moment = derive(clock, mono_ms=row.mono_ms, wall_ms=wall_ms, synced=synced, received_ms=received_ms)
        assert (row.at_ms, row.at_quality) == (moment.at_ms, moment.quality)
