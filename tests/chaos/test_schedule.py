"""A run can be repeated from its seed, and the default run is as hard as it claims."""

import pytest

from tests.chaos.faults.table import HARM, KILLS, by_name
from tests.chaos.schedule import plan


def test_the_same_seed_gives_the_same_schedule_and_another_seed_another() -> None:
    assert plan(7, 600) == plan(7, 600)
    assert plan(7, 600) != plan(8, 600)


@pytest.mark.parametrize("seed", range(20))
def test_ten_minutes_hold_two_hundred_kills_and_most_kinds_of_harm(seed: int) -> None:
    names = [planned.name for planned in plan(seed, 600)]
    assert sum(name.startswith("kill -9") for name in names) >= 200
    assert len(set(names)) >= len(by_name()) - 4


def test_only_the_faults_asked_for_are_planned_and_none_that_needs_root_without_it() -> None:
    assert {planned.name for planned in plan(1, 600, ["kill -9 web"])} == {"kill -9 web"}
    assert not any(by_name()[planned.name].needs_root for planned in plan(1, 600, root=False))


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len(by_name()) == len(KILLS) + len(HARM)
