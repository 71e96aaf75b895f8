"""Following a ticket with its code and PIN: answers, replies, wrong PINs, and guessing."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.kiosk.errors import IntakeError
from agent.kiosk.intake import Intake
from agent.kiosk.vault import Talk
from tests.support.in_loop import in_loop
from tests.support.kiosk_box import Kiosk

Request = dict[str, object]


@in_loop
async def test_with_code_and_pin_the_way_of_a_ticket_can_be_followed(kiosk: Kiosk, request_: Request) -> None:
    ticket = await kiosk.intake.submit(request_)
    code = str(ticket["code"]).lower()
    found = await kiosk.intake.lookup(f" {code[:5]}-{code[5:]} ", ticket["pin"])
    assert (found["status"], found["delivered"], found["replies"]) == ("stored", False, [])
    kiosk.outbox.acknowledge(kiosk.outbox.epoch, "complaint", [(1, 1)])
    assert (await kiosk.intake.lookup(ticket["code"], ticket["pin"]))["delivered"] is True
    assert await kiosk.intake.on_reply(kiosk.reply(ticket)) == "stored"
    found = await kiosk.intake.lookup(ticket["code"], ticket["pin"])
    assert found["status"] == "answered"
    (reply,) = found["replies"]  # type: ignore[misc]
    assert (reply["status"], reply["text"], reply["at_ms"]) == ("answered", "Sudah diganti.", 1_800_000_000_000)


@in_loop
async def test_answers_survive_a_restart_and_a_new_epoch(kiosk: Kiosk, request_: Request) -> None:
    ticket = await kiosk.intake.submit(request_)
    await kiosk.intake.on_reply(kiosk.reply(ticket))
    kiosk.outbox.new_epoch("clone", kiosk.clock.stamp())
    kiosk.reopen()
    found = await kiosk.intake.lookup(ticket["code"], ticket["pin"])
    assert found["status"] == "answered" and found["delivered"] is True, "who answers has it"


@in_loop
async def test_a_reply_is_stored_once_and_one_for_an_unknown_ticket_is_receipted_as_such(
    kiosk: Kiosk, request_: Request
) -> None:
    ticket = await kiosk.intake.submit(request_)
    assert [await kiosk.intake.on_reply(kiosk.reply(ticket)) for _ in range(2)] == ["stored", "stored"]
    assert (await kiosk.intake.status())["replies"] == 1
    unknown = {"service_request_id": "01900000-0000-7000-8000-000000000000"}
    assert await kiosk.intake.on_reply(kiosk.reply(unknown)) == "unknown_ticket"


@given(st.binary(max_size=120))
def test_a_reply_that_cannot_be_read_is_receipted_as_invalid(body: bytes) -> None:
    import msgspec

    from wire.messages import Downlink

    async def scenario() -> None:
        downlink = Downlink(1, "d", "g", 0, msgspec.Raw(body))
        assert await Intake.on_reply(object.__new__(Intake), downlink) == "invalid"

    asyncio.run(scenario())


@in_loop
async def test_a_wrong_pin_and_a_code_that_was_never_given_out_look_the_same(
    kiosk: Kiosk, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await kiosk.intake.submit(request_)
    wrong = f"{(int(str(ticket['pin'])) + 1) % 10_000:04}"
    stretched: list[int] = []
    really = Talk.stretch

    async def counting(talk: Talk, *pairs: tuple[bytes, bytes]) -> list[bytes]:
        stretched.append(len(pairs))
        return await really(talk, *pairs)

    monkeypatch.setattr(Talk, "stretch", counting)
    refusals = []
    for code, pin in ((ticket["code"], wrong), ("0000000000", "1234")):
        with pytest.raises(IntakeError) as refusal:
            await kiosk.intake.lookup(code, pin)
        refusals.append((refusal.value.code, refusal.value.message()))
    assert refusals[0] == refusals[1] and refusals[0][0] == "not_found"
    assert stretched == [1, 1, 1, 1], "both take the time of an index and of a key"


@in_loop
async def test_after_five_wrong_pins_even_the_right_one_waits_ten_minutes(kiosk: Kiosk, request_: Request) -> None:
    ticket = await kiosk.intake.submit(request_)
    wrong = f"{(int(str(ticket['pin'])) + 1) % 10_000:04}"
    for _ in range(5):
        with pytest.raises(IntakeError):
            await kiosk.intake.lookup(ticket["code"], wrong)
    for restart in (False, True):
        if restart:
            kiosk.reopen()
        with pytest.raises(IntakeError) as refusal:
            await kiosk.intake.lookup(ticket["code"], ticket["pin"])
        assert refusal.value.code == "locked" and "10 menit" in refusal.value.message()
    kiosk.clock.advance(600)
    assert (await kiosk.intake.lookup(ticket["code"], ticket["pin"]))["code"] == ticket["code"]


@in_loop
async def test_side_by_side_guesses_get_no_more_tries_than_one_after_another(kiosk: Kiosk, request_: Request) -> None:
    ticket = await kiosk.intake.submit(request_)
    wrong = f"{(int(str(ticket['pin'])) + 1) % 10_000:04}"
    results = await asyncio.gather(
        *(kiosk.intake.lookup(ticket["code"], wrong) for _ in range(12)), return_exceptions=True
    )
    codes = [result.code for result in results if isinstance(result, IntakeError)]
    assert codes.count("not_found") == 5 and codes.count("locked") == 7


@in_loop
async def test_guessing_over_many_codes_closes_the_look_up_for_all(kiosk: Kiosk, request_: Request) -> None:
    from wire.tickets import make_code

    ticket = await kiosk.intake.submit(request_)
    for number in range(30):
        with pytest.raises(IntakeError):
            await kiosk.intake.lookup(make_code((number << 8).to_bytes(6, "big")), "1234")
        kiosk.clock.advance(1)
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.lookup(ticket["code"], ticket["pin"])
    assert refusal.value.code == "too_many_tries"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.none() | st.integers() | st.text(max_size=60) | st.lists(st.integers()),
    st.none() | st.integers() | st.text(max_size=10) | st.sampled_from(["1234", "٠١٢٣"]),
)
def test_whatever_is_looked_up_the_answer_is_a_refusal(kiosk: Kiosk, code: object, pin: object) -> None:
    async def scenario() -> None:
        with pytest.raises(IntakeError) as refusal:
            await kiosk.intake.lookup(code, pin)
        assert refusal.value.code in ("bad_request", "bad_code", "bad_pin", "not_found", "locked", "too_many_tries")

    asyncio.run(scenario())
