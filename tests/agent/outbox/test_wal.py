"""A damaged log: commits behind the damage are found, and what a power cut leaves is not taken for damage."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from agent.outbox import wal
from tests.agent.outbox.conftest import Box

FRAME = 24 + 1024
HEADER = 32


def test_a_flipped_bit_in_an_old_commit_costs_no_later_one(box: Box) -> None:
    _abandon_with_log(box, 60)
    log = box.directory / "outbox.db-wal"
    _flip(log, log.stat().st_size // 2)
    old = box.outbox.epoch
    box.outbox = box.open()
    numbers = [body["n"] for body in box.bodies("complaint")]
    assert set(range(58)) - set(numbers) in [set(range(n, n + k)) for n in range(60) for k in (0, 1, 2, 3)]
    assert 59 in numbers
    assert len(numbers) == len(set(numbers))
    event = json.loads(bytes(box.outbox.page("event", 0, 10**6)[0].record.body))
    assert (event["predecessor"], event["reason"]) == (old, "corrupt")
    assert event["predecessor_heads"]["complaint"] == 60
    box.reopen()
    assert [body["n"] for body in box.bodies("complaint")] == numbers


@pytest.mark.parametrize("at", [0, 9, 17, 25, 30])
def test_a_damaged_header_is_damage(box: Box, at: int) -> None:
    _abandon_with_log(box, 10)
    _flip(box.directory / "outbox.db-wal", at)
    old = box.outbox.epoch
    box.outbox = box.open()
    assert box.outbox.epoch != old


def test_every_end_that_a_cut_can_leave_is_sound(box: Box) -> None:
    _abandon_with_log(box, 8)
    log = box.directory / "outbox.db-wal"
    whole = log.read_bytes()
    for end in range(0, len(whole), 211):
        log.write_bytes(whole[:end])
        assert not wal.is_damaged(log), end
        log.write_bytes(whole[:end] + bytes(len(whole) - end))  # the length was on the disk before the content
        assert not wal.is_damaged(log) or end < HEADER, end


def test_a_last_commit_of_which_only_the_end_reached_the_disk_is_unfinished(box: Box) -> None:
    _abandon_with_log(box, 8)
    log = box.directory / "outbox.db-wal"
    content = bytearray(log.read_bytes())
    frames = (len(content) - HEADER) // FRAME
    commits = [n for n in range(frames) if content[HEADER + n * FRAME + 4 : HEADER + n * FRAME + 8] != bytes(4)]
    first = HEADER + (commits[-2] + 1) * FRAME
    content[first : first + FRAME] = bytes(FRAME)
    log.write_bytes(content)
    assert not wal.is_damaged(log)


def test_a_log_that_begins_again_over_its_older_frames_is_sound(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("CREATE TABLE t (a)")
    for _ in range(50):
        db.execute("INSERT INTO t VALUES (randomblob(3000))")
    db.execute("PRAGMA wal_checkpoint(FULL)")
    for _ in range(3):
        db.execute("INSERT INTO t VALUES (randomblob(3000))")
        assert not wal.is_damaged(tmp_path / "a.db-wal")
    db.close()


def _abandon_with_log(box: Box, count: int) -> None:
    """So many commits that are only in the log, and nobody has the file open any more."""
    for number in range(count):
        box.add("complaint", n=number)
    kept = box.directory.with_name("kept")
    shutil.copytree(box.directory, kept)
    box.outbox._opened.db._connection.close()
    shutil.rmtree(box.directory)
    kept.rename(box.directory)


def _flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 0x10
    path.write_bytes(content)
