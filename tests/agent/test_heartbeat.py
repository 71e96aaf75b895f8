"""The heartbeat file: what is written is found again, whatever happened to one half of it."""

import os
import threading
from pathlib import Path

import pytest

from agent.core.clock import Stamp
from agent.heartbeat import FILE_BYTES, RECORD_BYTES, SLOT_BYTES, Heartbeat, last_beat
from tests.support.mounts import needs_root, small_disk

PATIENCE_S = 120.0


def stamp(mono_ms: int, boot: str = "boot-1", run: str = "run-1") -> Stamp:
    return Stamp(boot, run, mono_ms, 1_800_000_000_000 + mono_ms, True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "heartbeat"


def test_a_new_file_has_no_previous_beat_and_all_its_blocks(path: Path) -> None:
    heart = Heartbeat(path)
    assert heart.previous is None
    assert not heart.existed
    heart.close()
    assert path.stat().st_size == FILE_BYTES
    assert path.stat().st_blocks * 512 >= FILE_BYTES


def test_the_latest_beat_is_found_by_the_next_run(path: Path) -> None:
    heart = Heartbeat(path)
    for mono_ms in (1000, 31_000, 61_000):
        heart.beat(stamp(mono_ms))
    heart.close()
    following = Heartbeat(path)
    assert following.previous is not None
    assert (following.previous.mono_ms, following.previous.stop) == (61_000, "")
    following.close()


def test_the_stop_marker_is_kept_until_the_next_beat(path: Path) -> None:
    heart = Heartbeat(path)
    heart.beat(stamp(1000))
    heart.beat(stamp(2000), stop="SIGTERM")
    heart.close()
    following = Heartbeat(path)
    assert following.previous is not None
    assert following.previous.stop == "SIGTERM"
    following.beat(stamp(3000, run="run-2"))
    following.close()
    beat = last_beat(path)
    assert beat is not None
    assert (beat.run, beat.stop) == ("run-2", "")


@pytest.mark.parametrize("cut", [0, 1, 100, RECORD_BYTES - 1])
def test_a_write_torn_by_a_power_cut_leaves_the_beat_before(path: Path, cut: int) -> None:
    heart = Heartbeat(path)
    heart.beat(stamp(1000))
    before = path.read_bytes()
    heart.beat(stamp(31_000))
    after = path.read_bytes()
    heart.close()
    slot = next(i for i in (0, 1) if before[i * SLOT_BYTES :][:RECORD_BYTES] != after[i * SLOT_BYTES :][:RECORD_BYTES])
    middle = slot * SLOT_BYTES + cut
    torn = bytearray(before)
    torn[slot * SLOT_BYTES : middle] = after[slot * SLOT_BYTES : middle]
    torn[middle : slot * SLOT_BYTES + RECORD_BYTES] = os.urandom(slot * SLOT_BYTES + RECORD_BYTES - middle)
    path.write_bytes(torn)
    beat = last_beat(path)
    assert beat is not None
    assert beat.mono_ms == 1000


@pytest.mark.parametrize("content", [b"", b"\0" * FILE_BYTES, b"rubbish" * 1000, b"{" * 4096])
def test_an_unreadable_file_gives_no_beat_and_is_taken_over(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    heart = Heartbeat(path)
    assert heart.previous is None
    assert heart.existed
    heart.beat(stamp(5000))
    heart.close()
    assert path.stat().st_size == FILE_BYTES
    beat = last_beat(path)
    assert beat is not None
    assert beat.mono_ms == 5000


def test_a_file_that_is_not_there_has_no_last_beat(path: Path) -> None:
    assert last_beat(path) is None


@pytest.mark.parametrize("kept", [0, SLOT_BYTES])
def test_a_file_a_power_cut_left_without_blocks_gets_them_and_keeps_what_stands_in_it(path: Path, kept: int) -> None:
    heart = Heartbeat(path)
    heart.beat(stamp(1000))
    heart.beat(stamp(2000))  # in the first slot
    heart.close()
    left = path.read_bytes()[:kept]
    path.write_bytes(left)
    os.truncate(path, FILE_BYTES)
    again = Heartbeat(path)
    assert path.stat().st_blocks * 512 >= FILE_BYTES
    assert (again.previous.mono_ms if again.previous else None) == (2000 if kept else None)
    again.close()
    assert last_beat(path) == again.previous


@needs_root
def test_a_disk_that_is_full_from_the_beginning_gets_its_heart_as_soon_as_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "card", 2) as disk:
        (disk.path / "heartbeat").touch()
        disk.fill()
        heart = Heartbeat(disk.path / "heartbeat")
        with pytest.raises(OSError, match="No space left"):
            heart.beat(stamp(1000))
        disk.free()
        heart.beat(stamp(2000))
        disk.fill()
        for mono_ms in (3000, 4000):
            heart.beat(stamp(mono_ms))
        heart.close()
        beat = last_beat(disk.path / "heartbeat")
        assert beat is not None
        assert beat.mono_ms == 4000


class HangingDisk:
    """Lets the next fdatasync hang until told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.goes_on, self._right = threading.Event(), threading.Event(), os.fdatasync
        monkeypatch.setattr(os, "fdatasync", self._sync)

    def _sync(self, fd: int) -> None:
        if not self.reached.is_set():
            self.reached.set()
            assert self.goes_on.wait(PATIENCE_S)
        self._right(fd)


def test_the_stop_marker_beside_beats_that_were_given_up_while_the_disk_hung_is_the_last_word(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heart, disk = Heartbeat(path), HangingDisk(monkeypatch)
    beats = [threading.Thread(target=heart.beat, args=(stamp(1000),))]
    beats[0].start()
    assert disk.reached.wait(PATIENCE_S)
    beats.append(threading.Thread(target=heart.beat, args=(stamp(2000), "SIGTERM")))
    beats[1].start()
    disk.goes_on.set()
    for thread in beats:
        thread.join(PATIENCE_S)
    heart.beat(stamp(3000))  # came too late
    heart.close()
    beat = last_beat(path)
    assert beat is not None
    assert (beat.mono_ms, beat.stop) == (2000, "SIGTERM")


def test_no_beat_ever_lands_in_a_file_that_got_the_number_of_the_closed_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heart, disk = Heartbeat(path), HangingDisk(monkeypatch)
    hanging = threading.Thread(target=heart.beat, args=(stamp(1000),))
    hanging.start()
    assert disk.reached.wait(PATIENCE_S)
    heart.close()
    with (path.parent / "other").open("wb") as other:
        disk.goes_on.set()
        hanging.join(PATIENCE_S)
        heart.beat(stamp(2000))
        assert os.fstat(other.fileno()).st_size == 0
    heart.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        heart.beat(stamp(3000))
    beat = last_beat(path)
    assert beat is not None
    assert beat.mono_ms == 2000
