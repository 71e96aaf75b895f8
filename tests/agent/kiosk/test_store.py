"""The kiosk's database: durable, bounded, and damage puts it aside instead of stopping the kiosk."""

import sqlite3
from pathlib import Path

import pytest

from agent.fakes import FakeClock
from agent.kiosk import store as store_module
from agent.kiosk.album import Album
from agent.kiosk.keeping import Keeping, Limits
from agent.kiosk.store import KioskStore, StoredNotice, StoredReply, StoreError, Ticket
from tests.support.kiosk_box import a_ticket as ticket
from wire.shape import replace


def keeping(store: KioskStore, clock: FakeClock) -> Keeping:
    return Keeping(store, Album(store), Limits(), clock.mono_s())


def test_a_ticket_is_found_by_client_and_by_index_also_after_reopening(tmp_path: Path) -> None:
    store = KioskStore(tmp_path)
    store.add(ticket())
    store.close()
    store = KioskStore(tmp_path)
    assert store.by_client("client-1") == store.by_index(b"index-000001") == store.by_id("id-000001") == ticket()
    assert store.undelivered() == [ticket()]
    assert store.by_index(b"none") is None and store.by_code("CODE000001") is None
    store.close()


def test_a_placed_ticket_keeps_its_body_until_it_is_known_to_be_delivered(tmp_path: Path) -> None:
    store, clock = KioskStore(tmp_path), FakeClock()
    store.add(ticket())
    store.place("id-000001", "epoch", 7)
    assert store.undelivered() == [ticket(epoch="epoch", seq=7)]
    store.withdraw("id-000001")
    assert store.by_id("id-000001") is not None, "only a pending ticket can be withdrawn"
    keeping(store, clock).acknowledged(["id-000001"], [], clock.stamp())
    assert store.undelivered() == []
    found = store.by_id("id-000001")
    assert found is not None and found.body is not None
    store.close()


def test_of_two_tickets_at_one_place_the_earlier_has_none_any_more(tmp_path: Path) -> None:
    """An older state of the outbox came back and gave the number out again."""
    store = KioskStore(tmp_path)
    for number in (1, 2):
        store.add(ticket(number))
        store.place(f"id-00000{number}", "epoch", 7)
    assert [(one.service_request_id, one.seq) for one in store.undelivered()] == [("id-000001", None), ("id-000002", 7)]
    store.close()


def test_a_second_ticket_of_the_same_client_or_index_is_refused(tmp_path: Path) -> None:
    store = KioskStore(tmp_path)
    store.add(ticket(1))
    for again in (ticket(2, client_hash="client-1"), ticket(2, code_index=b"index-000001"), ticket(1)):
        with pytest.raises(StoreError):
            store.add(again)
    assert store.counts() == {"tickets": 1, "pending": 1, "replies": 0, "photos": 0}
    store.close()


def test_replies_are_kept_once_and_read_in_the_order_they_were_given(tmp_path: Path) -> None:
    store = KioskStore(tmp_path)
    store.add(ticket())
    late = StoredReply("answered", 200, step="", closed_reason="done", ask=True, box=b"kedua")
    early = StoredReply("received", 100, box=b"pertama")
    assert store.add_reply("d2", "id-000001", late) and store.add_reply("d1", "id-000001", early)
    assert store.add_reply("d2", "id-000001", late), "offered again by the centre"
    assert store.replies("id-000001") == [("d1", early), ("d2", late)]
    assert not store.add_reply("d3", "id-999999", late)
    store.close()


def test_replies_of_a_ticket_are_bounded_and_the_newest_stay(tmp_path: Path) -> None:
    store = KioskStore(tmp_path)
    store.add(ticket())
    for number in range(store_module.MOST_REPLIES + 5):
        store.add_reply(f"d{number}", "id-000001", StoredReply("answered", number, box=b"x"))
    times = [reply.at_ms for _, reply in store.replies("id-000001")]
    assert len(times) == store_module.MOST_REPLIES and times[-1] == store_module.MOST_REPLIES + 4
    store.close()


def test_beyond_their_number_old_delivered_tickets_go_but_waiting_ones_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.kiosk.keeping.MOST_TICKETS", 3)
    store, clock = KioskStore(tmp_path), FakeClock()
    kept = keeping(store, clock)
    for number in range(1, 8):
        store.add(ticket(number))
        store.add_reply(f"d{number}", f"id-{number:06}", StoredReply("answered", 1, box=b"x"))
    kept.acknowledged([f"id-{number:06}" for number in range(2, 8)], [], clock.stamp())
    assert kept.forget(clock.stamp()) == 3
    assert [found.service_request_id for found in store.undelivered()] == ["id-000001"]
    assert store.counts() == {"tickets": 4, "pending": 1, "replies": 4, "photos": 0}
    store.close()


def test_a_notice_takes_the_place_of_the_one_before_it_and_only_the_newest_stay(tmp_path: Path) -> None:
    store = KioskStore(tmp_path)
    first = StoredNotice("n", "Judul", "Isi", 0, 10, 100)
    store.put_notice(first)
    store.put_notice(replace(first, title="Lama", created_ms=99))
    assert store.notices() == [first], "one that was made earlier and comes later is not news"
    newer = replace(first, title="Baru", created_ms=101)
    store.put_notice(newer)
    assert store.notices() == [newer]
    for number in range(30):
        store.put_notice(replace(first, id=f"n{number}", created_ms=200 + number))
    assert [one.id for one in store.notices()] == [f"n{number}" for number in range(29, 9, -1)]
    store.close()


@pytest.mark.parametrize("damage", [b"not a database at all" * 300, b"SQLite format 3\x00" + b"\xff" * 9000])
def test_a_damaged_file_is_put_aside_and_a_new_one_begun(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "kiosk.db").write_bytes(damage)
    store = KioskStore(tmp_path)
    assert store.put_aside is not None and store.put_aside.read_bytes() == damage
    store.add(ticket())
    store.close()
    assert KioskStore(tmp_path).put_aside is None


@pytest.mark.parametrize(
    "word",
    [b"ticket (", b"version", b"classification", b"downlink_id", b"key_id", b"until_ms", b"value", b"acked_life_s"],
)
@pytest.mark.parametrize("bit", [0, 7])
def test_a_changed_word_of_a_definition_is_damage(tmp_path: Path, word: bytes, bit: int) -> None:
    KioskStore(tmp_path).close()
    content = bytearray((tmp_path / "kiosk.db").read_bytes())
    content[content.index(word)] ^= 1 << bit
    (tmp_path / "kiosk.db").write_bytes(content)
    assert_put_aside(tmp_path, content)


@pytest.mark.parametrize(("at", "bit"), [(18, 4), (19, 4), (47, 3), (60, 0), (60, 7), (63, 1)])
def test_a_changed_bit_of_the_header_is_damage(tmp_path: Path, at: int, bit: int) -> None:
    KioskStore(tmp_path).close()
    content = bytearray((tmp_path / "kiosk.db").read_bytes())
    content[at] ^= 1 << bit
    (tmp_path / "kiosk.db").write_bytes(content)
    assert_put_aside(tmp_path, content)


def assert_put_aside(folder: Path, content: bytes) -> None:
    store = KioskStore(folder)
    assert store.put_aside is not None and store.put_aside.read_bytes() == content
    store.add(ticket())
    store.close()
    assert KioskStore(folder).put_aside is None


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    KioskStore(tmp_path).close()
    with sqlite3.connect(tmp_path / "kiosk.db") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer version"):
        KioskStore(tmp_path)


def test_the_file_is_for_the_agent_alone_and_commits_reach_the_disk(tmp_path: Path) -> None:
    store = KioskStore(tmp_path)
    assert store.path.stat().st_mode & 0o077 == 0
    assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._db.execute("PRAGMA secure_delete").fetchone() == (1,)
    store.close()


def test_a_folder_that_is_missing_is_an_error_of_the_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        KioskStore(tmp_path / "nowhere")


def test_each_box_has_a_salt_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, other = KioskStore(tmp_path / "a"), KioskStore(tmp_path / "b")
    salt = first.salt()
    assert len(salt) == 16 and salt != other.salt()
    first.close()
    assert KioskStore(tmp_path / "a").salt() == salt
    other.close()


def test_a_ticket_says_all_its_columns_and_no_others() -> None:
    from agent.kiosk import tables

    assert set(tables.TICKET_COLUMNS) == set(Ticket.__struct_fields__)
