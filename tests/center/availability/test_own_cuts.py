"""A cut of the centre's own line too short for an incident: what the nodes tell of it, early or late, costs no ISP."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from tests.support.arithmetic import conclusions, work_out_all, work_out_due
from tests.support.center import center_database
from tests.support.cut_off_centre import NODES, City
from tests.support.two_days import at

ONSET, END = 10.0, 10.0 + 40 / 3600
CODES = ("L6a", "L7", "L5d", "L6c", "U0", "L6a")
LATE = NODES[0]
"""Cut off by its ISP as well, a little before: it tells of both as of one."""


def live_through(data: Path) -> City:
    """Nobody is missed: sessions outlive it, and an hour later everything is as it was."""
    city = City(data)
    city.begin()
    city.run(at(11), 300)
    return city


def tell(city: City, *numbers: int) -> None:
    for number in numbers:
        onset = 9.9 if NODES[number] == LATE else ONSET
        city.tell(NODES[number], (onset, END, CODES[number]))
    work_out_due(city.now_ms)


def blamed() -> set[tuple[str, str, str]]:
    return {(row[5], row[6], row[7]) for row in conclusions()[0]}


def test_with_the_last_that_tells_the_cut_is_the_centres_and_everybodys_account_is_mended(center_data: Path) -> None:
    from center.availability.models import Day, Due, OwnCut
    from center.operations.models import Incident

    city = live_through(center_data)
    assert not Incident.objects.exists()
    tell(city, 1, 2, 3)
    assert {party for _code, party, _counts in blamed()} == {"isp", "center"}, "half of them were heard, it seems"
    assert not OwnCut.objects.exists()
    tell(city, 4, 5)
    assert OwnCut.objects.count() >= 1
    assert blamed() == {("L7", "center", "unknown")}
    assert not Due.objects.exists()
    tell(city, 0)
    mine = [row for row in conclusions()[0] if row[0] == LATE]
    assert [(row[5], row[6]) for row in mine] == [("L6a", "isp"), ("L7", "center")]
    assert {day.isp_down_s for day in Day.objects.exclude(node=LATE)} == {0}
    before = conclusions()
    work_out_all(city.now_ms)
    assert conclusions() == before
    assert not Due.objects.exists()


@pytest.fixture(scope="module")
def told_at_once(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with center_database(tmp_path_factory.mktemp("cut") / "center") as data:
        tell(live_through(data), *range(6))
        return conclusions()


@pytest.mark.full
@pytest.mark.parametrize("order", list(itertools.permutations(range(6)))[7::120])
def test_the_order_in_which_nodes_tell_of_it_changes_nothing(
    center_data: Path, told_at_once: Any, order: tuple[int, ...]
) -> None:
    city = live_through(center_data)
    for number in order:
        tell(city, number)
        tell(city, number)
    assert conclusions() == told_at_once
    assert ("L7", "center", "unknown") in blamed()


@pytest.mark.full
def test_a_cut_that_was_none_gives_the_outages_back(center_data: Path) -> None:
    """Three nodes are moved to one provider's line, and the other one turns out to have been heard."""
    from center.availability.due import mark_city
    from center.availability.models import OwnCut
    from center.sites.models import Link, Upstream

    city = live_through(center_data)
    tell(city, 1, 2, 3, 4, 5)
    assert blamed() == {("L7", "center", "unknown")}
    line = Upstream.objects.get(code="isp-a")
    Link.objects.filter(upstream__kind="line").update(upstream=line)
    mark_city(at(9))
    work_out_due(city.now_ms)
    assert not OwnCut.objects.exists(), "one provider carries all, and one of its nodes was heard"
    assert "isp" in {party for _code, party, _counts in blamed()}
