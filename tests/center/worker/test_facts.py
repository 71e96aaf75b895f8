"""Lives and what reports prove of them: the same rows in whatever order, and however often, the records arrive."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.support.arrivals import project_all, store_records
from tests.support.fleet import BOOT, NODE, record, report_body
from wire.messages import Record

START = {
    "previous_run": "run-0", "previous_boot": "boot-0", "verdict": "power_or_unknown",
    "reset_reason": "por\x00" + "x" * 90, "last_alive_mono_ms": 77_000,
}  # fmt: skip


def lives() -> list[tuple[Any, ...]]:
    from center.availability.models import Life

    columns = (
        "run", "first_mono_ms", "last_mono_ms", "started_mono_ms", "previous_run", "previous_boot", "verdict",
        "reset_reason", "last_alive_mono_ms", "stopped_mono_ms", "brownout_mono_ms",
    )  # fmt: skip
    return list(Life.objects.filter(node=NODE, boot=BOOT).order_by("run").values_list(*columns))


def alive() -> list[tuple[str, int, int]]:
    from center.availability.models import Alive

    rows = Alive.objects.filter(node=NODE, boot=BOOT).order_by("run", "first_mono_ms")
    return list(rows.values_list("run", "first_mono_ms", "last_mono_ms"))


def told() -> list[tuple[str, Record]]:
    """A run of 20 minutes with a hole in its reports and too little voltage once; then another run."""
    system = {
        "cpu_pct": 1, "load1": 0.1, "mem_used_pct": 40, "mem_total_mb": 512, "disk_used_pct": 30, "disk_free_mb": 9000,
        "uptime_s": 99, "agent_rss_kb": 20000,
    }  # fmt: skip
    records = [("event", record(1, "start", START, mono_ms=50_000))]
    minutes = [*range(1, 8), *range(14, 20)]
    for seq, minute in enumerate(minutes, 1):
        body = report_body(system={**system, "throttled": 0x50001 if minute == 6 else 0x50000})
        records.append(("health", record(seq, "report", body, mono_ms=50_000 + 60_000 * minute)))
    records.append(("event", record(2, "stop", mono_ms=1_230_000)))
    records.append(("health", record(99, "report", report_body(), mono_ms=1_400_000, run="run-2")))
    return records


@pytest.mark.parametrize("seed", range(4))
def test_a_life_and_what_covers_it_come_out_the_same_in_any_order_of_arrival(center_data: Path, seed: int) -> None:
    chance = random.Random(seed)
    records = told()
    order = records if not seed else chance.sample(records, len(records))
    for stream, one in order:
        store_records(center_data, [one], stream)
        if chance.random() < 0.4:
            project_all(center_data)
    project_all(center_data)
    assert lives() == [
        ("run-1", 50_000, 1_230_000, 50_000, "run-0", "boot-0", "power_or_unknown",
         "por " + "x" * 59 + "…", 77_000, 1_230_000, 410_000),
        ("run-2", 1_400_000, 1_400_000, None, "", "", "", "", None, None, None),
    ]  # fmt: skip
    assert alive() == [
        ("run-1", 20_000, 470_000),
        ("run-1", 800_000, 1_190_000),
        ("run-2", 1_310_000, 1_400_000),
    ]


def test_projecting_everything_again_changes_no_fact(center_data: Path) -> None:
    from center.ingest.models import Cursor

    for stream, one in told():
        store_records(center_data, [one], stream)
    project_all(center_data)
    before = lives(), alive()
    Cursor.objects.update(position=0)
    project_all(center_data)
    assert (lives(), alive()) == before


def test_a_record_of_days_ago_makes_its_node_due_from_before_it_was_made(center_data: Path) -> None:
    from center.availability.models import Due

    store_records(center_data, [record(1, "report", report_body())], "health")
    project_all(center_data)
    due = Due.objects.get()
    assert due.node == NODE and due.from_ms <= 1_760_000_001_000 - 90_000


def test_a_clock_known_better_makes_the_node_due_from_the_beginning_of_its_boot(center_data: Path) -> None:
    from center.availability.models import Due

    store_records(center_data, [record(seq, mono_ms=3_600_000 * seq) for seq in (1, 2, 3)])
    project_all(center_data)
    Due.objects.all().delete()
    anchor = {"boot": BOOT, "offset_ms": 1_759_000_000_000, "error_ms": 50, "source": "ntp"}
    store_records(center_data, [record(4, "anchor", anchor, mono_ms=14_400_000)])
    project_all(center_data)
    assert Due.objects.get().from_ms <= 1_759_003_600_000


def test_a_record_whose_body_fits_nothing_still_says_that_its_run_lived(center_data: Path) -> None:
    store_records(center_data, [record(1, "start", {"verdict": "by magic"}), record(2, "future", {})])
    project_all(center_data)
    assert [row[:3] for row in lives()] == [("run-1", 1000, 2000)]


def test_marks_only_reach_further_back_and_each_is_counted(center_data: Path) -> None:
    from center.availability import due
    from center.availability.models import Due

    for from_ms in (500, 900, 300, -5):
        due.mark({NODE: from_ms}, now_ms=1000 + from_ms)
    assert Due.objects.values_list("from_ms", "since_ms", "version").get() == (0, 1500, 4)
