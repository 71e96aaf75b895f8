"""kill -9, damaged files, full and read-only disks: with real processes and real file systems."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.outbox import OutboxConfig, OutboxError, OutboxFull, reserve
from tests.agent.outbox.conftest import EVERYTHING, Box

KILLS = 24
PROMISES = 9
"""Each time at the least, before its death is near: a slow disk takes few of them in a moment."""
VICTIM = Path(__file__).parents[2] / "support" / "outbox_victim.py"


def test_nothing_promised_is_lost_by_kill_9(make_box: Callable[..., Box]) -> None:
    box = make_box()
    box.board = "board"
    box.outbox.close()
    promised: dict[tuple[str, int], int] = {}
    acked: set[tuple[str, int]] = set()
    chance = random.Random(7)
    for round_number in range(KILLS):
        for line in _run_and_kill(box.directory, round_number + 1, 0.02 + chance.random() * 0.25):
            what, stream, *numbers = line.split()
            if what == "promise":
                key = (stream, int(numbers[0]))
                assert key not in promised, f"{key} was given out twice"
                promised[key] = int(numbers[1])
            else:
                acked |= {(stream, seq) for seq in range(int(numbers[0]), int(numbers[1]) + 1)}
    assert len(promised) >= KILLS * PROMISES
    box.outbox = box.open()
    held = {
        (stream, item.record.seq): _number(stream, item)
        for stream in ("complaint", "event", "health", "snapshot")
        for item in box.outbox.page(stream, 0, EVERYTHING, 10**6)
    }
    lost = {key for key, n in promised.items() if key not in acked and held.get(key) != n}
    assert not lost
    assert not list(box.directory.glob("outbox.corrupt*"))


@pytest.mark.parametrize("seed", range(25))
def test_random_damage_never_stops_the_outbox_and_never_changes_a_record(
    make_box: Callable[..., Box], seed: int
) -> None:
    box, chance = make_box(), random.Random(seed)
    for number in range(120):
        box.add("complaint", n=number, filler=chance.randbytes(300).hex())
        box.add("health", n=number, filler="y" * 700)
    box.outbox.flush()
    box.outbox.close()
    before = dict.fromkeys(range(120), True)
    _damage(box.directory / "outbox.db", chance)
    box.outbox = box.open()
    for _ in range(3):
        for stream in ("complaint", "health", "event"):
            for body in box.bodies(stream):
                assert "n" not in body or body["n"] in before
    assert box.add("complaint", n=1000)
    assert box.bodies("complaint")[-1] == {"n": 1000}
    box.reopen()
    assert box.bodies("complaint")[-1] == {"n": 1000}


def test_a_damaged_file_is_put_aside_and_what_is_readable_moves_over(box: Box) -> None:
    for number in range(100):
        box.add("complaint", n=number, filler="x" * 500)
    box.add("health", n=7)
    box.outbox.flush()
    old = box.outbox.epoch
    box.outbox.close()
    with (box.directory / "outbox.db").open("r+b") as file:
        file.write(b"\0" * 1024)  # the first page: SQLite will not open it at all
    box.outbox = box.open()
    event = json.loads(bytes(box.outbox.page("event", 0, 10**6)[0].record.body))
    assert (event["predecessor"], event["reason"]) == (old, "corrupt")
    assert event["predecessor_heads"]["complaint"] == 100
    assert [path.name for path in box.directory.glob("outbox.corrupt-*.db")] == ["outbox.corrupt-1.db"]
    assert box.add("complaint", n=1) == 1


def test_without_the_file_s_header_everything_moves_over(box: Box) -> None:
    for number in range(100):
        box.add("complaint", n=number, filler="x" * 500)
    old = box.outbox.epoch
    box.outbox.close()
    with (box.directory / "outbox.db").open("r+b") as file:
        file.write(b"\0" * 100)
    box.outbox = box.open()
    assert box.outbox.epoch != old
    assert [body["n"] for body in box.bodies("complaint")] == list(range(100))


def test_damage_in_the_middle_costs_only_what_was_there(box: Box) -> None:
    for number in range(400):
        box.add("complaint", n=number, filler=random.Random(number).randbytes(250).hex())
    box.outbox.close()
    path = box.directory / "outbox.db"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2 // 1024 * 1024)
        file.write(random.Random(1).randbytes(1024))
    box.outbox = box.open()
    found = [body["n"] for body in box.bodies("complaint")]
    assert len(found) > 380
    assert found == sorted(found)


def test_quarantined_files_are_bounded(box: Box) -> None:
    for _ in range(4):
        box.outbox.close()
        (box.directory / "outbox.db").write_bytes(b"rubbish" * 1000)
        box.outbox = box.open()
    names = sorted(path.name for path in box.directory.glob("outbox.corrupt-*"))
    assert names == ["outbox.corrupt-3.db", "outbox.corrupt-4.db"]


def test_a_lost_file_begins_an_epoch_that_names_the_one_before(box: Box) -> None:
    old = box.outbox.epoch
    box.outbox.close()
    for path in box.directory.glob("outbox.db*"):
        path.unlink()
    box.outbox = box.open()
    event = json.loads(bytes(box.outbox.page("event", 0, 10**6)[0].record.body))
    assert (event["predecessor"], event["reason"]) == (old, "file_lost")


@pytest.mark.parametrize(
    ("said", "reason"), [("card_replaced", "card_replaced"), ("", "file_lost"), ("x", "file_lost")]
)
def test_a_spare_box_with_a_predecessor_on_its_card_begins_an_epoch_that_names_it(
    tmp_path: Path, said: str, reason: str
) -> None:
    directory = tmp_path / "spare"
    directory.mkdir()
    before = {"epoch": "e" * 16, "board": "other", "heads": {"event": 7, "health": 30}, "reason": said}
    (directory / "epoch.json").write_text(json.dumps(before))
    box = Box(directory, OutboxConfig())
    event = json.loads(bytes(box.outbox.page("event", 0, 10**6)[0].record.body))
    heads = {stream: head for stream, head in event["predecessor_heads"].items() if head}
    assert (event["predecessor"], heads) == ("e" * 16, {"event": 7, "health": 30})
    assert (event["reason"], event["board"]) == (reason, "board-1")
    own = json.loads((directory / "epoch.json").read_text())
    assert own["epoch"] == box.outbox.epoch
    box.outbox.close()
    (directory / "outbox.db").unlink()
    again = Box(directory, OutboxConfig())  # this outbox is lost in its turn: that is no replacement
    event = json.loads(bytes(again.outbox.page("event", 0, 10**6)[0].record.body))
    assert (event["predecessor"], event["reason"]) == (own["epoch"], "file_lost")
    again.outbox.close()


def test_damage_found_while_running_is_survived(box: Box) -> None:
    for number in range(400):
        box.add("complaint", n=number, filler=random.Random(number).randbytes(250).hex())
    old = box.outbox.epoch
    box.outbox._opened.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    box.outbox._opened.db.execute("PRAGMA cache_size=1")
    path = box.directory / "outbox.db"
    with path.open("r+b") as file:
        file.seek(60 * 1024)
        file.write(random.Random(1).randbytes(100 * 1024))
    found = box.bodies("complaint")
    assert box.outbox.epoch != old
    assert found
    assert box.add("complaint", n=1000)
    assert box.bodies("complaint")[-1] == {"n": 1000}


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system")
def test_a_full_disk_refuses_and_accepts_again_when_there_is_room(tmp_path: Path) -> None:
    with _small_disk(tmp_path / "disk", "2m") as disk:
        box = _box_on(disk)
        ballast = disk / "ballast"
        _fill(ballast)
        accepted, refused = [], 0
        for number in range(200):
            try:
                accepted.append(box.add("event", n=number, filler=random.Random(number).randbytes(4000).hex()))
            except OutboxError as error:
                assert error.code == "disk_full", error
                assert not error.permanent
                refused += 1
        assert refused
        ballast.unlink()
        accepted.append(box.add("event", n=1000))
        assert accepted == list(range(2, len(accepted) + 2)), "a refusal uses no number"
        box.crash()
        assert box.waiting("event") == [1, *accepted]
        box.outbox.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system")
def test_a_read_only_disk_says_so_and_nothing_is_half_accepted(tmp_path: Path) -> None:
    with _small_disk(tmp_path / "disk", "4m") as disk:
        box = _box_on(disk)
        box.add("complaint", n=1)
        box.outbox.close()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(OutboxError) as caught:
            box.open()
        assert caught.value.code == "read_only"
        assert not caught.value.permanent
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        box.outbox = box.open()
        assert box.bodies("complaint") == [{"n": 1}]
        box.outbox.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system")
def test_pictures_give_way_to_complaints_and_the_door_closes_at_the_reserve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _small_disk(tmp_path / "disk", "12m") as disk:
        box = _box_on(disk, reserve_mb=4)
        monkeypatch.setattr(reserve, "LONGEST_S", 60.0)  # all of it in one round, also where the machine stands still
        box.outbox.keep_reserve()
        with pytest.raises(OutboxFull):
            for _ in range(200):
                box.add_file("snapshot", bytes(100_000))
        accepted = 0
        with pytest.raises(OutboxFull) as caught:
            for number in range(400):
                box.add("complaint", n=number, text=random.Random(number).randbytes(30_000).hex())
                accepted += 1
                _fill(disk / f"ballast{number}")  # whatever is free, somebody else takes
        assert not caught.value.permanent
        assert accepted >= 10
        assert box.waiting("snapshot") == []
        assert box.ledger(), "pictures made room"
        assert isinstance(box.outbox.door(), OutboxFull)
        for path in disk.glob("ballast*"):
            path.unlink()
        assert box.add("complaint", n=1000) == accepted + 1
        box.outbox.close()


def _run_and_kill(directory: Path, seed: int, after_s: float) -> list[str]:
    command = [sys.executable, str(VICTIM), str(directory), str(seed)]
    environment = {**os.environ, "PYTHONPATH": str(VICTIM.parents[2])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        first: list[bytes] = []
        while sum(line.startswith(b"promise") for line in first) < PROMISES:
            first.append(process.stdout.readline())
            assert first[-1], "it ended by itself"
        time.sleep(after_s)
        process.kill()
        lines = b"".join([*first, process.stdout.read()]).decode().splitlines(keepends=True)
    return [line.rstrip("\n") for line in lines if line.endswith("\n")]


def _number(stream: str, item: object) -> object:
    if stream == "snapshot":
        return json.loads(item.path.read_bytes())["n"]  # type: ignore[attr-defined]
    return json.loads(bytes(item.record.body)).get("n")  # type: ignore[attr-defined]


def _damage(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 3, 30))):
        at, length = chance.randrange(len(content)), chance.choice((1, 16, 1024, 5000))
        content[at : at + length] = chance.randbytes(min(length, len(content) - at))
    if chance.random() < 0.2:
        del content[chance.randrange(len(content)) :]
    path.write_bytes(content)


@contextmanager
def _small_disk(path: Path, size: str) -> Iterator[Path]:
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def _box_on(disk: Path, reserve_mb: int = 0) -> Box:
    from agent.outbox import OutboxConfig

    return Box(disk / "outbox", OutboxConfig(reserve_mb=reserve_mb))


def _fill(path: Path, leave_bytes: int = 0) -> None:
    with path.open("wb") as file:
        found = os.statvfs(path)
        wanted = found.f_bavail * found.f_frsize - leave_bytes
        if wanted > 0:
            os.posix_fallocate(file.fileno(), 0, wanted)
