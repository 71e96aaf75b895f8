"""A `kiosk.db` of the first version: read, followed with code and PIN as before, and rewritten at the first look."""

import hashlib
import hmac
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from agent.kiosk.errors import IntakeError
from tests.support.in_loop import in_loop
from tests.support.kiosk_box import TEXT, Kiosk, a_request
from wire.tickets import make_code

CODE = make_code(b"\x12\x34\x56\x78\x9a\xbc")
OTHER = make_code(b"\x12\x34\x56\x78\x9a\xff")
SALT = b"s" * 16
FIRST_ID = "01900000-0000-7000-8000-000000000001"
SECOND_ID = "01900000-0000-7000-8000-000000000002"
FIRST = """
CREATE TABLE ticket (
    service_request_id TEXT PRIMARY KEY, client_hash TEXT NOT NULL UNIQUE, content_mac BLOB NOT NULL,
    code TEXT NOT NULL UNIQUE, category TEXT NOT NULL, urgent INTEGER NOT NULL, pin_salt BLOB NOT NULL,
    pin_hash BLOB NOT NULL, wall_ms INTEGER NOT NULL, stamp BLOB NOT NULL, body BLOB, epoch TEXT, seq INTEGER,
    wrong_pins INTEGER NOT NULL DEFAULT 0);
CREATE INDEX ticket_pending ON ticket (service_request_id) WHERE body IS NOT NULL;
CREATE TABLE reply (
    downlink_id TEXT PRIMARY KEY,
    service_request_id TEXT NOT NULL REFERENCES ticket (service_request_id) ON DELETE CASCADE,
    status TEXT NOT NULL, text TEXT NOT NULL, at_ms INTEGER NOT NULL);
CREATE INDEX reply_ticket ON reply (service_request_id, at_ms);
PRAGMA user_version = 1;
"""


def former_pin(client_id: str) -> str:
    digest = hmac.digest(client_id.encode(), b"sandi-pin\n" + SALT, "sha256")
    return f"{int.from_bytes(digest[:8], 'big') % 10_000:04d}"


def write_first(directory: Path, wall_ms: int) -> None:
    """As the first version left it: one ticket accepted and answered, one pending."""
    request = {key: str(value) for key, value in a_request().items()}
    pin = former_pin(request["client_id"])
    client_hash = hashlib.sha256(b"sandi-client\n" + request["client_id"].encode()).hexdigest()[:32]
    content = "\0".join(request[key] for key in ("category", "text", "name", "contact", "channel"))
    mac = hmac.digest(request["client_id"].encode(), b"sandi-content\n" + content.encode(), "sha256")
    pin_hash = hashlib.pbkdf2_hmac("sha256", pin.encode(), SALT, 100_000)
    stamp = b'{"boot":"b","run":"r","mono_ms":1,"wall_ms":1,"synced":true}'
    body = msgspec.json.encode({"service_request_id": SECOND_ID, "code": OTHER})
    (directory / "kiosk.db").unlink(missing_ok=True)
    with closing(sqlite3.connect(directory / "kiosk.db")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(FIRST)
        row = "INSERT INTO ticket VALUES (?, ?, ?, ?, 'aduan', 0, ?, ?, ?, ?, ?, ?, ?, 0)"
        db.execute(row, (FIRST_ID, client_hash, mac, CODE, SALT, pin_hash, wall_ms, stamp, None, "e", 1))
        db.execute(row, (SECOND_ID, "other", mac, OTHER, SALT, pin_hash, wall_ms, stamp, body, None, None))
        db.execute("INSERT INTO reply VALUES ('d1', ?, 'answered', 'JAWABANLAMA sudah diganti', 5)", (FIRST_ID,))
        db.commit()


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Kiosk]:
    kiosk = Kiosk(tmp_path)
    kiosk.abandon()
    write_first(tmp_path, kiosk.clock.wall_ms())
    kiosk._open()
    yield kiosk
    kiosk.abandon()


PIN = former_pin(str(a_request()["client_id"]))


@in_loop
async def test_its_tickets_are_followed_as_before(old: Kiosk) -> None:
    found = await old.intake.lookup(CODE, PIN)
    assert (found["service_request_id"], found["code"], found["status"]) == (FIRST_ID, CODE, "answered")
    assert found["replies"][0]["text"] == "JAWABANLAMA sudah diganti"  # type: ignore[index]
    with pytest.raises(IntakeError) as refusal:
        await old.intake.lookup(OTHER, "0000" if PIN != "0000" else "0001")
    assert refusal.value.code == "not_found"


@in_loop
async def test_the_first_look_takes_code_and_answer_off_the_card(old: Kiosk) -> None:
    assert b"JAWABANLAMA" in old.raw_bytes() and CODE.encode() in old.raw_bytes()
    for _ in range(2):
        found = await old.intake.lookup(CODE, PIN)
        assert found["replies"][0]["text"] == "JAWABANLAMA sudah diganti"  # type: ignore[index]
    assert b"JAWABANLAMA" not in old.raw_bytes() and CODE.encode() not in old.raw_bytes()
    assert OTHER.encode() in old.raw_bytes(), "the other one nobody has asked for yet"
    assert (
        await old.intake.on_reply(old.reply({"service_request_id": FIRST_ID}, "d2", text="BARU", at_ms=9)) == "stored"
    )
    assert b"BARU" not in old.raw_bytes()
    texts = [reply["text"] for reply in (await old.intake.lookup(CODE, PIN))["replies"]]  # type: ignore[attr-defined]
    assert texts == ["JAWABANLAMA sudah diganti", "BARU"]


@in_loop
async def test_what_was_pending_is_delivered(old: Kiosk) -> None:
    await old.settled()
    (held,) = old.outbox.page("complaint", 0, 1_000_000)
    assert msgspec.json.decode(bytes(held.record.body))["service_request_id"] == SECOND_ID


@in_loop
async def test_a_client_that_waited_through_the_update_gets_its_ticket_once(old: Kiosk) -> None:
    ticket = await old.intake.submit(a_request())
    assert (ticket["code"], ticket["pin"], ticket["duplicate"]) == (CODE, PIN, True)
    with pytest.raises(IntakeError) as refusal:
        await old.intake.submit({**a_request(), "text": TEXT + "!"})
    assert refusal.value.code == "client_id_reused"
    await old.intake.lookup(CODE, PIN)
    with pytest.raises(IntakeError):  # its code is not on the card any more, so nobody here can say it again
        await old.intake.submit(a_request())
    assert old.complaints() == []


@in_loop
async def test_old_tickets_go_ninety_days_after_their_last_word(old: Kiosk) -> None:
    old.clock.advance(89 * 86_400)
    await old.settled()
    assert (await old.intake.status())["tickets"] == 2
    old.clock.advance(2 * 86_400)
    await old.settled()
    assert (await old.intake.status())["tickets"] == 1, "the one that still waits for the centre stays"
    assert b"JAWABANLAMA" not in old.raw_bytes()


def test_a_power_cut_during_the_rewriting_leaves_the_one_or_the_other(tmp_path: Path) -> None:
    from agent.kiosk import tables

    write_first(tmp_path, 1_800_000_000_000)
    db = sqlite3.connect(tmp_path / "kiosk.db", isolation_level=None)
    broken = tables._FROM_FIRST
    try:
        tables._FROM_FIRST = broken + "SELECT no_such_function();"  # type: ignore[misc]
        with pytest.raises(sqlite3.OperationalError):
            tables.make(db, 1)
    finally:
        tables._FROM_FIRST = broken  # type: ignore[misc]
        db.close()
    with closing(sqlite3.connect(tmp_path / "kiosk.db")) as again:
        assert again.execute("PRAGMA user_version").fetchone() == (1,)
        assert again.execute("SELECT count(*), count(pin_hash) FROM ticket").fetchone() == (2, 2)
