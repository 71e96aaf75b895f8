"""How long things stay on the card: by the clock when it is known, by the box's own life when it is not."""

from pathlib import Path

import pytest

from agent.fakes import FakeClock
from agent.kiosk.album import MOST_UNCLAIMED, Album
from agent.kiosk.keeping import DAY_S, Keeping, Limits
from agent.kiosk.store import KioskStore, StoredReply
from tests.support.kiosk_box import a_ticket

NAME = "id-000001"


class Box:
    """A store with one delivered ticket and a photo, and a clock."""

    def __init__(self, directory: Path, *, synced: bool = True) -> None:
        self.directory = directory
        self.clock = FakeClock(synced=synced)
        self.store = KioskStore(directory)
        self.album = Album(self.store)
        self.keeping = Keeping(self.store, self.album, Limits(), self.clock.mono_s())
        self.photo_id = self.album.keep(b"sealed", "k" * 16, self.clock.stamp())
        self.store.add(a_ticket(), [self.photo_id])

    def acknowledged(self) -> None:
        self.keeping.acknowledged([NAME], [self.photo_id], self.clock.stamp())

    def later(self, days: float) -> int:
        self.clock.advance(days * DAY_S)
        return self.keeping.forget(self.clock.stamp())

    @property
    def has_body(self) -> bool:
        found = self.store.by_id(NAME)
        return found is not None and found.body is not None

    @property
    def photo_files(self) -> int:
        return len(list(self.album.folder.iterdir()))


@pytest.fixture(params=[True, False], ids=["the-time-is-known", "nobody-knows-the-time"])
def box(tmp_path: Path, request: pytest.FixtureRequest) -> Box:
    return Box(tmp_path, synced=request.param)


def test_what_waits_is_never_forgotten_however_long(box: Box) -> None:
    assert box.later(4000) == 0
    assert box.has_body and box.photo_files == 1 and box.album.undelivered()


def test_body_and_photos_go_seven_days_after_the_acknowledgement_and_the_ticket_after_ninety(box: Box) -> None:
    box.later(30)
    box.acknowledged()
    assert box.later(6.9) == 0 and box.has_body and box.photo_files == 1
    assert box.later(0.2) == 2
    assert not box.has_body and box.photo_files == 0
    assert box.store.counts() == {"tickets": 1, "pending": 0, "replies": 0, "photos": 0}
    assert box.later(82.8) == 0 and box.store.by_id(NAME) is not None
    assert box.later(0.2) == 1 and box.store.by_id(NAME) is None


def test_an_answered_ticket_stays_ninety_days_from_its_last_answer(box: Box) -> None:
    box.acknowledged()
    box.later(80)
    box.store.add_reply("d", NAME, StoredReply("answered", box.clock.wall_ms(), box=b"x"))
    box.keeping.heard(NAME, box.clock.stamp())
    box.later(89)
    assert box.store.by_id(NAME) is not None and box.store.counts()["replies"] == 1
    box.later(2)
    assert box.store.by_id(NAME) is None and box.store.counts()["replies"] == 0


def test_who_answers_has_the_ticket_also_when_nobody_saw_the_acknowledgement(box: Box) -> None:
    box.keeping.heard(NAME, box.clock.stamp())
    assert box.store.undelivered() == []


def test_a_wall_clock_that_jumps_ahead_unsynchronised_purges_nothing(tmp_path: Path) -> None:
    box = Box(tmp_path, synced=False)
    box.acknowledged()
    box.clock.step(400 * DAY_S)
    assert box.later(0.1) == 0 and box.has_body
    box.clock.step(0, synced=True)  # and now it is known: the acknowledgement's own time still is not
    assert box.later(0.1) == 0 and box.has_body
    assert box.later(7) == 2 and not box.has_body


def test_time_in_use_is_remembered_over_restarts(tmp_path: Path) -> None:
    box = Box(tmp_path, synced=False)
    box.acknowledged()
    for _ in range(8):
        box.later(0.99)
        box.clock.reboot("another-boot", "another-run")
        box.keeping = Keeping(box.store, box.album, Limits(), box.clock.mono_s())
    assert not box.has_body


def test_what_was_purged_is_in_no_file_any_more(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.store.add(a_ticket(2, body=b'{"sealed":"' + b"PURGEME" * 3000 + b'"}'))
    assert b"PURGEME" in _raw(tmp_path)
    box.keeping.acknowledged([NAME, "id-000002"], [box.photo_id], box.clock.stamp())
    box.later(8)
    assert b"PURGEME" not in _raw(tmp_path)


def test_a_photo_nobody_handed_in_goes_within_the_hour_or_with_the_boot(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.album.keep(b"first", "k" * 16, box.clock.stamp())
    box.clock.advance(1800)
    box.album.keep(b"second", "k" * 16, box.clock.stamp())
    box.later(0.5 / 24)
    assert box.photo_files == 3
    box.later(0.1 / 24)
    assert box.photo_files == 2
    box.clock.reboot("another-boot", "another-run")
    box.later(0)
    assert box.photo_files == 1, "the one that belongs to a ticket stays"


def test_who_takes_photo_after_photo_and_hands_none_in_fills_no_card(tmp_path: Path) -> None:
    box = Box(tmp_path)
    taken = [box.album.keep(b"%d" % n, "k" * 16, box.clock.stamp()) for n in range(MOST_UNCLAIMED + 5)]
    kept = {path.stem for path in box.album.folder.iterdir()}
    assert kept == {box.photo_id, *taken[5:]}, "the oldest go; one that belongs to a ticket stays"
    assert not box.store.add(a_ticket(2), taken[4:5]) and box.store.add(a_ticket(2), taken[5:8])


def test_a_file_without_a_row_is_swept_and_others_are_left(tmp_path: Path) -> None:
    box = Box(tmp_path)
    for name in ("f" * 32 + ".sealed", ".half.part"):
        (box.album.folder / name).write_bytes(b"orphan")
    box.album.sweep()
    assert [path.name for path in box.album.folder.iterdir()] == [f"{box.photo_id}.sealed"]


def _raw(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())
