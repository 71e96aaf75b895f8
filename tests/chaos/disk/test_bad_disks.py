"""Disks that are full, fail, hang, turn read-only or change under the running agent: accepted means stored."""

from pathlib import Path

import pytest

from tests.chaos.disk.bad_disks import break_disk, fill_disk
from tests.chaos.disk.result import Result
from tests.chaos.disk.running_damage import damage_running
from tests.support.loop_disk import why_not
from tests.support.torture import often

pytestmark = pytest.mark.broker
needs_mounts = pytest.mark.skipif(bool(why_not()), reason=why_not())


def assert_kept(result: Result) -> None:
    assert not result.broken, result.told()
    assert result.lost == 0
    assert result.accepted > 0


@needs_mounts
def test_a_disk_that_is_full_again_and_again_loses_nothing_accepted(tmp_path: Path) -> None:
    result = fill_disk(tmp_path, 4, seed=21)
    assert_kept(result)
    assert result.refused > 0


@needs_mounts
def test_a_disk_that_turns_read_only_hangs_or_fails_loses_nothing_accepted(tmp_path: Path) -> None:
    assert_kept(break_disk(tmp_path, 3, seed=22))


def test_bytes_that_change_under_the_running_agent_do_not_end_it(tmp_path: Path) -> None:
    assert_kept(damage_running(tmp_path, 6, seed=23))


@needs_mounts
@pytest.mark.full
@pytest.mark.timeout(900)
def test_many_bad_days_of_a_disk_lose_nothing_accepted(tmp_path: Path) -> None:
    assert_kept(fill_disk(tmp_path / "full", often(5, 40), seed=24))
    assert_kept(break_disk(tmp_path / "broken", often(5, 45), seed=25))


@pytest.mark.full
@pytest.mark.timeout(900)
def test_many_changes_under_the_running_agent_do_not_end_it(tmp_path: Path) -> None:
    assert_kept(damage_running(tmp_path, often(8, 60), seed=26))
