"""Requests for information, survey answers, what follows an earlier ticket, and a kiosk with a queue before it."""

import asyncio

import msgspec
import pytest

from agent.kiosk import handing_in
from agent.kiosk.errors import IntakeError
from tests.support.in_loop import in_loop
from tests.support.kiosk_box import NODE, Kiosk
from wire.bodies import InformationRequest, SurveyAnswer
from wire.codec import decode_body

Request = dict[str, object]
PPID: Request = {
    "op": "submit", "category": "ppid", "text": "Rincian APBD 2026", "name": "Siti Rahayu", "contact": "0812",
    "purpose": "skripsi", "address": "Jl. Mayor 1", "way": "email", "assisted": True, "client_id": "i" * 32,
    "channel": "web", "lang": "en", "area": "3673021001",
}  # fmt: skip
SURVEY: Request = {
    "op": "survey", "unit": "opd-disdukcapil", "answers": [4, 3, 2, 1, 4, 3, 2, 1, 4], "client_id": "s" * 32,
    "channel": "web", "lang": "id",
}  # fmt: skip


def records(kiosk: Kiosk) -> list[tuple[str, object]]:
    rows = kiosk.outbox.page("complaint", 0, 1_000_000)
    return [(row.record.kind, decode_body("complaint", row.record.kind, bytes(row.record.body))) for row in rows]


# -- requests for information ----------------------------------------------------------------------------------------


@in_loop
async def test_a_request_for_information_travels_as_one_and_is_followed_like_a_complaint(kiosk: Kiosk) -> None:
    ticket = await kiosk.intake.submit(PPID)
    ((kind, body),) = records(kiosk)
    assert kind == "ppid" and isinstance(body, InformationRequest)
    assert (body.way, body.assisted, body.place, body.lang, body.area) == ("email", True, NODE, "en", "3673021001")
    assert kiosk.opened(body) == {  # type: ignore[arg-type]
        "text": "Rincian APBD 2026", "name": "Siti Rahayu", "contact": "0812", "purpose": "skripsi",
        "address": "Jl. Mayor 1", "code": ticket["code"], "pin": ticket["pin"],
    }  # fmt: skip
    assert (ticket["category"], ticket["classification"], ticket["urgent"]) == ("ppid", "information", False)
    again = await kiosk.intake.submit(PPID)
    assert again == ticket | {"duplicate": True} and len(records(kiosk)) == 1
    await kiosk.intake.on_reply(kiosk.reply(ticket, step="on_hold", status="in_progress", text="Kami perpanjang."))
    found = await kiosk.intake.lookup(ticket["code"], ticket["pin"])
    assert (found["category"], found["step"], found["status"]) == ("ppid", "on_hold", "in_progress")


# -- surveys -----------------------------------------------------------------------------------------------------------


@in_loop
async def test_a_survey_answer_is_accepted_once_and_says_nothing_of_who_answered(kiosk: Kiosk) -> None:
    first = await kiosk.intake.survey(SURVEY)
    again = await kiosk.intake.survey(SURVEY)
    kiosk.reopen()
    later = await kiosk.intake.survey(SURVEY)
    assert (first["duplicate"], again["duplicate"], later["duplicate"]) == (False, True, True)
    assert first["id"] == again["id"] == later["id"]
    ((kind, body),) = records(kiosk)
    assert kind == "survey" and isinstance(body, SurveyAnswer)
    assert (body.id, body.unit, body.place) == (first["id"], "opd-disdukcapil", NODE)
    assert body.answers == (4, 3, 2, 1, 4, 3, 2, 1, 4) and body.service_request_id == ""
    assert str(SURVEY["client_id"]) not in repr(body)
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.survey(SURVEY | {"answers": [1] * 9})
    assert refusal.value.code == "client_id_reused"


@in_loop
async def test_a_survey_about_a_finished_request_needs_its_code_and_pin(kiosk: Kiosk, request_: Request) -> None:
    ticket = await kiosk.intake.submit(request_)
    wrong = f"{(int(str(ticket['pin'])) + 1) % 10_000:04}"
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.survey(SURVEY | {"code": ticket["code"], "pin": wrong})
    assert refusal.value.code == "not_found"
    await kiosk.intake.survey(SURVEY | {"code": ticket["code"], "pin": ticket["pin"]})
    _, (_, body) = records(kiosk)
    assert isinstance(body, SurveyAnswer) and body.service_request_id == ticket["service_request_id"]


@pytest.mark.parametrize(
    "change",
    [
        {"answers": [1] * 8},
        {"answers": [1] * 10},
        {"answers": [0] + [1] * 8},
        {"answers": [5] + [1] * 8},
        {"answers": [True] * 9},
        {"answers": [1.0] * 9},
        {"answers": "111111111"},
        {"answers": None},
        {"unit": "Disdukcapil"},
        {"unit": "opd-" + "x" * 80},
        {"unit": None},
        {"code": "K7F29QX31A"},
        {"nama": "Siti"},
    ],
)
def test_a_survey_that_is_none_is_refused(kiosk: Kiosk, change: Request) -> None:
    with pytest.raises(IntakeError) as refusal:
        asyncio.run(kiosk.intake.survey(SURVEY | change))
    assert refusal.value.permanent and records(kiosk) == []


# -- more about an earlier ticket --------------------------------------------------------------------------------------


@in_loop
async def test_what_adds_to_an_earlier_ticket_names_it_when_code_and_pin_fit(kiosk: Kiosk, request_: Request) -> None:
    first = await kiosk.intake.submit(request_)
    more = {**request_, "client_id": "m" * 32, "text": "Masih padam"}
    wrong = f"{(int(str(first['pin'])) + 1) % 10_000:04}"
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.submit({**more, "follows_code": first["code"], "follows_pin": wrong})
    assert refusal.value.code == "not_found" and len(kiosk.complaints()) == 1
    asked = {**more, "follows_code": f" {first['code']} ".lower(), "follows_pin": first["pin"]}
    second = await kiosk.intake.submit(asked)
    assert kiosk.complaints()[1].follows == first["service_request_id"]
    assert (await kiosk.intake.submit(asked))["code"] == second["code"]
    assert str(first["pin"]) not in kiosk.opened(kiosk.complaints()[1]).get("text", "")


@in_loop
async def test_many_that_follow_at_once_do_not_wait_for_each_other_for_ever(kiosk: Kiosk, request_: Request) -> None:
    first = await kiosk.intake.submit(request_)
    asked = [
        {**request_, "client_id": f"{n:032}", "follows_code": first["code"], "follows_pin": first["pin"]}
        for n in range(5)
    ]
    tickets = await asyncio.gather(*(kiosk.intake.submit(one) for one in asked))
    assert len({ticket["code"] for ticket in tickets}) == 5
    assert [one.follows for one in kiosk.complaints()[1:]] == [first["service_request_id"]] * 5


# -- what is said beside the text --------------------------------------------------------------------------------------


@in_loop
async def test_subject_area_identity_and_language_travel_in_the_clear_and_the_rest_sealed(
    kiosk: Kiosk, request_: Request
) -> None:
    said = {"subject": "lampu", "area": "3673021001", "rt_rw": "03/07", "identity": "confidential", "lang": "en-US"}
    ticket = await kiosk.intake.submit({**request_, **said})
    (complaint,) = kiosk.complaints()
    assert (complaint.subject, complaint.area, complaint.identity, complaint.lang) == (
        "lampu", "3673021001", "confidential", "en",
    )  # fmt: skip
    assert kiosk.opened(complaint)["rt_rw"] == "03/07"
    assert len(msgspec.json.decode(f'"{complaint.reply_key}"', type=bytes)) == 32
    found = await kiosk.intake.lookup(ticket["code"], ticket["pin"])
    assert found["subject"] == "lampu"


@in_loop
async def test_the_kiosk_s_own_area_is_left_out_for_it_is_the_place(kiosk: Kiosk, request_: Request) -> None:
    await kiosk.intake.submit({**request_, "area": "3673011001"})
    assert kiosk.complaints()[0].area == ""


@in_loop
async def test_the_answer_says_whether_the_centre_is_reached(kiosk: Kiosk, request_: Request) -> None:
    assert (await kiosk.intake.submit(request_))["online"] is False
    kiosk.online = True
    assert (await kiosk.intake.submit(request_))["online"] is True
    assert (await kiosk.intake.ready())["online"] is True


@in_loop
async def test_a_queue_at_the_kiosk_is_noted_and_nobody_is_refused(kiosk: Kiosk, request_: Request) -> None:
    texts = ["Jalan rusak di depan sekolah kami", "coba", "rusak", "Kebakaran di pasar"]
    for number in range(handing_in.BURST):
        await kiosk.intake.submit({**request_, "client_id": f"{number:032}"})
    found = [await kiosk.intake.submit({**request_, "text": text, "client_id": text.ljust(20)}) for text in texts]
    assert [(one["classification"], one["urgent"]) for one in found] == [
        ("real", False), ("prank_suspect", False), ("prank_suspect", False), ("real", True),
    ]  # fmt: skip
    assert all("rate_burst" in one["reasons"] for one in found)  # type: ignore[operator]
    kiosk.clock.advance(handing_in.BURST_S + 1)
    quiet = await kiosk.intake.submit({**request_, "client_id": "q" * 32})
    assert quiet["reasons"] == []
