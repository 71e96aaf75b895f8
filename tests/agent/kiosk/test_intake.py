"""The one door: sealed before disk, durable before the answer, never lost, never doubled, and slow to guess at."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.kiosk.errors import IntakeError
from agent.outbox import OutboxError
from tests.support.full_disk import fill_disk
from tests.support.in_loop import in_loop
from tests.support.kiosk_box import NODE, TEXT, Kiosk
from wire.codec import decode_body
from wire.subjects import SUBJECTS
from wire.tickets import normalize_code

Request = dict[str, object]


async def recovered(kiosk: Kiosk) -> None:
    """The first round of `run`, as after a start."""
    task = asyncio.create_task(kiosk.intake.run())
    async with asyncio.timeout(120):
        while (await kiosk.intake.status())["pending"]:  # noqa: ASYNC110 - a row in a database
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])


# -- accepting -----------------------------------------------------------------------------------------------------


@in_loop
async def test_a_complaint_is_in_the_outbox_when_the_answer_comes(kiosk: Kiosk, request_: Request) -> None:
    ticket = await kiosk.intake.submit(request_)
    (complaint,) = kiosk.complaints()
    assert complaint.service_request_id == ticket["service_request_id"]
    assert normalize_code(str(ticket["code"])) == ticket["code"] == kiosk.opened(complaint)["code"]
    assert normalize_code(complaint.code) == complaint.code != ticket["code"]
    assert (complaint.category, complaint.place, complaint.channel) == ("aduan", NODE, "cli")
    assert (complaint.classification, complaint.urgent, ticket["urgent"]) == ("real", False, False)
    held = kiosk.outbox.page("complaint", 0, 1_000_000)[0]
    assert decode_body("complaint", "complaint", bytes(held.record.body)) == complaint


@in_loop
async def test_the_centre_alone_can_read_what_was_typed(kiosk: Kiosk, request_: Request) -> None:
    ticket = await kiosk.intake.submit(request_)
    (complaint,) = kiosk.complaints()
    typed = {"text": TEXT, "name": "Siti Rahayu", "contact": "0812-3456-7890"}
    assert kiosk.opened(complaint) == typed | {"code": ticket["code"], "pin": ticket["pin"]}


@in_loop
async def test_no_file_holds_what_was_typed_nor_the_pin_nor_the_client_id(
    kiosk: Kiosk, request_: Request, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    request_["text"] = f"{TEXT} 0xKATASANDI"
    ticket = await kiosk.intake.submit(request_)
    with pytest.raises(IntakeError):
        await kiosk.intake.lookup(ticket["code"], "0000" if ticket["pin"] != "0000" else "0001")
    on_disk, logged = kiosk.raw_bytes(), "\n".join(str(vars(record)) for record in caplog.records)
    assert str(ticket["service_request_id"]).encode() in on_disk, "the search looks at the right files"
    for secret in (
        "KATASANDI",
        "balai warga",
        "Lampu",
        "Siti R",
        "Rahayu",
        "3456-7890",
        request_["client_id"],
        ticket["code"],
    ):
        for spelling in (str(secret), str(secret).lower(), str(secret).upper()):
            assert spelling.encode() not in on_disk
            assert spelling.encode("utf-16-le") not in on_disk
            assert spelling not in logged
    assert f'"pin":"{ticket["pin"]}"'.encode() not in on_disk


@in_loop
async def test_how_long_a_text_is_does_not_show_in_its_box(kiosk: Kiosk, request_: Request) -> None:
    boxes = set()
    for length in (1, 40, 100):
        await kiosk.intake.submit({**request_, "text": "a" * length, "client_id": f"{length:032}"})
    boxes = {len(complaint.sealed.box) for complaint in kiosk.complaints()}
    assert len(boxes) == 1


@in_loop
async def test_an_urgent_word_is_flagged_and_an_empty_joke_is_kept_with_its_class(kiosk: Kiosk) -> None:
    told: list[str] = []
    kiosk.intake.on_urgent = lambda: told.append("urgent")
    said = {"category": "laporan", "text": "Kebakaran di pasar lama!", "client_id": "f" * 32}
    fire = await kiosk.intake.submit(said)
    await kiosk.intake.submit(said)  # who did not hear the answer asks again: that is no second emergency
    await kiosk.intake.submit({"category": "aduan", "text": "wkwkwk"})
    assert told == ["urgent"]
    first, second = kiosk.complaints()
    assert fire["urgent"] and first.urgent and first.reasons == ("urgent_word",)
    assert second.classification == "prank_suspect" and kiosk.opened(second)["text"] == "wkwkwk"


@in_loop
async def test_the_longest_text_fits_the_record(kiosk: Kiosk, request_: Request) -> None:
    await kiosk.intake.submit({**request_, "text": "\U0001f525" * 4000, "name": "é" * 100, "contact": "ü" * 100})
    (complaint,) = kiosk.complaints()
    assert kiosk.opened(complaint)["text"] == "\U0001f525" * 4000


# -- never doubled -------------------------------------------------------------------------------------------------


@in_loop
async def test_the_same_request_again_gets_the_same_ticket_and_pin_also_after_a_restart(
    kiosk: Kiosk, request_: Request
) -> None:
    first = await kiosk.intake.submit(request_)
    again = await kiosk.intake.submit(request_)
    kiosk.reopen()
    after_restart = await kiosk.intake.submit(request_)
    assert (first.pop("duplicate"), again.pop("duplicate"), after_restart.pop("duplicate")) == (False, True, True)
    assert first == again == after_restart
    assert len(kiosk.complaints()) == 1


@in_loop
async def test_other_content_under_the_same_client_id_is_refused_not_swallowed(kiosk: Kiosk, request_: Request) -> None:
    await kiosk.intake.submit(request_)
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.submit({**request_, "text": "Sesuatu yang lain sama sekali"})
    assert refusal.value.code == "client_id_reused"
    assert len(kiosk.complaints()) == 1


@in_loop
async def test_many_at_once_each_get_their_own_ticket_and_repeats_none(kiosk: Kiosk, request_: Request) -> None:
    requests = [
        {**request_, "client_id": f"{number % 10:032}", "text": f"Keluhan {number % 10}"} for number in range(30)
    ]
    tickets = await asyncio.gather(*(kiosk.intake.submit(request) for request in requests))
    assert len({ticket["code"] for ticket in tickets}) == len(kiosk.complaints()) == 10


@in_loop
async def test_without_a_client_id_each_request_is_a_new_ticket(kiosk: Kiosk, request_: Request) -> None:
    del request_["client_id"]
    assert (await kiosk.intake.submit(request_))["code"] != (await kiosk.intake.submit(request_))["code"]


# -- never lost: a crash at each step ------------------------------------------------------------------------------


class PowerCut(BaseException):
    """Nothing runs after this."""


@in_loop
async def test_cut_between_ticket_and_outbox_the_complaint_is_delivered_at_the_next_start(
    kiosk: Kiosk, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut(*_: object) -> int:
        raise PowerCut

    monkeypatch.setattr(kiosk.writer, "append", cut)
    with pytest.raises(PowerCut):
        await kiosk.intake.submit(request_)
    assert kiosk.complaints() == []
    kiosk.reopen()
    await recovered(kiosk)
    (complaint,) = kiosk.complaints()
    assert kiosk.opened(complaint)["text"] == TEXT
    ticket = await kiosk.intake.submit(request_)
    assert ticket["duplicate"] is True
    opened = kiosk.opened(complaint)
    assert (opened["code"], opened["pin"]) == (ticket["code"], ticket["pin"])


@pytest.mark.parametrize("by_the_client", [False, True])
def test_cut_between_outbox_and_mark_the_complaint_is_not_doubled(
    kiosk: Kiosk, request_: Request, monkeypatch: pytest.MonkeyPatch, by_the_client: bool
) -> None:
    def cut(*_: object) -> None:
        raise PowerCut

    async def scenario() -> None:
        monkeypatch.setattr(kiosk.intake.store, "place", cut)
        with pytest.raises(PowerCut):
            await kiosk.intake.submit(request_)
        kiosk.reopen()
        if by_the_client:
            await kiosk.intake.submit(request_)
        await recovered(kiosk)
        assert len(kiosk.complaints()) == 1
        assert (await kiosk.intake.status())["pending"] == 0

    asyncio.run(scenario())


@in_loop
async def test_cut_after_the_centre_had_it_too_it_is_offered_again_under_the_same_id(
    kiosk: Kiosk, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise PowerCut

    monkeypatch.setattr(kiosk.intake.store, "place", cut)
    with pytest.raises(PowerCut):
        await kiosk.intake.submit(request_)
    (sent,) = kiosk.complaints()
    kiosk.outbox.acknowledge(kiosk.outbox.epoch, "complaint", [(1, 1)])
    kiosk.reopen()
    await recovered(kiosk)
    (again,) = kiosk.complaints()
    assert again.service_request_id == sent.service_request_id, "the centre knows it by its id"


@pytest.mark.parametrize(("code", "answer"), [("full", "storage_full"), ("busy", "storage")])
def test_a_certain_refusal_of_the_outbox_withdraws_the_ticket_and_says_so(
    kiosk: Kiosk, request_: Request, monkeypatch: pytest.MonkeyPatch, code: str, answer: str
) -> None:
    async def refuse(*_: object) -> int:
        raise OutboxError(code, "no")  # type: ignore[arg-type]

    async def scenario() -> None:
        with monkeypatch.context() as patch, pytest.raises(IntakeError) as refusal:
            patch.setattr(kiosk.writer, "append", refuse)
            await kiosk.intake.submit(request_)
        assert refusal.value.code == answer and not refusal.value.permanent
        assert (await kiosk.intake.status())["tickets"] == 0
        ticket = await kiosk.intake.submit(request_)
        assert not ticket["duplicate"] and len(kiosk.complaints()) == 1

    asyncio.run(scenario())


@in_loop
async def test_when_nobody_knows_whether_it_was_stored_the_ticket_stays_and_is_delivered_once(
    kiosk: Kiosk, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> int:
        raise OutboxError("io", "fsync failed")

    with monkeypatch.context() as patch, pytest.raises(IntakeError) as refusal:
        patch.setattr(kiosk.writer, "append", fail)
        await kiosk.intake.submit(request_)
    assert refusal.value.code == "storage"
    assert (await kiosk.intake.status())["pending"] == 1
    ticket = await kiosk.intake.submit(request_)
    assert ticket["duplicate"] and len(kiosk.complaints()) == 1
    assert (await kiosk.intake.status())["pending"] == 0


# -- the door closed -----------------------------------------------------------------------------------------------


@in_loop
async def test_an_open_door_says_what_may_be_entered(kiosk: Kiosk) -> None:
    answer = await kiosk.intake.ready()
    assert answer["ready"] is True and answer["place"] == NODE
    assert answer["categories"] == ["aduan", "laporan", "saran", "pendapat", "ppid"]
    areas = answer["areas"]
    assert isinstance(areas, list) and len(areas) == 67
    assert areas[0] == {"code": "3673011001", "name": "Serang", "district": "Serang"}, "the own kelurahan first"
    assert answer["name"] == {"id": "Kelurahan Serang", "en": "Kelurahan Serang"}
    assert answer["subjects"] == [subject.code for subject in SUBJECTS] and answer["online"] is False
    assert answer["limits"] == {
        "text": 4000, "name": 100, "contact": 100, "rt_rw": 12, "purpose": 500, "address": 200,
        "photo_bytes": 8 * 1024 * 1024, "photos": 3,
    }  # fmt: skip


@pytest.mark.parametrize("content", [None, b"", b"c2hvcnQ=", b"not base64!", bytes(44)])
def test_without_a_sealing_key_nothing_is_taken_and_nothing_written(
    kiosk: Kiosk, request_: Request, content: bytes | None
) -> None:
    async def scenario() -> None:
        kiosk.seal_path.unlink() if content is None else kiosk.seal_path.write_bytes(content)
        for asked in (kiosk.intake.ready(), kiosk.intake.submit(request_)):
            with pytest.raises(IntakeError) as refusal:
                await asked
            assert refusal.value.code == "no_seal_key" and "kertas" in refusal.value.message("id")
        status = await kiosk.intake.status()
        assert (status["tickets"], status["closed"]) == (0, "no_seal_key")

    asyncio.run(scenario())


@in_loop
async def test_at_the_disk_reserve_the_door_is_closed_before_anybody_types(
    kiosk: Kiosk, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_disk(kiosk.outbox, monkeypatch)
    for asked in (kiosk.intake.ready(), kiosk.intake.submit(request_)):
        with pytest.raises(IntakeError) as refusal:
            await asked
        assert refusal.value.code == "storage_full" and "formulir kertas" in refusal.value.message("id")
    assert (await kiosk.intake.status())["tickets"] == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(["category", "text", "name", "contact", "client_id", "channel", "op"]),
        st.none() | st.integers() | st.text(max_size=50) | st.sampled_from(["aduan", "cli", "k" * 20]),
        max_size=7,
    )
)
def test_whatever_is_asked_the_answer_is_a_stored_ticket_or_a_refusal(kiosk: Kiosk, request: Request) -> None:
    async def scenario() -> None:
        before = len(kiosk.complaints())
        try:
            ticket = await kiosk.intake.submit(request)
        except IntakeError:
            assert len(kiosk.complaints()) == before
            return
        codes = [kiosk.opened(complaint)["code"] for complaint in kiosk.complaints()]
        assert ticket["code"] in codes and len(codes) == before + (not ticket["duplicate"])

    kiosk.intake.lock = asyncio.Lock()
    asyncio.run(scenario())


@in_loop
async def test_a_store_that_fails_is_a_refusal_not_a_crash(kiosk: Kiosk, request_: Request) -> None:
    kiosk.intake.store.close()
    for asked in (kiosk.intake.submit(request_), kiosk.intake.on_reply(kiosk.reply({"service_request_id": "0" * 36}))):
        with pytest.raises(IntakeError) as refusal:
            await asked
        assert refusal.value.code == "storage"


def test_building_the_intake_loads_no_cryptography(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; import agent.kiosk.intake; from agent.kiosk.store import KioskStore; from pathlib import Path\n"
        f"KioskStore(Path({str(tmp_path)!r})).close()\n"
        "heavy = {'nacl', 'click', 'rich', 'email', 'cryptography', 'PIL', 'urllib.request'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
