"""Damage in the slots of health reports: no number is given out twice, and no report goes without a word."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.outbox import lanes, sidecar
from agent.outbox.slots import SLOT_BYTES
from tests.agent.outbox.conftest import Box


def damage_slots(box: Box, *seqs: int, at: int = 40, to: bytes | None = None) -> None:
    """Flip one bit (or write `to`) in the slot of each of these reports, in the file or its log, as a bad card does."""
    for seq in seqs:
        (slot,) = box.outbox._opened.memory.slots.held[seq][1]
        db = box.outbox._opened.db
        ((data,),) = list(db.rows("SELECT data FROM slot WHERE id = ?", (slot,)))
        changed = bytearray(data)  # type: ignore[arg-type]
        if to is None:
            changed[at] ^= 4
        else:
            changed[at : at + len(to)] = to
        db.execute("UPDATE slot SET data = ? WHERE id = ?", (bytes(changed[:SLOT_BYTES]), slot))


def report(box: Box, count: int) -> None:
    for number in range(count):
        box.add("health", n=number)
    box.outbox.flush()


def declared(box: Box) -> tuple[set[int], int]:
    """Numbers of health that the ledger covers as damaged, and how many of them it counts as lost."""
    rows = [row for row in box.outbox.ledger(100) if (row["stream"], row["reason"]) == ("health", "corrupt")]
    numbers = {n for row in rows for n in range(int(str(row["first"])), int(str(row["last"])) + 1)}
    return numbers, sum(int(str(row["count"])) for row in rows)


def test_after_a_stop_in_order_exactly_the_lost_reports_are_declared(box: Box) -> None:
    report(box, 10)
    epoch = box.outbox.epoch
    damage_slots(box, 4, 10)
    box.reopen()
    assert box.outbox.epoch == epoch
    assert box.waiting("health") == [1, 2, 3, 5, 6, 7, 8, 9]
    assert box.add("health", n=11) == 11, "number 10 is not given out again"
    box.outbox.flush()
    numbers, count = declared(box)
    assert {4, 10} <= numbers <= set(range(1, 11))
    assert count == 2
    box.reopen()
    assert declared(box)[1] == 2, "once"
    assert box.waiting("health") == [1, 2, 3, 5, 6, 7, 8, 9, 11]


@pytest.mark.parametrize("at", [0, 6, 7, 8, 9, 11, 13, 40])
def test_wherever_the_bit_flips_the_newest_number_is_not_given_out_again(box: Box, at: int) -> None:
    report(box, 5)
    damage_slots(box, 5, at=at)
    box.crash()
    seq = box.add("health", n=1)
    box.outbox.flush()
    held = box.waiting("health")
    assert seq > 5
    numbers, count = declared(box)
    assert set(range(1, seq + 1)) - set(held) <= numbers
    assert 5 in held or count == 1


def test_a_flipped_head_of_a_whole_report_costs_nothing(box: Box) -> None:
    report(box, 5)
    damage_slots(box, 5, at=7)
    box.crash()
    assert box.waiting("health") == [1, 2, 3, 4, 5]
    assert declared(box) == (set(), 0)


def test_after_a_crash_numbers_go_on_behind_all_that_can_have_been_given_out(box: Box) -> None:
    for number in range(40):  # one slot is used again and again: nothing else knows how far it came
        box.add("health", n=number)
        box.outbox.flush()
        if number < 39:
            box.ack("health", (1, number + 1))
    damage_slots(box, 40)
    box.crash()
    seq = box.add("health", n=40)
    box.outbox.flush()
    assert seq > 40
    numbers, count = declared(box)
    assert 40 in numbers
    assert count == 1
    assert box.outbox.heads()["health"][2] == len(box.waiting("health"))


def test_damage_in_a_slot_that_was_free_again_costs_nothing_after_a_stop_in_order(box: Box) -> None:
    report(box, 6)
    damage_slots(box, 2)
    box.ack("health", (1, 6))
    box.reopen()
    assert declared(box) == (set(), 0)
    assert box.add("health") == 7


@pytest.mark.parametrize("sector", [(0, 512), (468, SLOT_BYTES), (0, 468)])
def test_a_sector_of_zeros_does_not_make_a_report_an_unused_slot(box: Box, sector: tuple[int, int]) -> None:
    report(box, 5)
    damage_slots(box, 3, at=sector[0], to=bytes(sector[1] - sector[0]))
    box.crash()
    held = box.waiting("health")
    assert {1, 2, 4, 5} <= set(held)
    assert 3 in held or (3 in declared(box)[0] and declared(box)[1] == 1)


def test_a_slot_whose_row_is_gone_is_made_again(box: Box) -> None:
    report(box, 3)
    box.outbox._opened.db.execute("DELETE FROM slot WHERE id IN (1, 63)")
    box.reopen()
    assert box.waiting("health") == [1, 3]
    assert declared(box)[1] == 1
    report(box, 60)
    box.crash()
    assert len(box.waiting("health")) == 62


def test_a_report_in_several_slots_that_lost_one_is_declared(box: Box) -> None:
    box.outbox.append("health", "report", b'"%s"' % random.Random(1).randbytes(1200).hex().encode(), box.clock.stamp())
    report(box, 1)
    slots = box.outbox._opened.memory.slots.held[1][1]
    assert len(slots) > 1
    db = box.outbox._opened.db
    cut = "CAST(substr(data, 1, 100) || x'00' || substr(data, 102) AS BLOB)"
    db.execute(f"UPDATE slot SET data = {cut} WHERE id = ?", (slots[1],))
    box.reopen()
    assert box.waiting("health") == [2]
    assert declared(box) == ({1}, 1)


@pytest.mark.parametrize("ordered", [True, False])
def test_an_outbox_of_an_older_version_is_treated_the_same(box: Box, ordered: bool) -> None:
    """No mark, no checksum of the head: what it can have given out is bounded otherwise."""
    report(box, 9)
    opened = box.outbox._opened
    for seq in range(1, 10):
        (slot,) = opened.memory.slots.held[seq][1]
        ((data,),) = list(opened.db.rows("SELECT data FROM slot WHERE id = ?", (slot,)))
        assert isinstance(data, bytes)
        end = 16 + int.from_bytes(data[10:12], "big")
        opened.db.execute("UPDATE slot SET data = ? WHERE id = ?", (data[:end] + bytes(SLOT_BYTES - end), slot))
    lanes.save(opened.db, "health", lanes.Lane())
    assert box.crash().heads()["health"] == (1, 9, 9), "it opens as it is"
    damage_slots(box, 8, 9)
    if ordered:
        heads = {"health": 9, "event": 1}
        sidecar.write(box.directory, sidecar.Sidecar(box.outbox.epoch, "board-1", heads))
    lanes.save(box.outbox._opened.db, "health", lanes.Lane())
    box.crash()
    assert box.waiting("health") == list(range(1, 8))
    assert box.add("health") > 9
    box.outbox.flush()
    assert {8, 9} <= declared(box)[0]


def test_commits_that_only_the_sidecar_remembers_are_declared(make_box: Callable[..., Box]) -> None:
    box = make_box()
    box.outbox.close()
    before = {path.name: path.read_bytes() for path in box.directory.glob("outbox.db*")}
    box.outbox = box.open()
    for number in range(5):
        for stream in ("complaint", "event", "health"):
            box.add(stream, n=number)
    box.outbox.close()
    _put_back(box.directory, before)
    epoch = box.outbox.epoch
    box.outbox = box.open()
    assert box.outbox.epoch == epoch
    assert box.add("complaint") == 6
    assert box.outbox.append("health", "report", b"{}", box.clock.stamp()) == 6
    rows = {str(row["stream"]): (row["first"], row["last"], row["count"]) for row in box.outbox.ledger(10)}
    assert rows == {"complaint": (1, 5, 5), "event": (2, 6, 5), "health": (1, 5, 5)}
    box.crash()
    assert len(box.outbox.ledger(10)) == 3


def _put_back(directory: Path, files: dict[str, bytes]) -> None:
    for path in directory.glob("outbox.db*"):
        path.unlink()
    for name, content in files.items():
        (directory / name).write_bytes(content)
