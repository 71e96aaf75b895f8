"""Pictures given up before they were sent stay links of their camera's chain, whatever is cut in between."""

import shutil
import subprocess
import sys
from pathlib import Path

from agent.core.chain import Lost
from agent.outbox import losses
from center.core import picture_chain
from tests.support.dying_picture_desk import NODE, PICTURES, Desk
from tests.support.torture import often
from wire.codec import decode_up
from wire.snapshot import Snapshot, SnapshotRecord
from wire.topics import up


def read(content: bytes) -> SnapshotRecord:
    snapshot = decode_up(up(NODE, "snapshot"), content)
    assert isinstance(snapshot, Snapshot)
    return snapshot.record


def held(desk: Desk) -> list[SnapshotRecord]:
    """Records of the pictures that wait."""
    contents = [desk.outbox.read_file("snapshot", each) for each in desk.outbox.page("snapshot", 0, 10**9, 1000)]
    return [read(content) for content in contents if content is not None]


def arrived(desk: Desk) -> list[SnapshotRecord]:
    """Records of the pictures the centre has."""
    return [read(path.read_bytes()) for path in (desk.folder / "centre").glob("*")]


def walked(desk: Desk) -> list[int]:
    """The numbers met on the way from the newest picture to the first: through pictures that wait or have arrived, and
    links that those tell or the next one will."""
    records = held(desk) + arrived(desk)
    before = {(record.seq, record.sha256): record.previous_sha256 for record in records}
    for record in records:
        before |= {(link.seq, link.sha256): link.previous_sha256 for link in record.evicted}
    untold = losses.read(desk.outbox._opened.db).of(desk.outbox.epoch, "gate").untold
    before |= {(link.seq, link.sha256): link.previous_sha256 for link in untold}
    at = {sha256: seq for seq, sha256 in before}
    newest = max(records, key=lambda record: record.seq)
    numbers, sha256 = [newest.seq], newest.previous_sha256
    while sha256:
        assert sha256 in at, f"the chain breaks behind {numbers[-1]}"
        numbers.append(at[sha256])
        sha256 = before[at[sha256], sha256]
    return numbers


def test_what_a_small_outbox_gave_up_is_told_by_the_pictures_after_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number in range(PICTURES):
        desk.take(number)
    records = held(desk)
    assert len(records) < PICTURES
    assert walked(desk) == list(range(PICTURES, 0, -1))
    assert all(record.evicted_more == 0 for record in records)
    desk.outbox.close()


def test_once_a_picture_that_told_of_them_has_arrived_the_next_ones_tell_no_more(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    while not losses.read(desk.outbox._opened.db).of(desk.outbox.epoch, "gate").count:
        desk.take(desk.outbox.heads()["snapshot"][1])
    desk.take(20)
    told = held(desk)[-1]
    assert told.evicted
    while held(desk)[:-1]:
        desk.oldest_arrives()
    desk.take(21)
    assert held(desk)[-1].evicted == told.evicted  # it has not arrived yet
    desk.oldest_arrives()
    desk.take(22)
    assert held(desk)[-1].evicted == []
    assert losses.read(desk.outbox._opened.db).of(desk.outbox.epoch, "gate") == Lost()
    desk.outbox.close()


def test_the_centre_finds_each_hole_explained_by_the_pictures_that_come_after_it(tmp_path: Path) -> None:
    """The node's own words, judged by the centre's rule. A picture arrives between two that are given up, and again."""
    desk = Desk(tmp_path)
    for number in range(2 * PICTURES):
        desk.take(number)
        if number % 4 == 3:
            desk.oldest_arrives()
    desk.take(2 * PICTURES)
    while len(held(desk)) > 0:
        desk.oldest_arrives()
    records = arrived(desk)
    links = [picture_chain.Link(r.seq, r.sha256, r.previous_sha256, True, r.evicted_more) for r in records]
    told = [
        picture_chain.Link(link.seq, link.sha256, link.previous_sha256, False)
        for record in records
        for link in record.evicted
    ]
    found = picture_chain.findings(links, told)
    assert len(found) < 2 * PICTURES
    assert {"follows", "given_up"} <= set(found.values()) <= {"first", "follows", "given_up"}
    desk.outbox.close()


def test_a_picture_the_centre_cannot_read_is_a_link_as_well(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number in range(3):
        desk.take(number)
    desk.outbox.refuse("snapshot", 2, "jpeg", desk.clock.stamp())
    desk.take(3)
    assert [link.seq for link in held(desk)[-1].evicted] == [2]
    assert walked(desk) == [4, 3, 2, 1]
    desk.outbox.close()


def test_a_picture_whose_bytes_were_lost_is_missing_from_the_chain_and_stops_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number in range(3):
        desk.take(number)
    [file] = (desk.folder / "outbox" / "files").glob("snapshot-*-2")
    file.write_bytes(b"\x00" * 1000)
    assert len(held(desk)) == 2
    desk.take(3)
    assert held(desk)[-1].evicted == []
    desk.outbox.close()


def test_a_picture_that_told_of_others_and_was_damaged_has_told_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number in range(3):
        desk.take(number)
    desk.outbox.refuse("snapshot", 1, "jpeg", desk.clock.stamp())
    desk.take(3)
    assert [link.seq for link in held(desk)[-1].evicted] == [1]
    [carrier] = (desk.folder / "outbox" / "files").glob("snapshot-*-4")
    carrier.write_bytes(b"\x00" * 1000)
    assert [record.seq for record in held(desk)] == [2, 3]
    desk.take(4)
    assert [link.seq for link in held(desk)[-1].evicted] == [1]
    desk.outbox.close()


def test_a_new_epoch_knows_nothing_of_the_one_before(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number in range(PICTURES):
        desk.take(number)
    desk.outbox.new_epoch("clone", desk.clock.stamp())
    desk.take(0)
    [record] = held(desk)
    assert (record.evicted, record.evicted_more, record.previous_sha256) == ([], 0, "")
    desk.outbox.close()


def test_a_damaged_note_is_forgotten_and_the_outbox_goes_on(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number in range(PICTURES):
        desk.take(number)
    for damage in ("UPDATE note SET value = 'x' WHERE name = ?", "UPDATE note SET seal = 'x' WHERE name = ?"):
        with desk.outbox._opened.db.transaction():
            desk.outbox._opened.db.execute(damage, (losses.NOTE,))
        desk.take(20)
        assert held(desk)[-1].evicted == []
    desk.outbox.close()


def test_killed_at_any_step_the_chain_can_be_walked_from_its_newest_picture_to_its_first(tmp_path: Path) -> None:
    every = str(often(8, 1))
    command = [sys.executable, "-m", "tests.support.dying_picture_desk", str(tmp_path), every]
    dying = subprocess.run(command, capture_output=True, text=True, check=False)
    assert dying.returncode == 0, dying.stderr
    places = sorted(tmp_path.iterdir(), key=lambda place: int(place.name))
    assert len(places) > 10
    for place in places:
        desk = Desk(place)
        desk.take(30)
        head = desk.outbox.heads()["snapshot"][1]
        assert walked(desk) == list(range(head, 0, -1)), f"killed at step {place.name}"
        desk.outbox.close()
        shutil.rmtree(place)


def test_pictures_leave_after_the_days_they_may_stay_and_the_ledger_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number in range(3):
        desk.take(number)
    desk.outbox.maintain(desk.clock.stamp())
    assert len(held(desk)) == 3
    desk.clock.advance(7 * 86_400 - 2)
    desk.take(3)
    desk.outbox.maintain(desk.clock.stamp())
    assert [record.seq for record in held(desk)] == [3, 4]  # the first two are seven days old
    assert [(entry["reason"], entry["first"], entry["last"], entry["count"]) for entry in desk.outbox.ledger(10)] == [
        ("age", 1, 2, 2)
    ]
    desk.take(4)
    assert walked(desk) == [5, 4, 3, 2, 1]
    desk.outbox.close()
