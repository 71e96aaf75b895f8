"""The camera process at the picture door: it comes back whatever the core does, and sends no picture twice."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.cameras.base import CameraError, PictureRefusedError
from agent.cameras.handing import CameraReport, Facts, Kept, Refused, Report, Take, read_from_camera
from agent.cameras.keeping import door as door_module
from agent.cameras.keeping.door import PictureDoor, report_lines
from agent.cameras.keeping.offered import Picture
from agent.cameras.lines import MAX_LINE_BYTES
from tests.support.in_loop import in_loop
from tests.support.picture_core import FACTS, WAIT_S, PictureCore

REPORT = CameraReport("ok", "replay", "traffic", 30.0)


class Cameras:
    """What stands behind the door in these tests."""

    def __init__(self, path: Path) -> None:
        self.facts: list[Facts | None] = []
        self.takes: list[Take] = []
        self.reports = {"gate": REPORT}
        self._news = asyncio.Condition()
        self.door = PictureDoor(
            path, ["river", "gate"], on_facts=self._told, on_take=self.takes.append, reports=lambda: self.reports
        )

    def _told(self, facts: Facts | None) -> None:
        self.facts.append(facts)

    async def until_told(self, count: int) -> None:
        await until(lambda: len(self.facts) >= count)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110 - it becomes true within the door's own task
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def running(cameras: Cameras) -> AsyncIterator[None]:
    task = asyncio.create_task(cameras.door.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(door_module, "LONGEST_PAUSE_S", 0.05)
    monkeypatch.setattr(door_module, "REPORT_PAUSE_S", 0.02)


def picture(folder: Path, content: bytes = b"the picture's bytes", **more: object) -> Picture:
    (folder / "gate.1.1.jpg").write_bytes(content)
    values = {
        "camera": "gate", "purpose": "traffic", "spool": folder, "file": "gate.1.1.jpg", "size_bytes": len(content),
        "width": 64, "height": 48, "age_ms": 100, "received_s": time.monotonic(),
    } | more  # fmt: skip
    return Picture(**values)  # type: ignore[arg-type]


@in_loop
async def test_it_greets_hears_facts_and_reports(tmp_path: Path) -> None:
    core, cameras = PictureCore(tmp_path / "p.sock"), Cameras(tmp_path / "p.sock")
    async with core.open(), running(cameras):
        await core.until(lambda: core.reports)
        assert core.hellos[0].cameras == ["gate", "river"] and core.reports[0].cameras == {"gate": REPORT}
        core.say(Facts("n", "p", synced=False, metered=True))
        await cameras.until_told(2)
        assert cameras.facts[0] == FACTS and cameras.facts[1] == Facts("n", "p", synced=False, metered=True)
        heard = len(core.reports)
        cameras.door.changed()
        await core.until(lambda: len(core.reports) > heard)


@in_loop
async def test_a_picture_is_offered_with_its_bytes_and_its_age_now(tmp_path: Path) -> None:
    core, cameras = PictureCore(tmp_path / "p.sock"), Cameras(tmp_path / "p.sock")
    async with core.open(), running(cameras):
        await cameras.until_told(1)
        await cameras.door.offer(
            picture(tmp_path, received_s=time.monotonic() - 5, reason="request", request_id="r-1", verdict="dark")
        )
        offer, body = core.offers[0]
        assert body == b"the picture's bytes" and offer.age_ms >= 5100
        assert (offer.reason, offer.request_id, offer.verdict) == ("request", "r-1", "dark")


@in_loop
async def test_many_cameras_at_once_are_offered_one_after_the_other(tmp_path: Path) -> None:
    core, cameras = PictureCore(tmp_path / "p.sock"), Cameras(tmp_path / "p.sock")
    async with core.open(), running(cameras):
        await cameras.until_told(1)
        one = picture(tmp_path, bytes(range(256)) * 1000)
        await asyncio.gather(*(cameras.door.offer(one) for _ in range(10)))
        assert [len(body) for _, body in core.offers] == [256_000] * 10


@in_loop
async def test_a_refusal_says_why_and_whether_for_good(tmp_path: Path) -> None:
    core, cameras = PictureCore(tmp_path / "p.sock"), Cameras(tmp_path / "p.sock")
    core.answers = [Refused("refused", "the disk is full"), Refused("notice", "no notice", permanent=True)]
    async with core.open(), running(cameras):
        await cameras.until_told(1)
        for said, permanent in (("the disk is full", False), ("no notice", True)):
            with pytest.raises(PictureRefusedError, match=said) as caught:
                await cameras.door.offer(picture(tmp_path))
            assert caught.value.permanent == permanent
        await cameras.door.offer(picture(tmp_path))
        assert len(core.offers) == 3, "the next one is offered as if nothing had been"


@in_loop
async def test_a_line_cut_before_the_answer_loses_the_picture_and_sends_none_twice(tmp_path: Path) -> None:
    core, cameras = PictureCore(tmp_path / "p.sock"), Cameras(tmp_path / "p.sock")
    core.answers = [None]
    async with core.open(), running(cameras):
        await cameras.until_told(1)
        with pytest.raises(PictureRefusedError, match="did not answer"):
            await cameras.door.offer(picture(tmp_path))
        await cameras.until_told(3)
        assert cameras.facts == [FACTS, None, FACTS], "nobody there, then somebody again"
        assert len(core.offers) == 1
        await cameras.door.offer(picture(tmp_path))
        assert len(core.offers) == 2


@in_loop
async def test_a_core_that_does_not_answer_is_left_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "ANSWER_S", 0.2)
    core, cameras = PictureCore(tmp_path / "p.sock"), Cameras(tmp_path / "p.sock")
    core.answers = [b""]
    async with core.open(), running(cameras):
        await cameras.until_told(1)
        with pytest.raises(PictureRefusedError, match="did not answer"):
            await cameras.door.offer(picture(tmp_path))
        await cameras.until_told(3)
        monkeypatch.setattr(door_module, "ANSWER_S", 30.0)
        await cameras.door.offer(picture(tmp_path))
        assert len(core.offers) == 2


@in_loop
async def test_without_a_core_an_offer_is_refused_at_once_and_one_that_comes_later_is_found(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    core, cameras = PictureCore(tmp_path / "p.sock"), Cameras(tmp_path / "p.sock")
    tries, connect = [0], cameras.door._connect

    async def counted() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        tries[0] += 1
        return await connect()

    monkeypatch.setattr(cameras.door, "_connect", counted)
    async with running(cameras):
        with pytest.raises(PictureRefusedError, match="closed"):
            await cameras.door.offer(picture(tmp_path))
        await until(lambda: tries[0] >= 5)
        async with core.open():
            await cameras.until_told(1)
        await cameras.until_told(2)
        async with core.open():
            await cameras.until_told(3)
    words = [record.message for record in caplog.records if record.name == "agent.cameras"]
    assert words[:2] == ["picture-door-closed", "picture-door-open"], "said when it changes, not at each try"


@pytest.mark.parametrize(
    "greeting",
    [b"", b"rubbish\n", b"x" * 20_000 + b"\n", Kept(1), Refused("busy", "another camera process is connected")],
    ids=["silence", "rubbish", "too-long", "wrong-word", "busy"],
)  # fmt: skip
@in_loop
async def test_a_core_that_greets_wrongly_is_left_and_tried_again(
    greeting: bytes | Kept | Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "GREETING_S", 0.2)
    core, cameras = PictureCore(tmp_path / "p.sock"), Cameras(tmp_path / "p.sock")
    core.greeting = greeting
    async with core.open(), running(cameras):
        await core.until(lambda: len(core.hellos) >= 3)
        assert cameras.facts == []
        monkeypatch.setattr(door_module, "GREETING_S", 10.0)
        core.greeting = FACTS
        await cameras.until_told(1)


@in_loop
async def test_an_answer_to_no_offer_ends_the_connection(tmp_path: Path) -> None:
    core, cameras = PictureCore(tmp_path / "p.sock"), Cameras(tmp_path / "p.sock")
    async with core.open(), running(cameras):
        await cameras.until_told(1)
        core.say(Kept(7))
        await cameras.until_told(3)
        assert cameras.facts == [FACTS, None, FACTS]


@in_loop
async def test_wishes_are_passed_on_and_what_cannot_be_is_told(tmp_path: Path) -> None:
    core, cameras = PictureCore(tmp_path / "p.sock"), Cameras(tmp_path / "p.sock")
    async with core.open(), running(cameras):
        await cameras.until_told(1)
        core.take("gate", "r-1")
        await until(lambda: bool(cameras.takes))
        cameras.door.missed(cameras.takes[0], CameraError("x" * 900))
        await core.until(lambda: core.missed)
        assert core.missed[0].request_id == "r-1" and len(core.missed[0].message) == 500


def test_reports_of_many_cameras_are_told_in_lines_that_fit() -> None:
    long = CameraReport("failing", "onvif", "security", 30.0, code="unreachable", cause="ö" * 500, pid=12345)
    reports = {f"kamera-{number}": long for number in range(64)}
    lines = report_lines(reports)
    assert all(len(line) <= MAX_LINE_BYTES for line in lines) and len(lines) > 1
    told: dict[str, CameraReport] = {}
    for line in lines:
        word = read_from_camera(line)
        assert isinstance(word, Report)
        told |= word.cameras
    assert told.keys() == reports.keys() and all(each.code == "unreachable" for each in told.values())
    assert report_lines({"gate": long}) != [] and len(report_lines({"gate": long})) == 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=8))
def test_whatever_the_core_says_the_door_lives(pieces: list[bytes]) -> None:
    async def heard() -> Exception:
        reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
        for piece in pieces:
            reader.feed_data(piece + b"\n")
        reader.feed_eof()
        try:
            while True:
                await door_module._word(reader)
        except Exception as error:  # noqa: BLE001 - which one it is, is the question
            return error

    assert isinstance(asyncio.run(heard()), door_module.DoorClosedError | door_module.LineError)
