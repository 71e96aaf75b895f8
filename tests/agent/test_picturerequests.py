"""Pictures that somebody asked for, over a real door: one under way per camera, and always an answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent import picturerequests
from agent.cameras.base import CameraConfig, PictureRefusedError
from agent.cameras.handing import Facts, Kept, Missed, Refused
from agent.cameras.replay import ReplayConfig
from agent.picturedoor import PictureDoor
from agent.picturerequests import Answer, PictureRequests, SnapshotError, patience_s
from agent.snapshots import Picture, Stored
from tests.support.camera_visitor import Visitor, offer_of, sample, visiting
from tests.support.in_loop import in_loop

CAMERAS: dict[str, CameraConfig] = {
    "gate": ReplayConfig(folder=Path(), purpose="traffic", notice_posted=True),
    "river": ReplayConfig(folder=Path(), purpose="disaster", notice_posted=True),
    "bare": ReplayConfig(folder=Path(), notice_posted=True),
}


class Counter:
    """Requests over a door whose pictures get numbers; `now_s` is the test's clock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now_s = 100.0
        self.number = 0
        self.refusal: PictureRefusedError | None = None
        facts = Facts("kel-1", "kel-1", True, False)
        self.door = PictureDoor(path, CAMERAS, "no-such-group", facts=lambda: facts, keep=self.keep)
        self.requests = PictureRequests(self.door, CAMERAS, lambda: self.now_s)

    async def keep(self, picture: Picture) -> Stored:
        if self.refusal is not None:
            raise self.refusal
        self.number += 1
        return Stored(self.number, b"signed" + picture.image)


@contextlib.asynccontextmanager
async def counter(folder: Path) -> AsyncIterator[tuple[Counter, Visitor]]:
    made, ready = Counter(folder / "p.sock"), asyncio.Event()
    task = asyncio.create_task(made.door.run(ready.set))
    await ready.wait()
    try:
        async with visiting(made.path, "gate", "river", "bare") as visitor:
            await visitor.next()
            yield made, visitor
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def serve(visitor: Visitor, number: int = 0) -> Kept | Refused:
    """Take what is wished for."""
    wish = await visitor.take()
    offer = offer_of(sample(number), wish.camera, request_id=wish.request_id, verdict="blurred")
    return await visitor.hand_in(offer, sample(number))


async def failure(waiting: "asyncio.Task[Answer]") -> str:
    with pytest.raises(SnapshotError) as caught:
        async with asyncio.timeout(60):
            await waiting
    return caught.value.code


@in_loop
async def test_who_asks_gets_the_signed_picture_its_verdict_and_how_long_each_step_took(tmp_path: Path) -> None:
    async with counter(tmp_path) as (made, visitor):
        asked = asyncio.create_task(made.requests.snapshot("gate", "wanted-1"))
        assert await serve(visitor) == Kept(1)
        answer = await asked
    assert (answer.request_id, answer.seq, answer.verdict, answer.shared) == ("wanted-1", 1, "blurred", False)
    assert answer.jpeg == b"signed" + sample(0)
    assert (answer.width, answer.height, answer.size_bytes) == (960, 540, len(answer.jpeg))
    assert answer.timings_ms == {"connect": 12, "body": 34, "total": 0}
    assert 250 <= answer.age_ms < 60_000


@in_loop
async def test_who_asks_meanwhile_waits_for_the_same_picture_and_who_asks_soon_after_gets_it_older(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picturerequests, "FRESH_S", 300.0)  # its timer is the loop's, which knows only real seconds
    async with counter(tmp_path) as (made, visitor):
        several = [asyncio.create_task(made.requests.snapshot("gate")) for _ in range(5)]
        await serve(visitor)
        answers = await asyncio.gather(*several)
        assert [answer.seq for answer in answers] == [1] * 5
        assert [answer.shared for answer in answers] == [False, True, True, True, True]
        made.now_s += 299.5
        late = await made.requests.snapshot("gate")
        assert (late.seq, late.age_ms, late.shared) == (1, answers[0].age_ms + 299_500, True)
        made.now_s += 0.5
        fresh = asyncio.create_task(made.requests.snapshot("gate"))
        await serve(visitor, 1)
        assert (await fresh).seq == 2


@in_loop
async def test_what_is_remembered_for_others_is_forgotten_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picturerequests, "FRESH_S", 0.05)
    async with counter(tmp_path) as (made, visitor):
        asked = asyncio.create_task(made.requests.snapshot("gate"))
        await serve(visitor)
        await asked
        async with asyncio.timeout(60):
            while made.requests._landed:  # noqa: ASYNC110 - a timer of the loop
                await asyncio.sleep(0.01)
        assert made.requests._flights == {}


@in_loop
async def test_cameras_do_not_wait_for_each_other(tmp_path: Path) -> None:
    async with counter(tmp_path) as (made, visitor):
        gate = asyncio.create_task(made.requests.snapshot("gate"))
        first = await visitor.take()
        river = asyncio.create_task(made.requests.snapshot("river"))
        await serve(visitor)
        assert (await river).camera == "river"
        assert not gate.done()
        await visitor.hand_in(offer_of(sample(), "gate", request_id=first.request_id), sample())
        assert (await gate).camera == "gate"


@in_loop
async def test_a_picture_by_schedule_is_not_taken_for_the_one_that_was_asked_for(tmp_path: Path) -> None:
    async with counter(tmp_path) as (made, visitor):
        asked = asyncio.create_task(made.requests.snapshot("gate"))
        wish = await visitor.take()
        await visitor.hand_in(offer_of(sample(1), "gate"), sample(1))
        await visitor.hand_in(offer_of(sample(2), "gate", request_id="somebody-elses"), sample(2))
        assert not asked.done()
        await visitor.hand_in(offer_of(sample(0), "gate", request_id=wish.request_id), sample(0))
        assert (await asked).seq == 3


@pytest.mark.parametrize(
    ("camera", "ident", "code"),
    [
        ("stranger", "", "not_configured"),
        ("bare", "", "notice"),
        ("gate", "no spaces", "bad_request"),
        ("gate", "x" * 65, "bad_request"),
    ],
)
@in_loop
async def test_what_cannot_be_asked_for_is_said_at_once(tmp_path: Path, camera: str, ident: str, code: str) -> None:
    async with counter(tmp_path) as (made, _):
        with pytest.raises(SnapshotError) as caught:
            await made.requests.snapshot(camera, ident)
    assert caught.value.code == code


@in_loop
async def test_why_the_camera_gave_nothing_is_what_is_answered_and_the_next_request_works(tmp_path: Path) -> None:
    async with counter(tmp_path) as (made, visitor):
        asked = asyncio.create_task(made.requests.snapshot("gate"))
        wish = await visitor.take()
        visitor.say(Missed("gate", "auth", "the camera refuses the password", "another"))
        visitor.say(Missed("gate", "auth", "the camera refuses the password", wish.request_id))
        assert await failure(asked) == "auth"
        again = asyncio.create_task(made.requests.snapshot("gate"))
        await serve(visitor)
        assert (await again).seq == 1


@in_loop
async def test_a_full_disk_is_the_answer_and_the_next_request_works_once_there_is_room(tmp_path: Path) -> None:
    async with counter(tmp_path) as (made, visitor):
        made.refusal = PictureRefusedError("the disk is full")
        made.refusal.code = "disk_full"
        asked = asyncio.create_task(made.requests.snapshot("gate"))
        assert isinstance(await serve(visitor), Refused)
        assert await failure(asked) == "disk_full"
        made.refusal = None
        again = asyncio.create_task(made.requests.snapshot("gate"))
        await serve(visitor)
        assert (await again).seq == 1


@in_loop
async def test_a_camera_process_that_ends_meanwhile_is_the_answer(tmp_path: Path) -> None:
    async with counter(tmp_path) as (made, visitor):
        asked = asyncio.create_task(made.requests.snapshot("gate"))
        await visitor.take()
        visitor.leave()
        assert await failure(asked) == "no_camera_process"
        later = asyncio.create_task(made.requests.snapshot("gate"))
        assert await failure(later) == "no_camera_process"


@in_loop
async def test_a_camera_that_never_answers_is_a_timeout_and_a_late_picture_harms_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with counter(tmp_path) as (made, visitor):
        monkeypatch.setattr(picturerequests, "patience_s", lambda _: 0.1)
        asked = asyncio.create_task(made.requests.snapshot("gate"))
        wish = await visitor.take()
        assert await failure(asked) == "timeout"
        monkeypatch.undo()
        late = await visitor.hand_in(offer_of(sample(), "gate", request_id=wish.request_id), sample())
        assert late == Kept(1)
        again = asyncio.create_task(made.requests.snapshot("gate"))
        await serve(visitor, 1)
        assert (await again).seq == 2


@in_loop
async def test_a_client_that_goes_away_does_not_take_the_others_picture_with_it(tmp_path: Path) -> None:
    async with counter(tmp_path) as (made, visitor):
        first = asyncio.create_task(made.requests.snapshot("gate"))
        wish = await visitor.take()
        second = asyncio.create_task(made.requests.snapshot("gate"))
        await asyncio.sleep(0)
        first.cancel()
        await visitor.hand_in(offer_of(sample(), "gate", request_id=wish.request_id), sample())
        assert (await second).seq == 1
        assert first.cancelled()


def test_a_request_waits_for_the_picture_that_was_just_being_taken_and_for_its_own() -> None:
    assert patience_s(ReplayConfig(folder=Path(), deadline_s=7)) > 2 * 7
