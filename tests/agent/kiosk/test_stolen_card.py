"""What a thief of the card has: no text, no name, no code, no PIN, no answer. And what trying them out costs."""

import asyncio
import base64
import shutil
import sqlite3
import zlib
from contextlib import closing

import pytest

from agent.kiosk.errors import IntakeError
from agent.kiosk.vault import Vault
from tests.support.in_loop import in_loop
from tests.support.kiosk_box import Kiosk
from wire.tickets import HANDLE_SALT, handle_secret, make_handle

Request = dict[str, object]
DAY_S = 86_400


def spellings(secret: str) -> list[bytes]:
    """How a secret may stand in a file."""
    plain = [secret, secret.lower(), secret.upper()]
    coded = [text.encode(code) for text in plain for code in ("utf-8", "utf-16-le")]
    return [*coded, *(base64.b64encode(one)[:-4] for one in coded), *(one.hex().encode() for one in coded)]


def readable(kiosk: Kiosk) -> bytes:
    """Every byte of every file, and every value of both databases, inflated where it is packed."""
    found = [kiosk.raw_bytes()]
    copy = kiosk.directory.with_name(kiosk.directory.name + "-card")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(kiosk.directory, copy)  # the agent holds its files; a thief has the card
    for path in copy.rglob("*.db"):
        with closing(sqlite3.connect(path)) as db:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for row in db.execute(f"SELECT * FROM {table}"):
                    for value in row:
                        raw = value if isinstance(value, bytes) else str(value).encode()
                        found.append(raw)
                        if raw[:1] == b"\x78":
                            found.append(_inflated(raw))
    shutil.rmtree(copy)
    return b"\n".join(found)


def _inflated(raw: bytes) -> bytes:
    from agent.outbox.packing import unpack

    try:
        return unpack(raw, 10_000_000)
    except (ValueError, zlib.error):
        return b""


def no_code(kiosk: Kiosk, *tickets: Request) -> None:
    on_disk = readable(kiosk)
    for ticket in tickets:
        for spelling in spellings(str(ticket["code"])):
            assert spelling not in on_disk
        assert f'"pin":"{ticket["pin"]}"'.encode() not in on_disk


async def _after_a_week_at_the_centre(kiosk: Kiosk) -> None:
    """All acknowledged, noted, and seven days gone for kiosk and outbox alike."""
    kiosk.outbox.acknowledge(kiosk.outbox.epoch, "complaint", [(1, 100)])
    kiosk.outbox.maintain(kiosk.clock.stamp())
    await kiosk.settled()
    for _ in range(3):
        kiosk.clock.advance(4 * DAY_S)
        kiosk.outbox.maintain(kiosk.clock.stamp())
        await kiosk.settled()
    kiosk.outbox._opened.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@in_loop
async def test_nothing_anybody_typed_or_was_answered_is_in_any_file(kiosk: Kiosk, request_: Request) -> None:
    request_ |= {"text": "KATASANDI di depan balai", "rt_rw": "RT93RW77"}
    ticket = await kiosk.intake.submit(request_)
    await kiosk.intake.on_reply(kiosk.sealed_reply(ticket, "JAWABANRAHASIA tersegel", "d1"))
    await kiosk.intake.on_reply(kiosk.reply(ticket, "d2", text="JAWABANRAHASIA terbuka"))
    found = await kiosk.intake.lookup(ticket["code"], ticket["pin"])
    assert [reply["text"] for reply in found["replies"]] == [  # type: ignore[attr-defined]
        "JAWABANRAHASIA tersegel", "JAWABANRAHASIA terbuka",
    ]  # fmt: skip
    on_disk = readable(kiosk)
    assert str(ticket["service_request_id"]).encode() in on_disk, "the search looks at the right files"
    for secret in ("KATASANDI", "depan balai", "RT93RW77", "Siti R", "3456-7890", "JAWABANRAHASIA"):
        for spelling in spellings(secret):
            assert spelling not in on_disk, secret
    assert str(request_["client_id"]).encode() not in on_disk
    no_code(kiosk, ticket)


@in_loop
async def test_the_code_is_in_no_file_at_any_time_and_the_answer_opens_all_the_same(
    kiosk: Kiosk, request_: Request
) -> None:
    """Waiting for the centre, looked up, answered, a week after the centre has it; in every file, freed pages too."""
    ticket = await kiosk.intake.submit(request_)
    request_id = str(ticket["service_request_id"]).encode()
    assert kiosk.complaints()[0].code.encode() in readable(kiosk), "the search looks at the right files"
    no_code(kiosk, ticket)
    await kiosk.intake.lookup(ticket["code"], ticket["pin"])
    more = {**request_, "client_id": "f" * 32, "follows_code": ticket["code"], "follows_pin": ticket["pin"]}
    following = await kiosk.intake.submit(more)
    reply = kiosk.sealed_reply(ticket, "Sudah diganti.")
    survey = {"op": "survey", "unit": "opd-dinkes", "answers": [3] * 9, "client_id": "s" * 32}
    await kiosk.intake.survey(survey | {"code": ticket["code"], "pin": ticket["pin"]})
    kiosk.reopen()
    no_code(kiosk, ticket, following)
    await _after_a_week_at_the_centre(kiosk)
    assert request_id in readable(kiosk) and kiosk.intake.store.by_id(request_id.decode()).body is None  # type: ignore[union-attr]
    await kiosk.intake.on_reply(reply)
    no_code(kiosk, ticket, following)
    found = await kiosk.intake.lookup(ticket["code"], ticket["pin"])
    assert found["replies"][0]["text"] == "Sudah diganti."  # type: ignore[index]
    again = await kiosk.intake.submit(request_)
    assert (again["code"], again["pin"]) == (ticket["code"], ticket["pin"]), "a repeat still gets both"
    no_code(kiosk, ticket, following)


@in_loop
async def test_the_handle_on_the_card_opens_nothing_with_any_pin(kiosk: Kiosk, request_: Request) -> None:
    ticket = await kiosk.intake.submit(request_)
    handle = kiosk.complaints()[0].code
    assert handle != ticket["code"]
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.lookup(handle, ticket["pin"])
    assert refusal.value.code == "not_found"


@in_loop
async def test_a_ticket_from_before_there_were_handles_is_found_by_its_code(kiosk: Kiosk, request_: Request) -> None:
    from agent.kiosk.naming import former_index_secret

    ticket = await kiosk.intake.submit(request_)
    async with Vault().talk() as talk:
        secret = former_index_secret(str(ticket["code"]))
        (former,) = await talk.stretch((secret, kiosk.intake.store.salt()))
    with kiosk.intake.store.writing() as db:
        db.execute("UPDATE ticket SET code_index = ?", (former,))
    found = await kiosk.intake.lookup(ticket["code"], ticket["pin"])
    assert found["service_request_id"] == ticket["service_request_id"]
    other = await kiosk.intake.submit({**request_, "client_id": "z" * 32})
    found = await kiosk.intake.lookup(other["code"], other["pin"])
    assert found["service_request_id"] == other["service_request_id"]
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.lookup("0000000000", ticket["pin"])
    assert refusal.value.code == "not_found"


@in_loop
async def test_an_answer_for_another_key_or_ticket_is_not_taken(kiosk: Kiosk, request_: Request) -> None:
    first = await kiosk.intake.submit(request_)
    other = await kiosk.intake.submit({**request_, "client_id": "z" * 32})
    crossed = kiosk.sealed_reply(other, "bukan untuk Anda", service_request_id=first["service_request_id"])
    assert await kiosk.intake.on_reply(crossed) == "invalid"
    assert (await kiosk.intake.status())["replies"] == 0


@in_loop
async def test_an_answer_whose_box_was_damaged_is_shown_without_its_text(kiosk: Kiosk, request_: Request) -> None:
    ticket = await kiosk.intake.submit(request_)
    await kiosk.intake.on_reply(kiosk.sealed_reply(ticket, "Sudah diganti."))
    with kiosk.intake.store.writing() as db:
        ((box,),) = db.execute("SELECT box FROM reply").fetchall()
        db.execute("UPDATE reply SET box = ?", (box[:-1] + bytes([box[-1] ^ 1]),))
    found = await kiosk.intake.lookup(ticket["code"], ticket["pin"])
    (reply,) = found["replies"]  # type: ignore[misc]
    assert (reply["status"], reply["text"]) == ("answered", "")


@in_loop
async def test_each_guess_at_code_or_pin_costs_an_argon2id_and_the_key_fits_no_other_pin(
    kiosk: Kiosk, request_: Request
) -> None:
    """What a thief must do: handle and key are argon2id; a wrong PIN gives another key, which opens nothing."""
    from agent.kiosk.naming import key_secret

    ticket = await kiosk.intake.submit(request_)
    code, pin = str(ticket["code"]), str(ticket["pin"])
    wrong = f"{(int(pin) + 1) % 10_000:04}"
    (row,) = kiosk.intake.store.undelivered()
    async with Vault().talk() as talk:
        stretched, right_key, wrong_key = await talk.stretch(
            (handle_secret(code), HANDLE_SALT),
            (key_secret(code, pin), row.salt),
            (key_secret(code, wrong), row.salt),
        )
        assert make_handle(stretched).encode() == row.code_index
        assert await talk.public(right_key) == row.reply_key != await talk.public(wrong_key)


def test_a_lost_salt_or_key_is_a_refusal_and_no_crash(kiosk: Kiosk, request_: Request) -> None:
    async def scenario() -> None:
        ticket = await kiosk.intake.submit(request_)
        with kiosk.intake.store.writing() as db:
            db.execute("UPDATE ticket SET salt = x'00'")
        with pytest.raises(IntakeError) as refusal:
            await kiosk.intake.lookup(ticket["code"], ticket["pin"])
        assert refusal.value.code == "busy"

    asyncio.run(scenario())
