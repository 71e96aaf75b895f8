"""The real agent dies again and again, by kill -9 and by power cuts: what callers were told is at the centre, once."""

from pathlib import Path

import pytest

from tests.chaos.disk.cities import cut_agents, kill_agents
from tests.chaos.disk.result import Result
from tests.support.loop_disk import why_not
from tests.support.torture import often

pytestmark = pytest.mark.broker
KILLS, KILLS_FULL = 24, often(40, 1000)
CUTS, CUTS_FULL = 12, often(15, 150)


def assert_kept(result: Result, faults: int) -> None:
    assert not result.broken, result.told()
    assert result.lost == 0
    assert result.twice == 0, "rows of equal content"
    assert result.renewed == 0, "an epoch ended although nothing was damaged"
    assert result.faults.total() == faults
    assert result.accepted >= result.heard > faults / 12, "seven of ten lives hear a first answer, on any machine"


def test_kills_of_whole_agents_lose_nothing(tmp_path: Path) -> None:
    assert_kept(kill_agents(tmp_path, KILLS, seed=11), KILLS)


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_power_cuts_of_a_whole_agent_lose_nothing(tmp_path: Path) -> None:
    assert_kept(cut_agents(tmp_path, CUTS, seed=12), CUTS)


@pytest.mark.full
@pytest.mark.timeout(1200)
def test_many_kills_of_whole_agents_lose_nothing(tmp_path: Path) -> None:
    assert_kept(kill_agents(tmp_path, KILLS_FULL, seed=1000), KILLS_FULL)


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_many_power_cuts_of_a_whole_agent_lose_nothing(tmp_path: Path) -> None:
    assert_kept(cut_agents(tmp_path, CUTS_FULL, seed=1001), CUTS_FULL)
