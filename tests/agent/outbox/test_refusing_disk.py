"""A disk that takes no writes: what is on it still goes out, nobody is promised anything, nothing goes in silence."""

import asyncio
import errno
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.outbox import OutboxConfig, OutboxError, OutboxWriter, accepting, opening, shelf
from agent.outbox.database import Database
from tests.agent.outbox.conftest import EVERYTHING, Box
from tests.support.loop_disk import LoopDisk, why_not


@contextmanager
def refusing(box: Box) -> Iterator[None]:
    """SQLite answers each write as on a read-only disk; reading works."""
    box.outbox._opened.db.execute("PRAGMA query_only=ON")
    try:
        yield
    finally:
        box.outbox._opened.db.execute("PRAGMA query_only=OFF")


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_on_a_card_that_turned_read_only_sessions_begin_and_complaints_go_out(tmp_path: Path) -> None:
    with LoopDisk(tmp_path, options="errors=remount-ro") as disk:
        box = Box(disk.path / "outbox", OutboxConfig(reserve_mb=0))
        for number in range(3):
            box.add("complaint", n=number)
        box.outbox._opened.db.execute("UPDATE complaint_record SET body = x'7b7d' WHERE seq = 2")
        disk.fail_read_only()
        sessions = [box.outbox.next_session() for _ in range(3)]
        assert sessions == sorted(set(sessions))
        assert box.bodies("complaint") == [{"n": 0}, {"n": 2}]
        assert box.ack("complaint", (1, 1)) == 1
        box.clock.advance(4000)
        box.outbox.maintain(box.clock.stamp())
        assert box.outbox.reoffer("g1") == 0
        assert box.waiting("complaint") == [3]
        closed = box.outbox.door()
        assert closed is not None
        assert closed.of_disk
        with pytest.raises(OutboxError):
            box.outbox.close()


def test_a_session_number_is_never_used_twice_whatever_the_disk_does(box: Box) -> None:
    seen = [box.outbox.next_session(), box.outbox.next_session()]
    assert seen == [1, 2]
    with refusing(box):
        seen += [box.outbox.next_session() for _ in range(3)]
    box.crash()
    with refusing(box):
        seen += [box.outbox.next_session() for _ in range(3)]
    seen += [box.crash().next_session() for _ in range(2)]
    assert seen == sorted(set(seen))
    last = box.outbox.next_session()
    assert box.reopen().next_session() == last + 1, "a stop in order leaves no number out"


def test_a_session_counter_of_an_older_version_goes_on(box: Box) -> None:
    from agent.outbox import lanes

    lanes.set_note(box.outbox._opened.db, "session", "41")
    assert box.crash().next_session() == 42


def test_a_damaged_row_is_passed_over_until_the_disk_takes_its_burial(box: Box) -> None:
    for number in range(5):
        box.add("complaint", n=number)
    box.outbox._opened.db.execute("UPDATE complaint_record SET body = x'7b7d' WHERE seq = 3")
    with refusing(box):
        assert box.waiting("complaint") == [1, 2, 4, 5]
        box.outbox.refuse("complaint", 5, "schema", box.clock.stamp())
        assert box.waiting("complaint") == [1, 2, 4], "refused by the centre: not offered again"
        assert box.ledger() == []
    box.outbox._try_again_s = 0
    box.outbox.maintain(box.clock.stamp())
    reasons = {gap["first"]: gap["reason"] for gap in box.ledger() if gap["stream"] == "complaint"}
    assert reasons == {3: "corrupt", 5: "refused: schema"}
    assert box.outbox.status()["dead"] == 2


def test_a_damaged_file_is_passed_over_while_the_disk_refuses(box: Box) -> None:
    box.add_file("attachment", b"sealed")
    box.add_file("attachment", b"sealed too")
    held = box.outbox.page("attachment", 0, 1)[0]
    assert held.path is not None
    held.path.write_bytes(b"s3aled")
    with refusing(box):
        assert box.outbox.read_file("attachment", held) is None
        assert box.waiting("attachment") == [2]
    assert held.path.exists()


def test_the_door_says_what_the_last_commit_met_until_one_works(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    assert box.outbox.door() is None
    with refusing(box):
        with pytest.raises(OutboxError):
            box.add("event", n=1)
        closed = box.outbox.door()
        assert closed is not None
        assert closed.code == "read_only"
        assert "outbox_readonly" in box.outbox.conditions()
    monkeypatch.setattr(accepting, "TRY_AGAIN_S", 0.0)
    box.outbox._try_again_s = 0
    assert box.outbox.door() is None, "it tried by itself"
    assert box.outbox.conditions() == {}


def test_the_door_is_closed_on_a_file_system_mounted_read_only(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.outbox.files.is_read_only", lambda folder: True)
    closed = box.outbox.door()
    assert closed is not None
    assert closed.code == "read_only"


def test_an_upkeep_that_writes_nothing_does_not_take_the_warning_back(box: Box) -> None:
    writer = OutboxWriter(box.outbox, box.clock)

    async def story() -> None:
        with refusing(box):
            await writer.append("health", "report", b"{}", box.clock.stamp())
            with pytest.raises(OutboxError):
                await writer.flush()
            for _ in range(3):
                await writer._guarded(writer.call(box.outbox.maintain, box.clock.stamp()))
                await writer._guarded(writer.call(box.outbox.keep_reserve))
                assert "outbox_readonly" in writer.conditions()
        await writer.flush()
        assert writer.conditions() == {}

    asyncio.run(story())
    writer._thread.shutdown()


def test_health_is_taken_while_the_disk_refuses_and_each_report_stored_once(make_box: Callable[..., Box]) -> None:
    box = make_box(commit_records=4)
    with refusing(box):
        numbers = [box.add("health", n=n) for n in range(10)]
        with pytest.raises(OutboxError):
            box.outbox.flush()
    assert numbers == list(range(1, 11))
    assert box.outbox.flush() == 10
    assert [body["n"] for body in box.bodies("health")] == list(range(10))
    assert box.ledger() == []
    assert box.outbox.flush() == 0


def test_a_report_is_stored_once_when_the_disk_is_full_and_the_reserve_helps(
    make_box: Callable[..., Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    box = make_box(commit_records=2)
    full = [True, True]
    whole = Database.execute

    def execute(db: Database, sql: str, values: tuple[object, ...] = ()) -> object:
        if sql == "COMMIT" and full:
            full.pop()
            raise OutboxError("disk_full", "no room")
        return whole(db, sql, values)

    monkeypatch.setattr(Database, "execute", execute)
    monkeypatch.setattr("agent.outbox.reserve.rescue", lambda directory: True)
    assert [box.add("health", n=n) for n in range(2)] == [1, 2]
    box.outbox.flush()
    assert [body["n"] for body in box.bodies("health")] == [0, 1]


def test_reports_that_cannot_wait_any_more_get_their_number_and_a_row_in_the_ledger(
    make_box: Callable[..., Box],
) -> None:
    box = make_box(commit_records=2)
    with refusing(box):
        numbers = []
        for number in range(50):
            box.clock.advance(30)
            numbers.append(box.add("health", n=number))
        assert len(box.outbox._opened.memory.waiting.held) == 8
    assert numbers == list(range(1, 51))
    box.add("complaint", n=1)
    assert [body["n"] for body in box.bodies("health")] == list(range(42, 50))
    assert box.waiting("health") == list(range(43, 51))
    (gap,) = box.ledger()
    assert (gap["stream"], gap["first"], gap["last"], gap["count"], gap["reason"]) == ("health", 1, 42, 42, "disk")
    assert gap["to_ms"] - gap["from_ms"] == 41 * 30_000  # type: ignore[operator]
    box.crash()
    assert box.waiting("health") == list(range(43, 51))
    assert box.add("health") == 51


def test_waiting_reports_are_bounded_in_bytes_too(box: Box) -> None:
    with refusing(box):
        for number in range(63):
            box.add("health", n=number, filler="x" * 60_000)
    waiting = box.outbox._opened.memory.waiting
    assert waiting.size_bytes <= 1024 * 1024
    assert waiting.lost + len(waiting.held) == 63


def test_a_statvfs_that_fails_after_the_commit_makes_no_refusal_of_it(
    make_box: Callable[..., Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    box = make_box(snapshot_max_mb=1)
    for _ in range(10):
        box.add_file("snapshot", bytes(100_000))
    box.add("health", n=1)
    whole = opening.files.total_bytes
    calls = []

    def total_bytes(folder: Path) -> int:
        calls.append(folder)
        if len(calls) > 1:
            raise OutboxError("io", "statvfs")
        return whole(folder)

    box.config = OutboxConfig(snapshot_max_mb=1)
    with monkeypatch.context() as patch:
        patch.setattr("agent.core.retention.plan", lambda *_: (_eviction(),))
        patch.setattr("agent.outbox.files.total_bytes", total_bytes)
        box.add("event", n=2)
    assert len(calls) > 1
    assert box.outbox.flush() == 0
    assert box.bodies("health") == [{"n": 1}]


def _eviction() -> object:
    from agent.core.retention import Eviction

    return Eviction("snapshot", 1, "disk")


@pytest.mark.parametrize("times", [1, 3])
def test_a_recovery_that_failed_is_tried_again(box: Box, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    for number in range(20):
        box.add("complaint", n=number)
    old = box.outbox.epoch
    failing = [OutboxError("disk_full", "no room")] * times
    whole = opening._create

    def create(*args: object, **kwargs: object) -> object:
        if failing:
            raise failing.pop()
        return whole(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(opening, "_create", create)
    monkeypatch.setattr(shelf, "RECOVER_EVERY_S", 0.0)
    with pytest.raises(OutboxError) as caught:
        box.outbox.recover("a test says so")
    assert not caught.value.permanent
    assert "disk_reserve" in box.outbox.conditions()
    for _ in range(times - 1):
        assert box.outbox.door() is not None
        assert box.add("health", n=1) > 0, "it waits in memory"
    assert len(box.bodies("complaint")) == 20
    assert box.outbox.epoch != old
    assert box.outbox.conditions().keys() == {"outbox_damaged"}
    assert box.outbox.door() is None
    event = box.bodies("event")[0]
    assert event["predecessor"] == old
    assert event["predecessor_heads"]["complaint"] == 20  # type: ignore[index]


def test_a_failed_recovery_is_not_repeated_at_each_call(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def open_directory(*_: object) -> None:
        tries.append(1)
        raise OutboxError("io", "the card")

    monkeypatch.setattr(shelf, "RECOVER_EVERY_S", 3600.0)
    monkeypatch.setattr(opening, "replace_damaged", open_directory)
    monkeypatch.setattr(opening, "open_directory", open_directory)
    with pytest.raises(OutboxError):
        box.outbox.recover("a test says so")
    for _ in range(5):
        with pytest.raises(OutboxError) as caught:
            box.add("event")
        assert caught.value.code == "io"
    assert len(tries) == 1


def test_the_watchdog_is_not_fed_by_an_outbox_that_is_closed_for_good(box: Box) -> None:
    writer = OutboxWriter(box.outbox, box.clock)

    async def story() -> None:
        await writer.ping()
        box.outbox._opened.db._connection.close()
        with pytest.raises(OutboxError) as caught:
            await writer.ping()
        assert caught.value.code == "closed"

    asyncio.run(story())
    writer._thread.shutdown()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EACCES, errno.EIO])
def test_a_blob_that_cannot_be_read_just_now_is_not_buried(
    box: Box, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    box.add_file("attachment", b"sealed")
    held = box.outbox.page("attachment", 0, 1)[0]

    def fail(path: Path) -> bytes:
        raise OSError(number, "not now")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fail)
        for _ in range(2):
            with pytest.raises(OutboxError) as caught:
                box.outbox.read_file("attachment", held)
            assert not caught.value.permanent
    assert box.outbox.read_file("attachment", held) == b"sealed"
    assert box.ledger() == []


def test_a_bad_sector_under_a_blob_does_not_stop_the_rest_for_ever(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.add_file("attachment", b"sealed")
    box.add_file("attachment", b"sealed too")
    held = box.outbox.page("attachment", 0, 1)[0]
    assert held.path is not None

    def fail(path: Path) -> bytes:
        raise OSError(errno.EIO, "bad sector")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fail)
        for _ in range(2):
            with pytest.raises(OutboxError):
                box.outbox.read_file("attachment", held)
        assert box.outbox.read_file("attachment", held) is None
    assert box.waiting("attachment") == [2]
    assert [gap["reason"] for gap in box.ledger()] == ["corrupt"]
    assert held.path.exists(), "a citizen's: it stays with its headstone"
    box.reopen()
    assert held.path.exists()


def test_the_first_generation_forgets_no_acknowledgement(box: Box) -> None:
    box.add("complaint", n=1)
    box.ack("complaint", (1, 1))
    box.outbox.reoffer("g1")
    assert box.outbox.status()["unwritten_acks"] == 1
    box.reopen()
    for _ in range(2):
        box.clock.advance(4 * 86_400)
        box.outbox.maintain(box.clock.stamp())
    assert box.outbox.status()["streams"]["complaint"]["kept_rows"] == 0  # type: ignore[index]


def test_an_acknowledgement_saved_with_a_burial_expires_after_a_crash_too(box: Box) -> None:
    for number in range(3):
        box.add("complaint", n=number)
    box.ack("complaint", (1, 1))
    box.outbox.refuse("complaint", 2, "schema", box.clock.stamp())
    box.crash()
    assert box.waiting("complaint") == [3]
    for _ in range(3):
        box.clock.advance(4 * 86_400)
        box.outbox.maintain(box.clock.stamp())
    assert box.outbox.status()["streams"]["complaint"]["kept_rows"] == 1  # type: ignore[index]
    assert box.outbox.reoffer("g1") == box.outbox.reoffer("g2") == 0


def test_health_that_waits_survives_a_recovery_with_its_own_numbers(box: Box) -> None:
    for number in range(3):
        box.add("health", n=number)
    box.outbox.flush()
    box.add("health", n=3)
    box.outbox.recover("a test says so")
    box.outbox.flush()
    bodies = [json.loads(bytes(held.record.body)) for held in box.outbox.page("health", 0, EVERYTHING)]
    assert [body["n"] for body in bodies] == [0, 1, 2, 3]
