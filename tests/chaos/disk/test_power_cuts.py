"""The power goes on a real ext4, at random moments: what was promised is there, and nothing else was made of it."""

import os
from pathlib import Path

import pytest

from tests.chaos.disk.cuts import cut_power
from tests.chaos.disk.kills import kill_storage
from tests.chaos.disk.quarantines import cut_quarantines
from tests.chaos.disk.result import Result
from tests.support.loop_disk import LoopDisk, why_not
from tests.support.torture import often

needs_a_loop_disk = pytest.mark.skipif(bool(why_not()), reason=why_not())
CYCLES = 100
CYCLES_FULL = often(40, 1000)
KILLS_FULL = often(60, 1000)


def assert_kept(result: Result) -> None:
    assert not result.broken, result.told()
    assert result.lost == 0


@needs_a_loop_disk
def test_what_was_not_synced_is_gone_after_a_cut_and_the_rest_is_there(tmp_path: Path) -> None:
    with LoopDisk(tmp_path) as disk:
        with (disk.path / "synced").open("wb") as file:
            file.write(b"here")
            file.flush()
            os.fsync(file.fileno())
        (disk.path / "lazy").write_bytes(b"gone" * 1000)
        disk.power_cut()
        with pytest.raises(OSError):
            (disk.path / "late").write_bytes(b"never")
        disk.restart(check=True)
        assert (disk.path / "synced").read_bytes() == b"here"
        assert not (disk.path / "lazy").exists() or (disk.path / "lazy").read_bytes() == b""
    assert not disk.path.is_mount()


@needs_a_loop_disk
def test_power_cuts_lose_nothing_that_was_accepted(tmp_path: Path) -> None:
    result = cut_power(tmp_path, CYCLES, seed=31)
    assert_kept(result)
    assert result.faults["power_cut"] >= CYCLES
    assert result.accepted >= result.heard > CYCLES / 5, "a third of the lives go on until a promise, on any machine"
    assert result.opened > 0.75 * CYCLES, "seven of ten lives wait for their opening, each outbox is opened at its end"


@needs_a_loop_disk
def test_the_judge_notices_commits_that_do_not_wait_for_the_disk(tmp_path: Path) -> None:
    lost = (cut_power(tmp_path / str(seed), 12, seed, ("careless",)).lost for seed in range(5, 10))
    assert any(lost), "a slow machine may have written all of it by the time of the cut, but not five times"


@needs_a_loop_disk
def test_power_cuts_while_a_damaged_outbox_is_put_aside_cost_nothing_readable(tmp_path: Path) -> None:
    result = cut_quarantines(tmp_path, 40, seed=8)
    assert_kept(result)
    assert result.accepted > 1000


@needs_a_loop_disk
@pytest.mark.full
@pytest.mark.timeout(600)
def test_many_power_cuts_lose_nothing_that_was_accepted(tmp_path: Path) -> None:
    assert_kept(cut_power(tmp_path, CYCLES_FULL, seed=1701))


@pytest.mark.full
@pytest.mark.timeout(600)
def test_many_kills_of_a_working_storage_lose_nothing_that_was_accepted(tmp_path: Path) -> None:
    result = kill_storage(tmp_path, KILLS_FULL, seed=404)
    assert_kept(result)
    assert result.faults["kill_storage"] == KILLS_FULL
