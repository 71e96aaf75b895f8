"""The centre's own line is cut while it listens: the worker finds out, and no node, no ISP and no figure pays."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.arithmetic import conclusions, work_out_all, work_out_due
from tests.support.center import center_database
from tests.support.cut_off_centre import BACK, CUT, NODES, City
from tests.support.two_days import at

TOLD = {
    NODES[0]: [(CUT, BACK, "L6a")],
    NODES[1]: [(CUT, BACK, "L7")],
    NODES[2]: [(9.95, 10.7, "L6c")],
    NODES[3]: [(10.1, 10.2, "L1")],
}
SAID = [
    (NODES[0], "L7", "center", "unknown", ""),
    (NODES[1], "L7", "center", "unknown", ""),
    (NODES[2], "L6c", "isp", "down", ""),
    (NODES[2], "L7", "center", "unknown", ""),
    (NODES[2], "L6c", "isp", "down", ""),
    (NODES[3], "L1", "site", "down", ""),
]


def short(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [(row[0], row[5], row[6], row[7], row[8]) for row in rows]


def due_nodes() -> set[str]:
    from center.availability.models import Due

    return set(Due.objects.values_list("node", flat=True))


def live_through(data: Path) -> City:
    """Node 2 is cut off a little before the centre is, and comes back later."""
    city = City(data)
    city.begin()
    city.run(at(9.95))
    city.cut(NODES[2])
    city.run(at(CUT), 60)
    city.cut(*(node for node in NODES if node != NODES[2]))
    city.run(at(BACK))
    city.back(*(node for node in NODES if node != NODES[2]))
    city.run(at(10.7), 60)
    city.back(NODES[2])
    city.run(at(11), 60)
    return city


def test_a_blind_centre_opens_and_ends_with_everybody_due_and_nobody_down(center_data: Path) -> None:
    from center.availability.models import Day
    from center.operations.models import Incident

    city = City(center_data)
    city.begin()
    city.run(at(CUT), 60)
    work_out_due(city.now_ms)
    city.cut(*NODES)
    city.run(at(CUT) + 15_000)
    work_out_due(city.now_ms)
    assert {row[1] for row in short(conclusions()[0])} == {"silent"}, "nobody knows yet that it is the centre"
    assert due_nodes() == set()
    city.run(at(CUT) + 300_000)
    assert list(Incident.objects.filter(resolved_ms=None).values_list("kind", flat=True)) == ["blind"]
    assert due_nodes() == set(NODES)
    work_out_due(city.now_ms)
    assert conclusions()[0] == []
    city.run(at(BACK), 60)
    work_out_all(city.now_ms)
    assert conclusions()[0] == []
    assert due_nodes() == set()
    city.back(*NODES)
    city.run(at(BACK) + 60_000)
    assert not Incident.objects.filter(kind="blind", resolved_ms=None).exists()
    assert due_nodes() == set(NODES)
    city.run(at(11), 60)
    work_out_due(city.now_ms)
    work_out_all(city.now_ms)
    assert conclusions()[0] == []
    assert [(day.down_s, day.isp_down_s) for day in Day.objects.all()] == [(0, 0)] * len(NODES)
    assert all(1800 <= day.unknown_s <= 1860 for day in Day.objects.all())
    for number in (0, 3):
        city.tell(NODES[number], *TOLD[NODES[number]])
    work_out_due(city.now_ms)
    assert short(conclusions()[0]) == [SAID[0], SAID[5]]


@pytest.fixture(scope="module")
def told_in_order(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with center_database(tmp_path_factory.mktemp("blind") / "center") as data:
        city = live_through(data)
        for node, outages in TOLD.items():
            city.tell(node, *outages)
        work_out_due(city.now_ms)
        return conclusions()


@pytest.mark.full
def test_what_nodes_told_of_the_blind_time_is_the_centres_and_what_they_told_of_before_and_after_the_isps(
    told_in_order: Any,
) -> None:
    outages, days = told_in_order
    assert short(outages) == SAID
    taken = [json.loads(row[10]) for row in outages if row[0] == NODES[0]]
    assert {"what": "blind", "code": "L6a", "party": "isp"} in taken[0]
    isp_s = {row[0]: row[7] for row in days}
    assert isp_s[NODES[0]] == isp_s[NODES[1]] == 0
    assert 0 < isp_s[NODES[2]] < (0.75 - 0.5) * 3600


@pytest.mark.full
@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[1::5])
def test_the_order_in_which_nodes_tell_changes_nothing(
    center_data: Path, told_in_order: Any, order: tuple[int, ...]
) -> None:
    city = live_through(center_data)
    for number in order:
        city.tell(NODES[number], *TOLD[NODES[number]])
        work_out_due(city.now_ms)
    assert conclusions() == told_in_order
