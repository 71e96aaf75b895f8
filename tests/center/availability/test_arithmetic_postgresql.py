"""The same on PostgreSQL: facts, conclusions, rollups, the first reading, and forgetting."""

import time
from pathlib import Path

import pytest

from tests.center.availability.test_any_order import NOW_MS, arrive
from tests.center.availability.test_line_change import check_divided
from tests.center.test_postgresql import center_data, url  # noqa: F401 - fixtures
from tests.support import two_days
from tests.support.arithmetic import conclusions, work_out_all, work_out_due

pytestmark = pytest.mark.full


def test_two_days_in_any_order_are_the_same_outages_and_days_here_too(center_data: Path) -> None:  # noqa: F811
    from center.availability.models import Due, Outage

    outages, days = arrive(center_data, 7)
    causes = sorted((row[0], row[5], row[8]) for row in outages)
    first, second, city = two_days.NODES
    assert causes == [
        (city, "N0", "feeder-1"), (city, "planned", ""), (first, "L2", ""), (first, "L5b", ""),
        (first, "N0", "feeder-1"), (second, "N0", "feeder-1"), (second, "restart", ""),
    ]  # fmt: skip
    assert sum(row[2] + row[3] + row[4] + row[5] for row in days if row[1] == 20251001) == 3 * 86_400
    Outage.objects.all().delete()
    work_out_all(NOW_MS)
    assert conclusions() == (outages, days)
    assert not Due.objects.exists()


def test_an_older_database_gets_its_facts_and_forgets_what_is_old(center_data: Path) -> None:  # noqa: F811
    from center.availability.models import Alive, Day, Life, Outage, Rollup
    from center.config import RetentionConfig
    from center.connectivity.models import Report
    from center.ingest.models import RawRecord
    from center.worker.first_facts import FirstFacts
    from center.worker.retention import Retention
    from center.worker.rollups import work_out

    arrive(center_data, None)
    before = conclusions()
    rolled = sorted(Rollup.objects.values_list("node", "step_s", "at_ms", "json"))
    for model in (Alive, Life, Outage, Day, Rollup):
        model.objects.all().delete()
    reading = FirstFacts()
    while reading.step() or work_out():
        pass
    work_out_due(NOW_MS)
    assert conclusions() == before
    assert sorted(Rollup.objects.values_list("node", "step_s", "at_ms", "json")) == rolled
    retention = Retention(center_data, RetentionConfig())
    retention.begin(int(time.time() * 1000))
    while retention.step():
        pass
    assert (RawRecord.objects.count(), Report.objects.count()) == (1, 0)
    assert not Rollup.objects.filter(step_s=300).exists() and Rollup.objects.filter(step_s=3600).exists()
    work_out_all(NOW_MS)
    assert conclusions() == before


def test_the_day_a_line_changed_is_divided_here_too(center_data: Path) -> None:  # noqa: F811
    check_divided(center_data)
