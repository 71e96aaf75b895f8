"""Rollups as the worker keeps them: young buckets worked out of their reports, old ones added to, each report once."""

import random
import time
from pathlib import Path
from typing import Any

from tests.support.arrivals import RECEIVED, project_all, store_records
from tests.support.fleet import BOOT, EPOCH, NODE, record, report_body
from wire.messages import Record

FIVE_MS, HOUR_MS, DAY_MS = 300_000, 3_600_000, 86_400_000


def report(seq: int, at_ms: int, lost: int = 0) -> Record:
    probe = {
        "probe": "icmp", "target": "center", "state": "up", "sent": 10, "lost": lost, "p50_ms": 5.0,
        "hist": [[90, 10 - lost]],
    }  # fmt: skip
    body = report_body(probes=[probe])
    return record(seq, "report", body, wall_ms=at_ms, mono_ms=1000 * seq, synced=True)


def rollups() -> dict[tuple[int, int], Any]:
    from center.availability.models import Rollup
    from center.core.rollup import from_json

    return {(row.step_s, row.at_ms): from_json(row.json) for row in Rollup.objects.filter(node=NODE)}


def work_out_all(now_ms: int | None = None) -> None:
    from center.worker.rollups import work_out

    while work_out(now_ms):
        pass


def test_a_bucket_is_worked_out_once_it_is_over_and_again_for_a_late_report(center_data: Path) -> None:
    now_ms = int(time.time() * 1000)
    start_ms = now_ms // HOUR_MS * HOUR_MS - 30 * HOUR_MS
    store_records(center_data, [report(seq, start_ms + 30_000 * seq) for seq in range(12)[1:]], "health", now_ms)
    project_all(center_data)
    work_out_all(start_ms + 299_000)
    assert rollups() == {}
    work_out_all()
    found = rollups()
    assert {key: one.reports for key, one in found.items() if key[0] < 86_400} == {
        (300, start_ms): 9, (300, start_ms + FIVE_MS): 2, (3600, start_ms): 11,
    }  # fmt: skip
    store_records(center_data, [report(50, start_ms + 1000, lost=4)], "health", now_ms)
    project_all(center_data)
    work_out_all()
    late = rollups()[300, start_ms]
    assert (late.reports, late.targets["icmp center"].lost) == (10, 4)
    assert [one.reports for key, one in rollups().items() if key[0] == 3600] == [12]


def test_a_report_older_than_any_that_is_kept_is_added_to_what_is_known_once(center_data: Path) -> None:
    records = [report(seq, RECEIVED - HOUR_MS + 40_000 * seq, lost=seq % 3) for seq in range(1, 30)]
    chance = random.Random(5)
    for one in [*chance.sample(records, 29), *records[:7]]:
        store_records(center_data, [one], "health", RECEIVED)
        if chance.random() < 0.3:
            project_all(center_data)
    project_all(center_data)
    shuffled = rollups()
    assert sum(one.reports for key, one in shuffled.items() if key[0] == 300) == 29
    assert sum(one.targets["icmp center"].lost for key, one in shuffled.items() if key[0] == 86_400) == sum(
        n % 3 for n in range(30)
    )
    from center.availability.models import RollupDue

    assert not RollupDue.objects.exists()


def test_both_ways_lead_to_the_same_rollup(center_data: Path) -> None:
    from center.availability.models import Rollup
    from center.worker.rollups import STEPS_S, bucket_ms

    records = [report(seq, RECEIVED - HOUR_MS + 40_000 * seq, lost=seq % 3) for seq in range(1, 30)]
    store_records(center_data, records, "health", RECEIVED)
    project_all(center_data)
    added = rollups()
    Rollup.objects.all().delete()
    from center.availability.models import RollupDue
    from center.connectivity.models import Report

    for at_ms in Report.objects.values_list("at_ms", flat=True):
        RollupDue.objects.get_or_create(node=NODE, step_s=STEPS_S[0], at_ms=bucket_ms(at_ms, STEPS_S[0]))
    work_out_all()
    assert rollups() == added


def test_a_clock_known_better_moves_reports_to_the_buckets_they_belong_to(center_data: Path) -> None:
    now_ms = int(time.time() * 1000)
    start_ms = now_ms // HOUR_MS * HOUR_MS - 30 * HOUR_MS
    unsure = [
        record(seq, "report", report_body(), wall_ms=start_ms, mono_ms=60_000 * seq, synced=False) for seq in (1, 2)
    ]
    store_records(center_data, unsure, "health", start_ms + 20 * HOUR_MS)
    project_all(center_data)
    work_out_all()
    assert rollups()[300, start_ms].reports == 2
    anchor = {"boot": BOOT, "offset_ms": start_ms + 5 * HOUR_MS, "error_ms": 5, "source": "ntp"}
    store_records(center_data, [record(1, "anchor", anchor, mono_ms=200_000)], "event", now_ms, epoch=EPOCH)
    project_all(center_data)
    work_out_all()
    fives = {key[1]: one.reports for key, one in rollups().items() if key[0] == 300}
    assert fives == {start_ms + 5 * HOUR_MS: 2}


def test_a_damaged_rollup_counts_as_nothing_and_stops_nobody(center_data: Path) -> None:
    from center.availability.models import Rollup

    now_ms = int(time.time() * 1000)
    start_ms = now_ms // HOUR_MS * HOUR_MS - 30 * HOUR_MS
    Rollup.objects.create(node=NODE, step_s=300, at_ms=start_ms + FIVE_MS, reports=1, json="{")
    store_records(center_data, [report(1, start_ms)], "health", now_ms)
    project_all(center_data)
    work_out_all()
    assert rollups_of(3600) == [1]


def rollups_of(step_s: int) -> list[int]:
    from center.availability.models import Rollup

    return list(Rollup.objects.filter(step_s=step_s).values_list("reports", flat=True))
