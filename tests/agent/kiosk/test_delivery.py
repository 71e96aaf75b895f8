"""Whatever the outbox forgets, the kiosk still has: given again until the centre is known to have it, and not twice."""

import asyncio

import pytest

from agent.kiosk.errors import IntakeError
from agent.outbox import OutboxError
from tests.support.full_disk import fill_disk
from tests.support.in_loop import in_loop
from tests.support.kiosk_box import Kiosk

Request = dict[str, object]


async def three(kiosk: Kiosk, request: Request) -> list[str]:
    tickets = [await kiosk.intake.submit({**request, "client_id": f"{number:032}"}) for number in range(3)]
    return [str(ticket["service_request_id"]) for ticket in tickets]


def waiting(kiosk: Kiosk) -> list[str]:
    return [complaint.service_request_id for complaint in kiosk.complaints()]


@in_loop
async def test_rounds_change_nothing_while_all_is_well(kiosk: Kiosk, request_: Request) -> None:
    names = await three(kiosk, request_)
    for _ in range(3):
        await kiosk.settled()
    assert waiting(kiosk) == names
    kiosk.outbox.acknowledge(kiosk.outbox.epoch, "complaint", [(1, 2)])
    await kiosk.settled()
    assert [one.service_request_id for one in kiosk.intake.store.undelivered()] == names[2:]
    assert waiting(kiosk) == names[2:]


@in_loop
async def test_an_outbox_and_its_epoch_that_vanish_together_lose_nothing(kiosk: Kiosk, request_: Request) -> None:
    names = await three(kiosk, request_)
    kiosk.outbox.acknowledge(kiosk.outbox.epoch, "complaint", [(1, 1)])
    await kiosk.settled()
    kiosk.abandon()
    for path in (kiosk.directory / "outbox").iterdir():
        if path.is_file():
            path.unlink()
    kiosk._open()
    assert waiting(kiosk) == []
    await kiosk.settled()
    assert sorted(waiting(kiosk)) == sorted(names[1:]), "what the centre is known to have is not sent again"


@in_loop
async def test_an_older_state_of_the_same_epoch_is_noticed_and_filled_up(kiosk: Kiosk, request_: Request) -> None:
    """The log was destroyed: the file is there as it was before, under the same epoch, with an earlier head."""
    first = await kiosk.intake.submit(request_)
    kiosk.outbox._opened.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = {path.name: path.read_bytes() for path in (kiosk.directory / "outbox").iterdir() if path.is_file()}
    names = [str(first["service_request_id"]), *await three(kiosk, request_)]
    kiosk.abandon()
    for path in (kiosk.directory / "outbox").iterdir():
        if path.is_file():
            path.unlink()
    for name, content in before.items():
        if not name.endswith(("-wal", "-shm")):
            (kiosk.directory / "outbox" / name).write_bytes(content)
    kiosk._open()
    newcomer = await kiosk.intake.submit(
        {**request_, "client_id": "n" * 32}
    )  # takes a number that was given out before
    await kiosk.settled()
    await kiosk.settled()
    assert sorted(waiting(kiosk)) == sorted([*names, str(newcomer["service_request_id"])])


@in_loop
async def test_a_row_that_was_damaged_in_the_outbox_is_given_again(kiosk: Kiosk, request_: Request) -> None:
    names = await three(kiosk, request_)
    kiosk.outbox._opened.db.execute("UPDATE complaint_record SET wall_ms = wall_ms + 1 WHERE seq = 2")
    assert len(waiting(kiosk)) == 2, "it was buried when somebody looked"
    await kiosk.settled()
    assert sorted(waiting(kiosk)) == sorted(names)
    await kiosk.settled()
    assert len(waiting(kiosk)) == 3


@in_loop
async def test_a_new_epoch_takes_them_along_and_none_is_doubled(kiosk: Kiosk, request_: Request) -> None:
    names = await three(kiosk, request_)
    kiosk.outbox.new_epoch("clone", kiosk.clock.stamp())
    await kiosk.settled()
    assert sorted(waiting(kiosk)) == sorted(names)
    kiosk.outbox.acknowledge(kiosk.outbox.epoch, "complaint", [(1, 3)])
    await kiosk.settled()
    assert kiosk.intake.store.undelivered() == []


@in_loop
async def test_a_survey_answer_is_given_again_like_a_complaint(kiosk: Kiosk) -> None:
    asked = {"unit": "opd-disdukcapil", "answers": [4] * 9, "client_id": "s" * 32, "channel": "web"}
    answer = await kiosk.intake.survey(asked)
    kiosk.outbox.new_epoch("clone", kiosk.clock.stamp())
    await kiosk.settled()
    (held,) = kiosk.outbox.page("complaint", 0, 1_000_000)
    assert held.record.kind == "survey" and str(answer["id"]).encode() in bytes(held.record.body)


@in_loop
async def test_an_epoch_that_changes_while_a_ticket_is_given_leaves_it_to_be_looked_for(
    kiosk: Kiosk, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = kiosk.writer.append

    async def late(*given: object) -> int:
        seq = await really(*given)  # type: ignore[arg-type]
        kiosk.outbox.new_epoch("clone", kiosk.clock.stamp())
        return seq

    monkeypatch.setattr(kiosk.writer, "append", late)
    await kiosk.intake.submit(request_)
    monkeypatch.undo()
    (ticket,) = kiosk.intake.store.undelivered()
    assert ticket.seq is None
    await kiosk.settled()
    (ticket,) = kiosk.intake.store.undelivered()
    assert (ticket.epoch, ticket.seq) == (kiosk.outbox.epoch, 1) and len(waiting(kiosk)) == 1


def test_an_outbox_that_refuses_is_tried_again_with_the_next_round(
    kiosk: Kiosk, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> int:
        raise OutboxError("io", "fsync failed")

    async def scenario() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(kiosk.writer, "append", fail)
            for asked in (kiosk.intake.submit(request_), kiosk.settled()):
                with pytest.raises(IntakeError) as refusal:
                    await asked
                assert refusal.value.code == "storage"
        await kiosk.settled()
        assert len(waiting(kiosk)) == 1

    asyncio.run(scenario())


@in_loop
async def test_a_full_disk_still_forgets_what_the_centre_has(
    kiosk: Kiosk, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the room that old complaints and photos take would never come back."""
    names = await three(kiosk, request_)
    kiosk.outbox.acknowledge(kiosk.outbox.epoch, "complaint", [(1, 1)])
    await kiosk.settled()
    kiosk.clock.advance(8 * 86_400)
    kiosk.outbox._opened.db.execute("UPDATE complaint_record SET wall_ms = wall_ms + 1 WHERE seq = 3")
    assert len(waiting(kiosk)) == 1, "the third has to be given again"
    kiosk.outbox.acknowledge(kiosk.outbox.epoch, "complaint", [(2, 2)])
    fill_disk(kiosk.outbox, monkeypatch)
    with pytest.raises(IntakeError) as refusal:
        await kiosk.settled()
    assert refusal.value.code == "storage_full"
    first, second, third = (kiosk.intake.store.by_id(name) for name in names)
    assert first is not None and first.body is None, "seven days at the centre"
    assert second is not None and second.acked_life_s is not None and second.body is not None
    assert third is not None and third.acked_life_s is None and third.body is not None
