"""The idle screen: notices while their time is, and what was answered, with nobody in it."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.kiosk.board import kept
from agent.kiosk.intake import Intake
from tests.support.in_loop import in_loop
from tests.support.kiosk_box import Kiosk
from wire.bodies import Notice, encode_body
from wire.messages import Downlink

Request = dict[str, object]
NOW = 1_800_000_000_000
DAY = 86_400_000


def a_notice(downlink_id: str = "n1", created_ms: int = NOW, **fields: object) -> Downlink:
    body = {"title": "Pasar murah", "text": "Sabtu di alun-alun.", "until_ms": NOW + DAY, "id": "pasar"} | fields
    return Downlink(1, downlink_id, "g1", created_ms, msgspec.Raw(encode_body(Notice(**body))))  # type: ignore[arg-type]


async def titles(kiosk: Kiosk) -> list[object]:
    return [notice["title"] for notice in (await kiosk.intake.board())["notices"]]  # type: ignore[attr-defined]


@in_loop
async def test_a_notice_is_shown_from_its_time_to_its_time_and_over_restarts(kiosk: Kiosk) -> None:
    assert await kiosk.intake.on_notice(a_notice(from_ms=NOW + 3_600_000)) == "stored"
    assert await titles(kiosk) == []
    kiosk.clock.advance(3600)
    kiosk.reopen()
    board = await kiosk.intake.board()
    assert board["notices"] == [{"title": "Pasar murah", "text": "Sabtu di alun-alun.", "until_ms": NOW + DAY}]
    assert board["now_ms"] == NOW + 3_600_000
    kiosk.clock.advance(24 * 3600)
    assert await titles(kiosk) == []


@in_loop
async def test_a_notice_replaces_the_one_of_its_id_and_is_taken_down_by_a_time_that_has_passed(kiosk: Kiosk) -> None:
    await kiosk.intake.on_notice(a_notice("n1"))
    await kiosk.intake.on_notice(a_notice("n2", NOW + 1, title="Pasar murah pindah"))
    await kiosk.intake.on_notice(a_notice("n3", NOW + 2, title="Lain", id=""))
    assert await titles(kiosk) == ["Lain", "Pasar murah pindah"]
    await kiosk.intake.on_notice(a_notice("n1"))  # the first, offered again after a receipt that was lost
    assert await titles(kiosk) == ["Lain", "Pasar murah pindah"]
    await kiosk.intake.on_notice(a_notice("n4", NOW + 3, until_ms=0))
    assert await titles(kiosk) == ["Lain"]


@in_loop
async def test_at_most_twenty_are_kept(kiosk: Kiosk) -> None:
    for number in range(25):
        await kiosk.intake.on_notice(a_notice(f"n{number}", NOW + number, id="", title=f"Judul {number}"))
    assert await titles(kiosk) == [f"Judul {number}" for number in range(24, 4, -1)]


@in_loop
async def test_what_was_answered_is_told_without_code_or_text(kiosk: Kiosk, request_: Request) -> None:
    tickets = []
    for number in range(7):
        asked = {**request_, "client_id": f"{number:032}", "subject": "lampu"}
        tickets.append(await kiosk.intake.submit(asked))
        kiosk.clock.advance(60)
    for number, ticket in enumerate(tickets[:6]):
        await kiosk.intake.on_reply(kiosk.reply(ticket, f"d{number}", at_ms=NOW + DAY + number))
    await kiosk.intake.on_reply(kiosk.reply(tickets[6], "d9", status="received", text="Diterima"))
    board = await kiosk.intake.board()
    answered = board["answered"]
    assert answered == [
        {"subject": "lampu", "category": "aduan", "handed_in_ms": NOW + 60_000 * n, "answered_ms": NOW + DAY + n}
        for n in range(5, 0, -1)
    ]
    shown = json.dumps(board)
    for ticket in tickets:
        assert str(ticket["code"]) not in shown and str(ticket["service_request_id"]) not in shown
    assert "diganti" not in shown


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"title":5,"text":"x","until_ms":1}', b"\xff", b'{"title":"x"}'])
def test_a_notice_that_cannot_be_read_is_receipted_as_invalid(body: bytes) -> None:
    import asyncio

    downlink = Downlink(1, "d", "g", 0, msgspec.Raw(body))
    assert asyncio.run(Intake.on_notice(object.__new__(Intake), downlink)) == "invalid"


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_notice_is_kept_as_text_without_what_a_screen_or_printer_would_obey(title: str, text: str) -> None:
    found = kept(Downlink(1, "d", "g", 0, msgspec.Raw(b"{}")), Notice(title, text, 1))
    for character in found.title + found.text:
        assert character.isprintable() or character in "\n\t" or not character.isascii()
    assert "\n" not in found.title and "\x1b" not in found.text and "\0" not in found.text


@in_loop
async def test_step_reason_and_question_of_an_answer_come_through(kiosk: Kiosk, request_: Request) -> None:
    ticket = await kiosk.intake.submit(request_)
    await kiosk.intake.on_reply(kiosk.reply(ticket, "d1", status="in_progress", step="routed", text="", at_ms=1))
    await kiosk.intake.on_reply(kiosk.sealed_reply(ticket, "Di jalan mana?", "d2", ask=True, at_ms=2))
    found = await kiosk.intake.lookup(ticket["code"], ticket["pin"])
    assert (found["ask"], found["step"], found["status"]) == (True, "", "answered")
    await kiosk.intake.on_reply(
        kiosk.sealed_reply(
            ticket, "Bukan kami", "d3", status="closed", step="not_ours", closed_reason="not_ours", at_ms=3
        )
    )
    found = await kiosk.intake.lookup(ticket["code"], ticket["pin"])
    assert (found["status"], found["step"], found["closed_reason"], found["ask"]) == (
        "closed", "not_ours", "not_ours", False,
    )  # fmt: skip
    assert [
        (reply["step"], reply["text"], reply["ask"])
        for reply in found["replies"]  # type: ignore[attr-defined]
    ] == [("routed", "", False), ("", "Di jalan mana?", True), ("not_ours", "Bukan kami", False)]
