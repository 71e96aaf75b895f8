"""The same records in any order of arrival, twice, and late, lead to the same outages and days, to the byte."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.support import two_days
from tests.support.arithmetic import conclusions, work_out_all, work_out_due
from tests.support.arrivals import project_all
from tests.support.torture import often

NOW_MS = two_days.END_MS + 60_000
Conclusions = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]


def arrive(data: Path, seed: int | None, anchored: bool = True) -> Conclusions:
    """Everything is delivered at the end of the second day (None: in order, once, and worked out once)."""
    chance = random.Random(seed)
    two_days.register()
    two_days.store_sessions(data)
    batches = two_days.deliveries(anchored=anchored)
    if seed is not None:
        batches += chance.sample(batches, 12)
        chance.shuffle(batches)
    for batch in batches:
        two_days.deliver(data, batch, two_days.DELIVERED_MS)
        if seed is not None and chance.random() < 0.15:
            project_all(data)
            if chance.random() < 0.6:
                work_out_due(NOW_MS)
    project_all(data)
    work_out_due(NOW_MS)
    return conclusions()


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> Conclusions:
    from tests.support.center import center_database

    with center_database(tmp_path_factory.mktemp("order") / "center") as data:
        return arrive(data, None)


def test_what_the_two_days_were_is_told_by_cause_and_second(in_order: Conclusions) -> None:
    outages, days = in_order
    told = sorted((row[0], row[5], row[6], row[8], row[9]) for row in outages)
    city, first, second = two_days.NODES[2], two_days.NODES[0], two_days.NODES[1]
    assert told == [
        (city, "N0", "pln", "feeder-1", True),
        (city, "planned", "none", "", True),
        (first, "L2", "site", "", True),
        (first, "L5b", "isp", "", True),
        (first, "N0", "pln", "feeder-1", True),
        (second, "N0", "pln", "feeder-1", True),
        (second, "restart", "none", "", False),
    ]
    assert [row[1] for row in days if row[0] == first] == [20250930, 20251001, 20251002]
    known = {(row[0], row[1]): row[2:6] for row in days}
    assert sum(known[first, 20251001]) == 86_400
    assert known[city, 20250930][2] == 7200, "two hours of a technician's stay"
    assert known[city, 20251001][3] < 900, "three hours of reports it thinned itself are no silence"


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_arrival_gives_the_same_bytes(center_data: Path, in_order: Conclusions, seed: int) -> None:
    assert arrive(center_data, seed) == in_order


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100, 100 + often(8, 30)))
def test_any_of_many_orders_of_arrival_gives_the_same_bytes(
    center_data: Path, in_order: Conclusions, seed: int
) -> None:
    assert arrive(center_data, seed) == in_order


@pytest.fixture(scope="module")
def without_clocks(tmp_path_factory: pytest.TempPathFactory) -> Conclusions:
    from tests.support.center import center_database

    with center_database(tmp_path_factory.mktemp("clocks") / "center") as data:
        return arrive(data, None, anchored=False)


@pytest.mark.parametrize(
    "seed", [200, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(201, 201 + often(4, 14)))]
)
def test_also_where_no_clock_was_ever_known_any_order_gives_the_same_bytes(
    center_data: Path, without_clocks: Conclusions, seed: int
) -> None:
    assert arrive(center_data, seed, anchored=False) == without_clocks
    assert without_clocks[0], "there are outages all the same"


def test_working_everything_out_anew_changes_nothing_and_makes_nobody_due(
    center_data: Path, in_order: Conclusions
) -> None:
    from center.availability.models import Due, Outage, OutageRevision

    arrive(center_data, 3)
    before = list(Outage.objects.order_by("id").values()), OutageRevision.objects.count()
    work_out_all(NOW_MS)
    assert (list(Outage.objects.order_by("id").values()), OutageRevision.objects.count()) == before
    assert not Due.objects.exists()
    Outage.objects.all().delete()
    work_out_all(NOW_MS)
    assert conclusions() == in_order
