"""The month through the real doors: ingest, projection and the worker's passes, on both databases, in any order."""

from pathlib import Path
from random import Random

import pytest

from tests.city_month import database
from tests.city_month.judge import judge
from tests.city_month.make import Month, month
from tests.support.center import center_database
from tests.support.postgresql_center import center_on_postgresql, migrated_postgresql
from tests.support.torture import often


def _made(seed: int, days: int, nodes: int) -> Month:
    """A month in which nobody has said yet which nodes were taken down."""
    made = month(seed, days, nodes, slow=0.0)
    for truth in made.truth.nodes.values():
        truth.retired_ms = None
    return made


def _arrived(made: Month, data: Path, shuffle: Random | None = None, stages: int = 4) -> list[tuple[object, ...]]:
    database.register(made)
    real = frozenset(place.node for place in made.places[:1])
    if shuffle is not None:
        database.arrive_shuffled(made, data, real, shuffle, stages)
    else:
        for now in database.arrive(made, data, real, stages):
            assert judge(made.truth, made.days, database.published(made), now).misses == []
    assert judge(made.truth, made.days, database.published(made)).misses == []
    return database.rows()


def test_three_days_through_the_real_doors_are_published_as_they_were(tmp_path: Path) -> None:
    with center_database(tmp_path / "center") as data:
        rows = _arrived(_made(4, 3, 12), data)  # judged after each stage
    assert len(rows) > 3 * 12, "a row for each day of each node, and outages"


@pytest.mark.full
@pytest.mark.parametrize("seed", range(1, often(2, 4)))
def test_records_in_no_order_lead_to_the_same_rows(seed: int, tmp_path: Path) -> None:
    with center_database(tmp_path / "one") as data:
        in_order = _arrived(_made(seed, 3, 12), data)
    with center_database(tmp_path / "other") as data:
        shuffled = _arrived(_made(seed, 3, 12), data, Random(seed), stages=3)
    assert shuffled == in_order


@pytest.mark.full
@pytest.mark.timeout(1200)
def test_the_whole_city_leads_to_the_same_rows_on_both_databases(tmp_path: Path) -> None:
    days, stages = often(2, 30), often(2, 6)
    with center_database(tmp_path / "sqlite") as data:
        on_sqlite = _arrived(_made(7, days, 110), data, stages=stages)
    with migrated_postgresql() as url, center_on_postgresql(url, tmp_path / "postgresql") as data:
        on_postgresql_ = _arrived(_made(7, days, 110), data, stages=2)
    assert on_postgresql_ == on_sqlite
