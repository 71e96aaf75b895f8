"""What moves into a new epoch keeps its meaning, and damage met on the way stops neither the start nor the moving."""

import hashlib
import json
import uuid
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from agent.core.clock import Stamp
from agent.outbox import OutboxConfig, OutboxError, opening, reserve
from tests.agent.outbox.conftest import EVERYTHING, Box
from tests.support.loop_disk import why_not
from tests.support.small_tmpfs import SmallTmpfs
from wire.attachment import AttachmentRecord, pack
from wire.messages import content_hash


def test_an_entry_that_outlives_its_file_names_the_epoch_of_its_numbers(box: Box) -> None:
    first = _with_an_entry(box)
    box.outbox.recover("a test says so")
    second = box.outbox.epoch
    assert [(gap["first"], gap["epoch"]) for gap in box.ledger()] == [(2, first)]
    box.add("health", n=1)
    box.outbox.flush()
    box.outbox.refuse("health", 1, "schema", box.clock.stamp())
    box.outbox.recover("once more")
    assert sorted((gap["first"], gap["epoch"]) for gap in box.ledger()) == sorted([(1, second), (2, first)])
    assert all(content_hash(held.record) == held.record.hash for held in box.outbox.page("event", 0, 10**6))


def test_an_entry_of_a_file_that_does_not_know_its_epoch_names_the_predecessor(box: Box) -> None:
    first = _with_an_entry(box)
    box.outbox._opened.db.execute("UPDATE note SET value = 'x' WHERE name = 'epoch'")
    box.outbox.recover("a test says so")
    assert [gap["epoch"] for gap in box.ledger()] == [first]


def test_an_entry_that_had_not_arrived_when_the_epoch_changed_names_the_epoch_before(box: Box) -> None:
    _with_an_entry(box)
    before = box.outbox.epoch
    box.outbox.new_epoch("epoch_conflict", box.clock.stamp())
    named = [gap.get("epoch", "") for gap in box.ledger() if gap["reason"] != "numbers of the epoch before"]
    assert named == [before]
    box.outbox.new_epoch("epoch_conflict", box.clock.stamp())
    assert [gap["epoch"] for gap in box.ledger() if gap["count"]] == [before], "and keeps that name"


@pytest.mark.parametrize("name", ["life_ms", "damaged", "session", "generation", "board"])
def test_a_damaged_note_stops_nothing(box: Box, name: str) -> None:
    box.outbox.close()
    (box.directory / "outbox.db").write_bytes(b"rubbish" * 1000)
    box.outbox = box.open()
    box.outbox.reoffer("g1")
    box.add("complaint", n=1)
    box.clock.advance(4000)
    box.outbox.maintain(box.clock.stamp())
    changed = box.outbox._opened.db.execute("UPDATE note SET value = 'x' || value WHERE name = ?", (name,))
    assert changed.rowcount == 1
    box.crash()
    assert box.bodies("complaint") == [{"n": 1}]
    box.clock.advance(4000)
    box.outbox.maintain(box.clock.stamp())
    box.outbox.reoffer("g1")
    assert box.outbox.next_session() > 0
    assert box.add("complaint", n=2)
    assert [body["n"] for body in box.bodies("complaint")] == [1, 2]


def test_a_damaged_row_of_a_blob_does_not_stop_a_new_epoch(box: Box) -> None:
    for number in range(3):
        box.outbox.append_file("attachment", "attachment", _blob(number, box.clock.stamp()), box.clock.stamp())
    box.outbox._opened.db.execute("UPDATE attachment_record SET body = x'78ff' WHERE seq = 2")
    kept = box.directory / "files" / f"attachment-{box.outbox.epoch}-2"
    box.outbox.new_epoch("epoch_conflict", box.clock.stamp())
    assert box.waiting("attachment") == [1, 3]
    assert [(gap["stream"], gap["first"], gap["reason"]) for gap in box.ledger()] == [("attachment", 2, "corrupt")]
    box.board = "board-2"
    box.reopen()
    assert box.waiting("attachment") == [1, 3]
    assert kept.exists(), "a citizen's: it stays with its headstone"


def test_a_damaged_row_of_a_blob_does_not_stop_the_start_on_another_board(box: Box) -> None:
    box.outbox.append_file("attachment", "attachment", _blob(1, box.clock.stamp()), box.clock.stamp())
    box.outbox._opened.db.execute("UPDATE attachment_record SET body = x'78ff'")
    box.outbox.close()
    box.board = "board-2"
    box.outbox = box.open()
    assert box.waiting("attachment") == []
    assert box.add("complaint") == 1


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE note SET value = 'x' WHERE name = 'epoch'",
        "UPDATE {stream}_record SET body = x'78ff' WHERE seq > 40",
        "UPDATE {stream}_record SET body = x'78ff'",
        "UPDATE stream SET seal = 'x'",
        "UPDATE slot SET data = zeroblob(980) WHERE id < 60; UPDATE slot SET data = randomblob(980) WHERE id >= 40",
    ],
)
def test_the_successor_names_the_numbers_that_the_damaged_file_still_shows(box: Box, damage: str) -> None:
    old = box.outbox.epoch
    for number in range(50):
        for stream in ("complaint", "event", "health"):
            box.add(stream, n=number)
    box.outbox.flush()
    for stream in ("complaint", "event", "health"):
        for statement in damage.format(stream=stream).split("; "):
            box.outbox._opened.db.execute(statement)
    box.outbox.recover("a test says so")
    notice = box.bodies("event")[0]
    heads = notice["predecessor_heads"]
    assert notice["predecessor"] == old
    assert (heads["complaint"], heads["event"]) == (50, 51)  # type: ignore[index]
    assert 50 <= heads["health"] <= 50 + 64  # type: ignore[index]


def test_the_file_of_a_blob_that_cannot_move_stays(box: Box) -> None:
    box.add_file("attachment", b"no header of ours")
    (held,) = box.outbox.page("attachment", 0, 10)
    assert held.path is not None
    box.outbox.recover("a test says so")
    box.reopen()
    assert held.path.read_bytes() == b"no header of ours"
    assert [row["file"] for row in box.outbox.dead(10)] == [held.path.name]


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_new_epoch_finds_its_room_in_the_reserve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reserve, "LONGEST_S", 60.0)  # all of it in one round, also where the machine stands still
    with SmallTmpfs(tmp_path / "card", 40) as disk:
        box = Box(disk.path / "outbox", OutboxConfig(reserve_mb=20))
        for number in range(1100):
            box.add("event", n=number, filler=hashlib.shake_128(b"%d" % number).hexdigest(9000))
        box.outbox.keep_reserve()
        disk.fill(300_000)
        before = box.bodies("event")[1:]
        box.outbox.new_epoch("epoch_conflict", box.clock.stamp())
        assert [body for body in box.bodies("event") if "filler" in body] == before
        box.outbox.close()


def test_events_under_way_when_the_disk_has_no_room_move_later(
    make_box: Callable[..., Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    box = make_box()
    box.add("event", n=1)
    epoch = box.outbox.epoch

    def no_room(*_: object) -> None:
        raise OutboxError("disk_full", "no room")

    with monkeypatch.context() as patch:
        patch.setattr(opening.epochs, "renew", no_room)
        with pytest.raises(OutboxError):
            box.outbox.new_epoch("epoch_conflict", box.clock.stamp())
    assert box.outbox.epoch == epoch
    assert box.outbox.new_epoch("epoch_conflict", box.clock.stamp()) != epoch
    assert {"n": 1} in box.bodies("event")


def _with_an_entry(box: Box) -> str:
    """Four health reports, the second refused: an entry that nobody has acknowledged. Returns the epoch."""
    for number in range(4):
        box.add("health", n=number)
    box.outbox.flush()
    box.outbox.refuse("health", 2, "schema", box.clock.stamp())
    assert json.loads(json.dumps(box.ledger()))[0]["first"] == 2
    return box.outbox.epoch


def _blob(number: int, at: Stamp) -> Callable[[int, str], bytes]:
    sealed = b"sealed %d" % number

    def build(seq: int, epoch: str) -> bytes:
        record = AttachmentRecord(
            1, "kel-1", epoch, seq, at.boot, at.run, at.mono_ms, at.wall_ms, at.synced, str(uuid.UUID(int=seq)),
            len(sealed), hashlib.sha256(sealed).hexdigest(), "0" * 16,
        )  # fmt: skip
        return pack(msgspec.json.encode(record), sealed)

    return build


def test_a_row_of_another_stream_is_damage_and_is_declared(box: Box) -> None:
    """As where a changed pointer makes one table show a page of another."""
    for number in range(3):
        box.add("complaint", n=number)
        box.add("event", n=number)
    db = box.outbox._opened.db
    db.execute("DELETE FROM complaint_record WHERE seq = 2")
    db.execute("INSERT INTO complaint_record SELECT * FROM event_record WHERE seq = 2")
    box.crash()
    assert [body["n"] for body in box.bodies("complaint")] == [0, 2]
    box.outbox.maintain(box.clock.stamp())
    assert ("complaint", 2, 2) in [(gap["stream"], gap["first"], gap["last"]) for gap in box.ledger()]


@pytest.mark.parametrize("shown", ["event", "health"])
def test_a_table_that_shows_the_pages_of_another_does_not_turn_its_rows_into_complaints(box: Box, shown: str) -> None:
    for number in range(40):
        box.add("complaint", n=number)
        box.add("event", n=number)
        box.add("health", n=number)
    old = box.outbox.epoch
    box.reopen()
    db = box.outbox._opened.db
    root = db.integer(f"SELECT rootpage FROM sqlite_master WHERE name = '{shown}_record'")
    db.execute("PRAGMA writable_schema=ON")
    db.execute("UPDATE sqlite_master SET rootpage = ? WHERE name = 'complaint_record'", (root,))
    box.crash()
    assert box.outbox.epoch != old
    kinds = {held.record.kind for held in box.outbox.page("complaint", 0, EVERYTHING, 10**6)}
    assert kinds <= {"complaint"}
    (notice,) = [body for body in box.bodies("event") if body.get("predecessor") == old]
    assert notice["predecessor_heads"]["complaint"] in (40, 41), "at least all that were given out"  # type: ignore[index]


def test_rows_of_before_the_mark_of_the_stream_are_still_read(box: Box) -> None:
    box.add("complaint", n=1)
    box.outbox._opened.db.execute("UPDATE complaint_record SET hash = substr(hash, -32)")
    box.crash()
    assert box.bodies("complaint") == [{"n": 1}]
