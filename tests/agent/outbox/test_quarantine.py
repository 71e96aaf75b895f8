"""Putting a damaged outbox aside can be cut short at any moment: the next start goes on where it was."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from agent.outbox import OutboxConfig, quarantine, sidecar
from tests.agent.outbox.conftest import EVERYTHING, Box
from tests.agent.outbox.test_crash import _fill, _small_disk


def test_a_cut_between_the_log_and_its_file_loses_neither(box: Box) -> None:
    _fill_and_abandon(box)
    (box.directory / "outbox.db-wal").rename(box.directory / "outbox.salvage-1.db-wal")
    _assert_all_moved(box)


def test_a_cut_before_the_new_file_exists_still_moves_everything(box: Box) -> None:
    _fill_and_abandon(box)
    quarantine.take_aside(box.directory)
    _assert_all_moved(box)


@pytest.mark.parametrize("size", [0, 4096])
def test_a_new_file_without_a_commit_counts_as_none(box: Box, size: int) -> None:
    _fill_and_abandon(box)
    quarantine.take_aside(box.directory)
    (box.directory / "outbox.db").write_bytes(bytes(size))
    box.outbox = box.open()
    assert _numbers(box) == list(range(50))


def test_a_cut_after_the_new_file_and_before_the_moving_still_moves_everything(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill_and_abandon(box)
    quarantine.take_aside(box.directory)
    with monkeypatch.context() as patch:
        patch.setattr("agent.outbox.salvage.move", _cut)
        with pytest.raises(KeyboardInterrupt):
            box.open()
    assert (box.directory / "outbox.db").exists()
    _assert_all_moved(box)


def test_a_cut_before_the_last_rename_moves_nothing_twice(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill_and_abandon(box)
    quarantine.take_aside(box.directory)
    with monkeypatch.context() as patch:
        patch.setattr("agent.outbox.quarantine.put_away", _cut)
        with pytest.raises(KeyboardInterrupt):
            box.open()
    _assert_all_moved(box)


def test_the_successor_names_heads_that_the_sidecar_did_not_know_yet(box: Box) -> None:
    old = box.outbox.epoch
    _fill_and_abandon(box)
    before = sidecar.read(box.directory)
    assert before is not None
    assert before.heads["complaint"] == 0
    quarantine.take_aside(box.directory)
    (box.directory / "epoch.json").unlink()
    box.outbox = box.open()
    event = json.loads(bytes(box.outbox.page("event", 0, 10**6)[0].record.body))
    assert (event["predecessor"], event["reason"]) == (old, "corrupt")
    assert event["predecessor_heads"]["complaint"] == 50


def test_a_sidecar_that_a_cut_prevented_is_made_up_for_at_the_next_start(box: Box) -> None:
    box.outbox.close()
    (box.directory / "epoch.json").unlink()
    box.outbox = box.open()
    known = sidecar.read(box.directory)
    assert known is not None
    assert known.epoch == box.outbox.epoch


@pytest.mark.parametrize("content", [b"\xff\xfe", b'{"epoch": "\xff"}', b"[]", b"", bytes(120), b'{"epoch": 1}'])
def test_a_damaged_sidecar_stops_nothing(box: Box, content: bytes) -> None:
    box.outbox.close()
    (box.directory / "epoch.json").write_bytes(content)
    epoch = box.outbox.epoch
    box.outbox = box.open()
    assert box.outbox.epoch == epoch
    known = sidecar.read(box.directory)
    assert known is not None
    assert known.epoch == epoch


@pytest.mark.parametrize("at", [0, 7, 14, 20])
def test_a_damaged_schema_whose_complaint_is_not_even_text_stops_nothing(box: Box, at: int) -> None:
    box.outbox.close()
    path = box.directory / "outbox.db"
    content = path.read_bytes()
    start = content.index(b"CREATE TABLE note") + at
    path.write_bytes(content[:start] + b"\xff\xfe" + content[start + 2 :])
    box.outbox = box.open()
    assert box.add("complaint", n=1)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system")
def test_without_room_for_the_moving_the_outbox_opens_and_the_next_start_moves(tmp_path: Path) -> None:
    with _small_disk(tmp_path / "disk", "4m") as disk:
        box = Box(disk / "outbox", OutboxConfig(reserve_mb=0))
        for number in range(50):
            box.add("complaint", n=number, filler=os.urandom(10_000).hex())
        box.outbox.close()
        quarantine.take_aside(box.directory)
        _fill(disk / "ballast", leave_bytes=300_000)
        box.outbox = box.open()
        assert _numbers(box) == []
        assert box.add("event", n=1000) == 2
        assert quarantine.pending(box.directory)
        box.outbox.close()
        subprocess.run(["mount", "-o", "remount,size=12m", str(disk)], check=True)
        box.outbox = box.open()
        assert _numbers(box) == list(range(50))
        assert {"n": 1000} in box.bodies("event")
        assert not quarantine.pending(box.directory)
        box.outbox.close()


def _fill_and_abandon(box: Box) -> None:
    """Fifty complaints that are only in the log, and nobody has the file open any more."""
    for number in range(50):
        box.add("complaint", n=number)
    log = (box.directory / "outbox.db-wal").read_bytes()
    file = (box.directory / "outbox.db").read_bytes()
    box.outbox._opened.db._connection.close()
    (box.directory / "outbox.db-wal").write_bytes(log)
    (box.directory / "outbox.db").write_bytes(file)


def _assert_all_moved(box: Box) -> None:
    box.outbox = box.open()
    assert _numbers(box) == list(range(50))
    assert [path.name for path in box.directory.glob("outbox.*corrupt*.db")] == ["outbox.corrupt-1.db"]
    assert not list(box.directory.glob("outbox.salvage*"))
    box.reopen()
    assert _numbers(box) == list(range(50))


def _numbers(box: Box) -> list[object]:
    return [json.loads(bytes(held.record.body))["n"] for held in box.outbox.page("complaint", 0, EVERYTHING, 10**6)]


def _cut(*_: object) -> None:
    raise KeyboardInterrupt
