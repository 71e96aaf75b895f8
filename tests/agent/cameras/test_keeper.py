"""What the supervisor makes of a plan, of wishes and of workers that break, with real processes as workers."""

import random
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest

from agent.cameras.base import PictureRefusedError
from agent.cameras.handing import Facts, Take
from agent.cameras.keeping import keeper as keeper_module
from agent.cameras.keeping import restarts
from agent.cameras.keeping import wishes as wishes_module
from agent.cameras.keeping.surroundings import rules_of
from agent.cameras.replay import ReplayConfig
from tests.agent.cameras.keeper_scene import GOOD, WAIT_S, Scene
from tests.support.in_loop import in_loop
from tests.support.own_time import within
from tests.support.torture import often


class Watching(ReplayConfig, frozen=True, kw_only=True):
    """A camera whose worker watches all the time."""

    type: ClassVar[str] = "replay"

    @property
    def stays_open(self) -> bool:
        return True


@in_loop
async def test_a_wish_is_fulfilled_at_once_and_says_whose_it_was(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    async with scene.running():
        await scene.until(lambda: len(scene.pictures) == 1)
        scene.take("r-1")
        scene.take("e-1", "event")
        await scene.until(lambda: len(scene.pictures) == 3)
    assert [(picture.reason, picture.request_id) for picture in scene.pictures] == [
        ("schedule", None), ("request", "r-1"), ("event", "e-1"),
    ]  # fmt: skip
    assert scene.missed == []


@in_loop
async def test_one_grab_at_a_time_however_many_wish(tmp_path: Path) -> None:
    scene = Scene(tmp_path, interval_s=60)
    scene.mood(do="picture", takes_s=0.2)
    async with scene.running():
        for number in range(12):
            scene.take(f"r-{number}")
        await scene.until(lambda: len(scene.pictures) + len(scene.missed) >= 12)
        await scene.until(lambda: scene.report["pictures"] == len(scene.pictures) >= 8)
    assert [code for _, code in scene.missed] == ["busy"] * 4
    assert len({picture.file.split(".")[1] for picture in scene.pictures}) == 1, "one worker, one after the other"


@in_loop
async def test_nothing_is_taken_while_nobody_is_there_to_be_given_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    async with scene.running(facts=None):
        scene.take("r-1")
        scene.supervisor.told(None)
        scene.supervisor.told(GOOD)
        await scene.until(lambda: scene.pictures)
    assert [setup["place"] for setup in scene.lines("setups")] == [GOOD.place], "its only worker knew the facts"
    assert [picture.request_id for picture in scene.pictures] == [None], "who wished before is gone"


@in_loop
async def test_the_line_and_the_clock_reach_the_worker(tmp_path: Path) -> None:
    scene = Scene(tmp_path, max_bytes=50_000, thumbnail_bytes=20_000)
    async with scene.running():
        await scene.until(lambda: len(scene.pictures) == 1)
        scene.supervisor.told(Facts("n", "p", synced=False, metered=True))
        scene.take("r-1")
        await scene.until(lambda: len(scene.pictures) == 2)
    assert [(grab["max_bytes"], grab["synced"]) for grab in scene.lines("grabs")] == [(50_000, True), (20_000, False)]
    setup = scene.lines("setups")[0]
    assert setup["place"] == "Kelurahan Serang" and setup["mask_file"].endswith("masks/gate.json")


@in_loop
async def test_on_a_metered_line_an_outage_gets_no_picture_and_an_emergency_does(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    async with scene.running(Facts("n", "p", synced=True, metered=True)):
        await scene.until(lambda: len(scene.pictures) == 1)
        scene.take("e-1", "event")
        scene.take("e-2", "event", urgent=True)
        await scene.until(lambda: len(scene.pictures) == 2)
    assert scene.missed == [("e-1", "metered")] and scene.pictures[1].request_id == "e-2"


@in_loop
async def test_events_come_in_no_flood(tmp_path: Path) -> None:
    scene = Scene(tmp_path, interval_s=60)
    async with scene.running():
        for number in range(5):
            scene.take(f"e-{number}", "event")
        await scene.until(lambda: len(scene.pictures) == 4)  # with the one by schedule
    assert scene.missed == [("e-3", "burst"), ("e-4", "burst")]


@in_loop
async def test_outside_its_hours_a_camera_rests_and_a_person_still_gets_a_picture(tmp_path: Path) -> None:
    scene = Scene(tmp_path, hours="07:00-11:00")
    async with scene.running():
        await scene.until(lambda: scene.report["code"] == "hours")
        scene.take("r-1")
        await scene.until(lambda: len(scene.pictures) == 1)
        await scene.until(lambda: scene.report["state"] == "ok")
    assert scene.pictures[0].request_id == "r-1"


@pytest.mark.parametrize("code", ["unreachable", "truncated", "hung", "busy", "no_keyframe", "mask"])
@in_loop
async def test_who_wished_for_a_picture_learns_why_there_is_none(code: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.mood(do="fail", code=code, message="said so")
    async with scene.running():
        scene.take("r-1")
        await scene.until(lambda: scene.missed)
        await scene.until(lambda: scene.report["state"] == "failing")
        assert scene.report["code"] == code and scene.report["cause"] == "said so"
        scene.mood(do="picture")
        scene.take("r-2")
        await scene.until(lambda: "r-2" in answered(scene) and scene.report["state"] == "ok")
    assert scene.missed[0] == ("r-1", code) and "r-2" in {picture.request_id for picture in scene.pictures}


@pytest.mark.parametrize(("mood", "code"), [("die", "worker_died"), ("garbage", "worker_died"), ("hang", "timeout")])
@in_loop
async def test_a_worker_that_breaks_gives_a_typed_error_in_time_and_the_next_picture_comes(
    mood: str, code: str, tmp_path: Path
) -> None:
    # A worker that hangs is ended at its deadline; the others are to be named at once, and not for a slow start.
    scene = Scene(tmp_path, deadline_s=3 if mood == "hang" else 60)
    async with scene.running():
        await scene.until(lambda: scene.report["state"] == "ok")
        scene.mood(do=mood)
        with within(3 + 1):
            scene.take("r-1")
            await scene.until(lambda: scene.missed)
        assert scene.missed == [("r-1", code)]
        scene.mood(do="picture")
        await scene.until(lambda: scene.report["state"] == "failing")
        scene.take("r-2")
        await scene.until(lambda: scene.report["state"] == "ok")
    assert scene.pictures[-1].request_id in ("r-2", None)


@in_loop
async def test_a_worker_that_watches_all_the_time_stays_however_seldom_pictures_are(tmp_path: Path) -> None:
    scene = Scene(tmp_path, kind=Watching, interval_s=86_400)
    async with scene.running():
        await scene.until(lambda: scene.report["state"] == "ok")
        pid = scene.report["pid"]
        scene.take("r-1")
        await scene.until(lambda: len(scene.pictures) == 2)
        assert pid is not None and scene.report["pid"] == pid and scene.report["starts"] == 1


@in_loop
async def test_a_worker_that_leaks_is_ended_and_memory_is_named(tmp_path: Path) -> None:
    scene = Scene(tmp_path, worker_mb=64)
    async with scene.running():
        await scene.until(lambda: scene.report["state"] == "ok")
        scene.mood(do="grow")
        scene.take("r-1")
        await scene.until(lambda: scene.missed)
        assert scene.missed == [("r-1", "memory")]
        await scene.until(lambda: scene.report["state"] == "failing")
        assert "64" in str(scene.report["cause"])
        scene.mood(do="picture")
        scene.take("r-2")
        await scene.until(lambda: scene.report["state"] == "ok")


@in_loop
async def test_a_camera_the_core_wants_no_picture_of_is_off_for_good(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.refusal = PictureRefusedError("no such camera in the agent's configuration")
    scene.refusal.permanent = True
    async with scene.running():
        await scene.until(lambda: scene.report["state"] == "off")
        scene.take("r-1")
        assert scene.missed == [("r-1", "refused")] and scene.report["pid"] is None
        scene.supervisor.take(Take("river", "request", "r-2"))
        assert scene.missed[-1] == ("r-2", "unknown_camera")


@in_loop
async def test_a_refused_picture_is_told_to_who_wished_for_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path, interval_s=60)
    async with scene.running():
        await scene.until(lambda: scene.report["state"] == "ok")
        scene.refusal = PictureRefusedError("the disk is full")
        scene.take("r-1")
        await scene.until(lambda: scene.missed)
        scene.refusal = None
        scene.take("r-2")
        await scene.until(lambda: scene.report["state"] == "ok")
        assert scene.report["starts"] == 1
    assert scene.missed == [("r-1", "refused")] and scene.pictures[-1].request_id == "r-2"


@in_loop
async def test_a_wish_that_waited_too_long_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path, interval_s=60)
    scene.mood(do="picture", takes_s=0.3)
    async with scene.running():
        await scene.until(lambda: scene.lines("grabs"))
        monkeypatch.setattr(wishes_module, "WISH_WAIT_S", 0.0)
        scene.take("r-1")
        await scene.until(lambda: scene.missed)
    assert scene.missed == [("r-1", "busy")]


MOODS: list[dict[str, Any]] = [
    {"do": "picture"}, {"do": "picture", "takes_s": 0.05}, {"do": "die"}, {"do": "garbage"}, {"do": "hang"},
    {"do": "fail", "code": "unreachable"}, {"do": "fail", "code": "hung"}, {"do": "fail", "code": "truncated"},
]  # fmt: skip


@pytest.mark.full
@pytest.mark.parametrize("seed", range(often(2, 25)))
@in_loop
async def test_whatever_goes_wrong_each_wish_is_answered_once(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarts, "WINDOW_S", 0.5)  # else this lasts a quarter of an hour
    chance = random.Random(seed)
    scene = Scene(tmp_path, deadline_s=1.5, interval_s=chance.choice([1, 60, 300]))
    wished: list[str] = []
    async with scene.running():
        for step in range(8):
            scene.mood(**chance.choice(MOODS))
            for number in range(chance.randint(1, 3)):
                wished.append(f"r-{step}-{number}")
                scene.take(wished[-1], chance.choice(["request", "event"]))
            if chance.random() < 0.7:
                await scene.until(lambda: set(wished) == set(answered(scene)))
        scene.mood(do="picture")
        await scene.until(lambda: set(wished) <= set(answered(scene)))
        before = len(scene.pictures)
        give_up_s = time.monotonic() + WAIT_S
        while len(scene.pictures) == before and time.monotonic() < give_up_s:  # a worker may start too slowly for it
            wished.append(f"last-{len(wished)}")
            scene.take(wished[-1])
            await scene.until(lambda: wished[-1] in answered(scene))
        assert len(scene.pictures) > before
    assert sorted(answered(scene)) == sorted(wished)
    assert list((tmp_path / "spool").iterdir()) == []


def answered(scene: Scene) -> list[str]:
    return [*(ident for ident, _ in scene.missed), *(each.request_id for each in scene.pictures if each.request_id)]


def test_moves_stand_still_once_a_turn_is_overdue(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    keeper = scene.supervisor._keepers["gate"]
    first = scene.supervisor.moves()
    assert scene.supervisor.moves() > first
    keeper._turn_since_s = time.monotonic() - 2 * 60 - keeper_module.OVERDUE_S - 1
    assert scene.supervisor.moves() == scene.supervisor.moves() == 0.0


def test_the_bytes_of_a_day_are_counted_as_every_key_in_mb(tmp_path: Path) -> None:
    assert rules_of(ReplayConfig(folder=tmp_path, daily_mb=1.5)).daily_bytes == 3 * 512 * 1024
