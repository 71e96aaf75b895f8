"""The kiosk's database: durable, bounded, and damage puts it aside instead of stopping the kiosk."""

import sqlite3
from pathlib import Path

import pytest

from agent.kiosk import store as store_module
from agent.kiosk.store import KioskStore, StoredReply, StoreError, Ticket
from wire.shape import replace


def ticket(number: int = 1, **fields: object) -> Ticket:
    made = Ticket(
        service_request_id=f"id-{number:06}",
        client_hash=f"client-{number}",
        content_mac=b"mac",
        code=f"CODE{number:06}",
        category="aduan",
        urgent=True,
        pin_salt=b"salt",
        pin_hash=b"hash",
        wall_ms=1_800_000_000_000,
        stamp=b"{}",
        body=b'{"sealed":1}',
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def test_a_ticket_is_found_by_client_and_by_code_also_after_reopening(tmp_path: Path) -> None:
    store = KioskStore(tmp_path)
    store.add(ticket())
    store.close()
    store = KioskStore(tmp_path)
    assert store.by_client("client-1") == store.by_code("CODE000001") == ticket()
    assert store.pending() == [ticket()]
    assert store.by_code("NONE") is None
    store.close()


def test_an_accepted_ticket_has_no_body_left_and_is_not_pending(tmp_path: Path) -> None:
    store = KioskStore(tmp_path)
    store.add(ticket())
    store.accept("id-000001", "epoch", 7)
    found = store.by_code("CODE000001")
    assert found is not None and (found.body, found.epoch, found.seq) == (None, "epoch", 7)
    assert store.pending() == []
    store.withdraw("id-000001")
    assert store.by_code("CODE000001") is not None, "only a pending ticket can be withdrawn"
    store.close()


def test_a_second_ticket_of_the_same_client_or_code_is_refused(tmp_path: Path) -> None:
    store = KioskStore(tmp_path)
    store.add(ticket(1))
    for again in (ticket(2, client_hash="client-1"), ticket(2, code="CODE000001"), ticket(1)):
        with pytest.raises(StoreError):
            store.add(again)
    assert store.counts() == {"tickets": 1, "pending": 1, "replies": 0}
    store.close()


def test_replies_are_kept_once_and_read_in_the_order_they_were_given(tmp_path: Path) -> None:
    store = KioskStore(tmp_path)
    store.add(ticket())
    late, early = StoredReply("answered", "kedua", 200), StoredReply("received", "pertama", 100)
    assert store.add_reply("d2", "id-000001", late) and store.add_reply("d1", "id-000001", early)
    assert store.add_reply("d2", "id-000001", late), "offered again by the centre"
    assert store.replies("id-000001") == [early, late]
    assert not store.add_reply("d3", "id-999999", late)
    store.close()


def test_replies_of_a_ticket_are_bounded_and_the_newest_stay(tmp_path: Path) -> None:
    store = KioskStore(tmp_path)
    store.add(ticket())
    for number in range(store_module.MOST_REPLIES + 5):
        store.add_reply(f"d{number}", "id-000001", StoredReply("answered", str(number), number))
    texts = [reply.text for reply in store.replies("id-000001")]
    assert len(texts) == store_module.MOST_REPLIES and texts[-1] == str(store_module.MOST_REPLIES + 4)
    store.close()


def test_old_accepted_tickets_go_but_pending_ones_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MOST_TICKETS", 3)
    store = KioskStore(tmp_path)
    store.add(ticket(1))
    for number in range(2, 8):
        store.add(ticket(number))
        store.add_reply(f"d{number}", f"id-{number:06}", StoredReply("answered", "x", 1))
        store.accept(f"id-{number:06}", "e", number)
    assert [found.service_request_id for found in store.pending()] == ["id-000001"]
    assert store.counts() == {"tickets": 4, "pending": 1, "replies": 3}
    store.close()


@pytest.mark.parametrize("damage", [b"not a database at all" * 300, b"SQLite format 3\x00" + b"\xff" * 9000])
def test_a_damaged_file_is_put_aside_and_a_new_one_begun(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "kiosk.db").write_bytes(damage)
    store = KioskStore(tmp_path)
    assert store.put_aside is not None and store.put_aside.read_bytes() == damage
    store.add(ticket())
    store.close()
    assert KioskStore(tmp_path).put_aside is None


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
    store.close()


def test_a_folder_that_is_missing_is_an_error_of_the_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        KioskStore(tmp_path / "nowhere")
