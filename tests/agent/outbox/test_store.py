"""The outbox by its promises: durable, gap-free, acknowledged once, bounded with a ledger."""

import json
from collections.abc import Callable

import pytest

from agent.core.clock import Stamp
from agent.outbox import OutboxConfig, OutboxError, open_outbox
from tests.agent.outbox.conftest import Box, numbers_of
from wire.bodies import Receipt
from wire.messages import content_hash

DAY_MS = 86_400_000


def test_a_new_outbox_begins_with_an_epoch_event(box: Box) -> None:
    first = box.outbox.page("event", 0, 10_000)[0].record
    assert (first.seq, first.kind) == (1, "epoch")
    assert json.loads(bytes(first.body)) == {
        "predecessor": None,
        "predecessor_heads": {},
        "board": "board-1",
        "reason": "first",
    }


def test_sequences_are_per_stream_and_go_on_after_a_restart(box: Box) -> None:
    assert [box.add("complaint", n=n) for n in range(3)] == [1, 2, 3]
    assert box.add("event", n=1) == 2
    assert [box.add("health", n=n) for n in range(2)] == [1, 2]
    box.reopen()
    assert box.add("complaint") == 4
    assert box.add("health") == 3


def test_a_number_is_not_given_out_again_after_all_rows_are_gone(box: Box) -> None:
    for _ in range(5):
        box.add("health")
    box.outbox.flush()
    assert box.ack("health", (1, 5)) == 5
    box.reopen()
    assert box.waiting("health") == []
    assert box.add("health") == 6
    assert box.outbox.heads()["health"] == (6, 5, 0)


def test_records_come_back_as_they_were_with_their_hash(box: Box) -> None:
    big = {"text": "Jalan rusak di depan kelurahan " * 200}
    box.add("complaint", **big)
    box.clock.advance(5)
    record = box.crash().page("complaint", 0, 10**6)[0].record
    assert json.loads(bytes(record.body)) == big
    assert record.mono_ms == 60_000
    assert content_hash(record) == record.hash


def test_health_is_leased_only_after_the_commit_and_lost_before_it(box: Box) -> None:
    box.add("health", n=1)
    assert box.waiting("health") == []
    assert box.outbox.heads()["health"] == (1, 0, 0)
    box.crash()
    assert box.waiting("health") == []
    assert box.add("health", n=2) == 1
    assert box.outbox.flush() == 1
    box.crash()
    assert box.bodies("health") == [{"n": 2}]


def test_a_complaint_takes_waiting_health_reports_along(box: Box) -> None:
    box.add("health", n=1)
    box.add("complaint", n=2)
    box.crash()
    assert box.waiting("health") == [1]


@pytest.mark.parametrize("count", [10, 63, 64, 65, 200, 1000])
def test_health_survives_slots_and_table_in_order(box: Box, count: int) -> None:
    for number in range(count):
        box.add("health", n=number)
        if number % 7 == 0:
            box.outbox.flush()
    box.outbox.flush()
    box.crash()
    assert box.waiting("health") == list(range(1, count + 1))
    assert [body["n"] for body in box.bodies("health")] == list(range(count))


def test_reports_larger_than_all_slots_go_into_the_table(box: Box) -> None:
    import random

    texts = [random.Random(n).randbytes(n * 700).hex() for n in range(1, 9)]
    for text in texts:
        box.add("health", text=text)
        box.outbox.flush()
    box.crash()
    assert [body["text"] for body in box.bodies("health")] == texts
    assert box.ack("health", (1, 8)) == 8
    assert box.reopen().status()["streams"]["health"]["kept_rows"] == 0  # type: ignore[index]


def test_acknowledged_is_not_offered_and_holes_are(box: Box) -> None:
    for number in range(10):
        box.add("complaint", n=number)
    assert box.ack("complaint", (1, 3), (6, 6), (9, 400)) == 6
    assert box.waiting("complaint") == [4, 5, 7, 8]
    assert box.outbox.heads()["complaint"] == (4, 10, 4)
    assert box.ack("complaint", (1, 6)) == 2
    box.reopen()
    assert box.waiting("complaint") == [7, 8]


def test_an_answer_to_another_epoch_changes_nothing(box: Box) -> None:
    box.add("complaint")
    assert box.outbox.acknowledge("another", "complaint", [(1, 1)]) == 0
    assert box.waiting("complaint") == [1]


def test_pages_are_bounded_and_go_on_where_they_stopped(box: Box) -> None:
    for number in range(50):
        box.add("complaint", n=number, filler="x" * 1000)
    first = box.outbox.page("complaint", 0, 5000)
    assert 1 < len(first) < 6
    seen = [held.record.seq for held in first]
    while page := box.outbox.page("complaint", seen[-1], 5000, limit_records=3):
        assert len(page) <= 3
        seen += [held.record.seq for held in page]
    assert seen == list(range(1, 51))
    assert len(box.outbox.page("complaint", 0, 1)) == 1


def test_deletion_is_batched_and_its_rows_do_not_come_back_after_a_crash(make_box: Callable[..., Box]) -> None:
    box = make_box(ack_commit_count=3)
    for _ in range(300):
        box.add("health")
    box.outbox.flush()
    for batch in range(3):
        box.ack("health", (batch * 100 + 1, batch * 100 + 100))
        box.outbox.maintain(box.clock.stamp())
    assert box.outbox.status()["unwritten_acks"] == 0
    box.crash()
    assert box.waiting("health") == []
    assert box.outbox.status()["streams"]["health"]["size_bytes"] == 0  # type: ignore[index]


def test_kept_complaints_are_offered_again_to_another_generation_and_expire_after_seven_days(box: Box) -> None:
    box.outbox.reoffer("g1")
    box.add("complaint", n=1)
    box.add("health", n=1)
    box.outbox.flush()
    box.ack("complaint", (1, 1))
    box.ack("event", (1, 1))
    box.ack("health", (1, 1))
    box.reopen()
    assert box.outbox.reoffer("g1") == 0
    assert box.outbox.reoffer("g2") == 2
    assert box.waiting("complaint") == [1]
    assert box.waiting("event") == [1]
    assert box.waiting("health") == []
    box.ack("complaint", (1, 1))
    box.ack("event", (1, 1))
    box.reopen()
    box.clock.advance(6.9 * 86_400)
    box.outbox.maintain(box.clock.stamp())
    assert box.outbox.reoffer("g3") == 2, "not seven days yet"
    box.ack("complaint", (1, 1))
    box.ack("event", (1, 1))
    box.reopen()
    for _ in range(2):
        box.clock.advance(4 * 86_400)
        box.outbox.maintain(box.clock.stamp())
    assert box.outbox.reoffer("g4") == 0
    assert box.outbox.status()["streams"]["complaint"]["kept_rows"] == 0  # type: ignore[index]
    assert box.add("complaint", n=2) == 2


def test_a_bound_gives_up_the_oldest_health_and_says_so(make_box: Callable[..., Box]) -> None:
    box = make_box(health_max_mb=1)
    for number in range(1300):
        box.clock.advance(3600)  # one an hour: there is nothing to thin
        box.add("health", n=number, filler="x" * 900)
    box.outbox.flush()
    waiting, ledger = box.waiting("health"), box.ledger()
    assert waiting[-1] == 1300
    assert ledger, "something was given up"
    assert numbers_of(ledger, "health") == set(range(1, 1301)) - set(waiting)
    assert all(gap["reason"] == "bound" for gap in ledger)
    box.crash()
    assert box.waiting("health") == waiting


def test_the_ledger_itself_is_never_given_up(make_box: Callable[..., Box]) -> None:
    box = make_box(event_max_mb=1)
    for number in range(1600):
        box.add("event", n=number, filler="x" * 900)
    kinds = [held.record.kind for held in box.outbox.page("event", 0, 10**9, 10**6)]
    assert kinds[0] == "epoch"
    lost = numbers_of(box.ledger(), "event")
    assert lost
    assert lost | set(box.waiting("event")) == set(range(1, box.outbox.heads()["event"][1] + 1))
    assert not lost & set(box.waiting("event"))


def test_acknowledged_events_make_room_before_anything_is_lost(make_box: Callable[..., Box]) -> None:
    box = make_box(event_max_mb=1)
    for number in range(700):
        box.add("event", n=number, filler="x" * 900)
    box.ack("event", (1, 600))
    for number in range(400):
        box.add("event", n=number, filler="x" * 900)
    assert box.ledger() == []


def test_files_are_durable_and_gone_after_their_acknowledgement(box: Box) -> None:
    content = bytes(range(256)) * 100
    assert box.add_file("snapshot", content) == 1
    assert box.add_file("attachment", b"sealed") == 1
    box.crash()
    held = box.outbox.page("snapshot", 0, 10)[0]
    assert held.path is not None
    assert box.outbox.read_file("snapshot", held) == content
    box.ack("snapshot", (1, 1))
    box.reopen()
    assert not held.path.exists()
    assert box.waiting("attachment") == [1]


def test_pictures_over_their_bound_go_oldest_first_with_their_files(make_box: Callable[..., Box]) -> None:
    box = make_box(snapshot_max_mb=1)
    for _ in range(15):
        box.add_file("snapshot", bytes(100_000))
    waiting = box.waiting("snapshot")
    assert waiting == list(range(waiting[0], 16))
    assert numbers_of(box.ledger(), "snapshot") == set(range(1, waiting[0]))
    assert len(list((box.directory / "files").iterdir())) == len(waiting)


def test_a_picture_that_cannot_be_built_uses_no_number(box: Box) -> None:
    def fail(seq: int, epoch: str) -> bytes:
        raise ValueError("the camera changed its mind")

    with pytest.raises(ValueError, match="changed its mind"):
        box.outbox.append_file("snapshot", "snapshot", fail, box.clock.stamp())
    assert box.add_file("snapshot", b"jpeg") == 1


def test_a_new_epoch_offers_everything_unacknowledged_and_begins_with_its_event(box: Box) -> None:
    for number in range(6):
        box.add("complaint", n=number)
        box.add("event", n=number)
        box.add("health", n=number)
        box.add_file("snapshot", b"jpeg")
    box.outbox.flush()
    for stream in ("complaint", "event", "health", "snapshot"):
        box.ack(stream, (1, 2))
    before, old = {s: box.bodies(s) for s in ("event", "health")}, box.outbox.epoch
    new = box.outbox.new_epoch("epoch_conflict", box.clock.stamp())
    assert new != old
    events = box.outbox.page("event", 0, 10**6)
    assert events[0].record.kind == "epoch"
    notice = json.loads(bytes(events[0].record.body))
    assert notice["predecessor"] == old
    assert notice["predecessor_heads"]["complaint"] == 6
    assert [json.loads(bytes(e.record.body)) for e in events if e.record.kind == "reach"] == before["event"]
    assert all(content_hash(e.record) == e.record.hash for e in events)
    assert box.bodies("health") == before["health"]
    assert [body["n"] for body in box.bodies("complaint")] == [*range(6)], "the centre knows complaints by their id"
    assert box.waiting("snapshot") == []
    assert numbers_of(box.ledger(), "snapshot") == {3, 4, 5, 6}
    for stream in ("event", "health", "snapshot"):
        head = box.outbox.heads()[stream][1]
        assert _declared(box, stream) | set(box.waiting(stream)) == set(range(1, head + 1)), stream
    box.crash()
    assert box.outbox.epoch == new
    assert box.bodies("health") == before["health"]


def test_another_board_begins_a_new_epoch_and_loses_nothing(box: Box) -> None:
    box.add("complaint", n=1)
    box.add("health", n=1)
    old = box.outbox.epoch
    box.outbox.close()
    box.board = "board-2"
    box.outbox = box.open()
    assert box.outbox.epoch != old
    assert box.bodies("complaint") == [{"n": 1}]
    assert box.bodies("health") == [{"n": 1}]
    epoch = box.outbox.epoch
    box.board = ""
    assert box.reopen().epoch == epoch, "a board that cannot be read is no other board"


def test_receipts_are_remembered_with_their_event(box: Box) -> None:
    assert box.outbox.receipt_outcome("d-1") is None
    box.outbox.append_receipt(Receipt("d-1", "done"), box.clock.stamp())
    box.crash()
    assert box.outbox.receipt_outcome("d-1") == "done"
    assert [held.record.kind for held in box.outbox.page("event", 0, 10**6)] == ["epoch", "receipt"]
    for number in range(600):
        box.outbox.append_receipt(Receipt(f"e-{number}", "done"), box.clock.stamp())
    assert box.outbox.receipt_outcome("d-1") is None, "bounded"
    assert box.outbox.receipt_outcome("e-599") == "done"


def test_session_numbers_are_never_used_twice(box: Box) -> None:
    seen = [box.outbox.next_session(), box.outbox.next_session()]
    box.crash()
    seen.append(box.outbox.next_session())
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":1}}', b"\xff", b'"\xff"'])
def test_what_is_no_json_is_refused_at_the_door(box: Box, body: bytes) -> None:
    with pytest.raises(OutboxError) as caught:
        box.outbox.append("complaint", "complaint", body, box.clock.stamp())
    assert caught.value.permanent
    assert box.add("complaint") == 1


def test_a_second_process_is_told_that_the_outbox_is_taken(box: Box) -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfrom pathlib import Path\nimport agent.outbox.database as d\nd.BUSY_TIMEOUT_S = 0.1\n"
        "from agent.core.clock import Stamp\nfrom agent.outbox import OutboxError, open_outbox\n"
        "try: open_outbox(Path(sys.argv[1]), 'board-1', Stamp('b', 'r', 1, 1, True))\n"
        "except OutboxError as error: print(error.code)\n"
    )
    out = subprocess.run([sys.executable, "-c", code, str(box.directory)], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "locked", out.stderr


def test_a_newer_format_is_left_alone(box: Box) -> None:
    box.add("complaint")
    box.outbox._opened.db.execute("PRAGMA user_version=9")
    box.outbox.close()
    with pytest.raises(OutboxError) as caught:
        box.open()
    assert caught.value.code == "newer"
    assert not list(box.directory.glob("outbox.corrupt*"))


def test_the_log_stays_bounded(box: Box) -> None:
    for number in range(3000):
        box.add("health", n=number, filler="x" * 500)
        if number % 5 == 0:
            box.outbox.flush()
            box.ack("health", (1, number))
            box.outbox.maintain(box.clock.stamp())
    assert (box.directory / "outbox.db-wal").stat().st_size <= 3 * 1024 * 1024


def test_a_config_of_defaults_opens(tmp_path: object) -> None:
    stamp = Stamp("b", "r", 1, 1, True)
    outbox = open_outbox(tmp_path / "new" / "deep", "x", stamp, OutboxConfig())  # type: ignore[operator]
    assert outbox.door() is None
    outbox.close()


def _declared(box: Box, stream: str) -> set[int]:
    rows = box.outbox.page("event", 0, 10**9, 10**6)
    gaps = [json.loads(bytes(held.record.body)) for held in rows if held.record.kind == "gap"]
    return numbers_of(gaps, stream)
