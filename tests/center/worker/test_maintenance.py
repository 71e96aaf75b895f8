"""From the event a box files to the state MAINT, and its end."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.arrivals import RECEIVED, project_all, register_node, store_records, store_state
from tests.support.fleet import BOOT, NODE, record, report_body

HOUR_MS = 3_600_000


def said(
    seq: int, *, active: bool = True, mono_ms: int = 60_000, lasts_ms: int = 2 * HOUR_MS, wall_ms: int = RECEIVED
) -> Any:
    body = {
        "active": active, "since_mono_ms": 60_000, "until_mono_ms": mono_ms + lasts_ms,
        "by": "budi", "ticket": "T-17", "note": "ganti <router>",
    }  # fmt: skip
    return record(seq, "maintenance", body, mono_ms=mono_ms, wall_ms=wall_ms, synced=True)


def states(now_ms: int) -> dict[str, str]:
    from center.connectivity.models import NodeState
    from center.ingest.models import Listener
    from center.worker.states import recompute

    values = {"pid": 1, "connected": True, "since_ms": RECEIVED - 10**6, "alive_ms": now_ms}
    Listener.objects.update_or_create(worker=1, defaults=values)
    recompute(now_ms)
    return {row.node: row.state for row in NodeState.objects.all()}


def test_a_node_is_under_maintenance_while_its_technician_says_so_and_then_judged_again(center_data: Path) -> None:
    from center.connectivity.models import NodeEvent, NodeState

    register_node()
    store_state(center_data, received_ms=RECEIVED)
    store_records(center_data, [record(1, "report", report_body())], "health", RECEIVED)
    store_records(center_data, [said(1)])
    project_all(center_data)
    assert states(RECEIVED + 1_000) == {NODE: "MAINT"}
    assert NodeState.objects.get().since_ms == RECEIVED
    assert states(RECEIVED + 2 * HOUR_MS - 1) == {NODE: "MAINT"}
    assert states(RECEIVED + 2 * HOUR_MS) == {NODE: "DOWN"}
    assert NodeEvent.objects.filter(kind="maintenance").count() == 1


def test_the_end_the_technician_says_ends_it_whichever_arrives_first(center_data: Path) -> None:
    store_state(center_data, received_ms=RECEIVED)
    over = said(2, active=False, mono_ms=120_000, lasts_ms=0, wall_ms=RECEIVED + 60_000)
    store_records(center_data, [over], received_ms=RECEIVED + 61_000)
    project_all(center_data)
    store_records(center_data, [said(1)], received_ms=RECEIVED + 62_000)
    project_all(center_data)
    assert states(RECEIVED + 63_000) != {NODE: "MAINT"}


def test_one_that_arrives_after_its_end_changes_nothing_now_and_is_kept(center_data: Path) -> None:
    from center.operations.models import Maintenance

    store_state(center_data, received_ms=RECEIVED)
    store_records(center_data, [said(1)], received_ms=RECEIVED + 5 * HOUR_MS)
    project_all(center_data)
    assert states(RECEIVED + 5 * HOUR_MS) != {NODE: "MAINT"}
    row = Maintenance.objects.get()
    assert (row.by, row.ticket, row.at_ms, row.lasts_ms) == ("budi", "T-17", RECEIVED, 2 * HOUR_MS)


def test_its_time_moves_with_the_clock_of_its_boot(center_data: Path) -> None:
    from center.operations.models import Maintenance

    store_state(center_data, received_ms=RECEIVED)
    store_records(center_data, [said(1, wall_ms=1_000_000)], received_ms=RECEIVED + HOUR_MS)
    project_all(center_data)
    anchor = {"boot": BOOT, "offset_ms": RECEIVED - 60_000, "error_ms": 5.0, "source": "ntp"}
    store_records(center_data, [record(2, "anchor", anchor, mono_ms=60_000)], received_ms=RECEIVED + HOUR_MS)
    project_all(center_data)
    row = Maintenance.objects.get()
    assert (row.at_ms, row.at_quality) == (RECEIVED, "ntp")


def test_the_same_record_twice_is_one_row(center_data: Path) -> None:
    from center.operations.models import Maintenance

    store_records(center_data, [said(1)])
    project_all(center_data)
    store_records(center_data, [said(1)])
    project_all(center_data)
    assert Maintenance.objects.count() == 1


@pytest.mark.parametrize("lasts_ms", [10**13, -(10**9)])
def test_no_box_can_hide_for_longer_than_a_day_of_work(center_data: Path, lasts_ms: int) -> None:
    from center.operations.models import Maintenance

    store_state(center_data, received_ms=RECEIVED)
    store_records(center_data, [said(1)])
    project_all(center_data)
    Maintenance.objects.update(lasts_ms=lasts_ms)
    assert states(RECEIVED + 12 * HOUR_MS) != {NODE: "MAINT"}


def test_a_nul_in_a_note_costs_no_notice_on_either_database(center_data: Path) -> None:
    from center.operations.models import Maintenance

    body = {"active": True, "since_mono_ms": 1, "until_mono_ms": 9, "by": "bu\x00di", "note": "\x00"}
    store_records(center_data, [record(1, "maintenance", body)])
    project_all(center_data)
    row = Maintenance.objects.get()
    assert (row.by, row.note) == ("bu di", " ")


def test_thousands_of_notices_are_judged_by_the_newest_alone(center_data: Path) -> None:
    from django.db import connection

    from center.operations.models import Maintenance
    from center.operations.works import _SAYING, stays_now

    common: dict[str, Any] = {"epoch": "e", "boot": BOOT, "wall_ms": 0, "at_quality": "ntp", "received_ms": RECEIVED}
    Maintenance.objects.bulk_create(
        Maintenance(
            node=NODE, seq=n, mono_ms=n, at_ms=RECEIVED + min(n, 2_000), active=n != 2_100, lasts_ms=HOUR_MS, **common
        )
        for n in range(3_000)
    )
    assert stays_now(RECEIVED + 3_000) == {}  # of one moment, the one that ends the work
    with connection.cursor() as cursor:
        cursor.execute(_SAYING, [RECEIVED - HOUR_MS])
        assert len(cursor.fetchall()) == 2
