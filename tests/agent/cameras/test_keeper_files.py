"""What the supervisor knows from files: passwords, masks, and what it learned before it was started again."""

import time
from pathlib import Path

import pytest

from agent.cameras.keeping import keeper as keeper_module
from agent.cameras.keeping.supervisor import Picture
from agent.cameras.maskfile import clear_mask
from agent.core.pictureplan import Moment
from tests.agent.cameras.keeper_scene import NOON_S, Scene
from tests.support.in_loop import in_loop

MASK = "0123456789abcdef"


@in_loop
async def test_the_days_bytes_hold_over_a_restart(tmp_path: Path) -> None:
    async with (scene := Scene(tmp_path, interval_s=1, daily_mb=0.1, max_bytes=60_000)).running():
        scene.mood(do="picture", size=45_000)
        await scene.until(lambda: scene.report["code"] == "daily_limit")
        assert len(scene.pictures) == 1 and scene.report["today_bytes"] > 45_000
    async with (again := Scene(tmp_path, interval_s=1, daily_mb=0.1, max_bytes=60_000)).running():
        await again.until(lambda: again.report["code"] == "daily_limit")
        assert again.pictures == []
        again.take("r-1")
        await again.until(lambda: again.pictures)
        assert again.report["today_bytes"] > scene.report["today_bytes"]


@in_loop
async def test_a_password_is_given_by_stdin_and_a_wrong_one_is_not_tried_again_until_it_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "LOOK_EVERY_S", 0.05)
    scene = Scene(tmp_path, interval_s=1)
    scene.login("first-secret")
    scene.mood(do="fail", code="auth", message="the camera refuses user or password")
    async with scene.running():
        await scene.until(lambda: scene.report["code"] == "auth")
        tried = len(scene.lines("grabs"))
        scene.take("r-1")
        assert scene.missed == [("r-1", "auth")], "told without asking the camera"
        plan = scene.supervisor._keepers["gate"].plan
        assert plan.due(Moment(time.monotonic() + 600, NOON_S)).wait_s > 0, "a camera locks who tries too often"
        assert len(scene.lines("grabs")) == tried == 1
        scene.mood(do="picture")
        scene.login("second-secret")
        await scene.until(lambda: scene.report["state"] == "ok")
    assert [setup["secrets"]["password"] for setup in scene.lines("setups")] == ["first-secret", "second-secret"]


@in_loop
async def test_a_password_file_that_others_may_read_means_no_picture(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.login("x")
    scene.settings.logins_file.chmod(0o644)
    async with scene.running():
        await scene.until(lambda: scene.report["code"] == "logins")
        assert "chmod 600" in str(scene.report["cause"]) and scene.report["starts"] == 0
        scene.settings.logins_file.chmod(0o600)
        scene.take("r-1")
        await scene.until(lambda: scene.report["state"] == "ok")
    assert scene.pictures


@in_loop
async def test_a_camera_whose_mask_is_gone_takes_no_picture_until_that_was_meant(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.settings.masks_dir.mkdir(parents=True)
    mask = scene.settings.masks_dir / "gate.json"
    mask.write_text("{}")
    scene.mood(do="picture", mask_version=MASK)
    async with scene.running():
        await scene.until(lambda: len(scene.pictures) == 1)
        mask.unlink()
        scene.mood(do="picture")
        grabs = len(scene.lines("grabs"))
        scene.take("r-1")
        await scene.until(lambda: scene.missed)
        assert scene.missed == [("r-1", "mask")] and len(scene.lines("grabs")) == grabs, "not even grabbed"
        clear_mask(mask)
        scene.take("r-2")
        await scene.until(lambda: scene.report["state"] == "ok")
    assert [picture.mask_version for picture in scene.pictures] == [MASK, ""]


@in_loop
async def test_a_picture_without_the_mask_it_should_carry_never_leaves(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.settings.masks_dir.mkdir(parents=True)
    (scene.settings.masks_dir / "gate.json").write_text("{}")
    scene.mood(do="picture", mask_version=MASK)
    async with scene.running():
        await scene.until(lambda: len(scene.pictures) == 1)
        scene.mood(do="picture", mask_version="")
        scene.take("r-1")
        await scene.until(lambda: scene.missed)
    assert scene.missed == [("r-1", "mask")] and len(scene.pictures) == 1
    assert list((tmp_path / "spool").iterdir()) == []


def seen(fingerprint: str, brightness: float, number: int) -> dict[str, object]:
    """Measures of a view; of a covered lens when there is little relief."""
    relief = 0.2 if brightness < 70 else 40.0
    return {
        "brightness": brightness, "spread": 40.0, "focus": 0.5, "fingerprint": fingerprint,
        "digest": f"{number:016x}", "relief": relief,
    }  # fmt: skip


@in_loop
async def test_a_covered_lens_is_said_after_three_pictures_and_what_was_learned_outlives_a_restart(
    tmp_path: Path,
) -> None:
    async def look(scene: Scene, number: int, brightness: float) -> Picture:
        scene.mood(do="picture", measures=seen("00ff00ff00ff00ff", brightness, number))
        before = len(scene.pictures)
        scene.take(f"r-{number}")
        await scene.until(lambda: any(picture.request_id == f"r-{number}" for picture in scene.pictures[before:]))
        return scene.pictures[-1]

    scene = Scene(tmp_path, interval_s=86_400, hours="00:00-00:01")
    async with scene.running():
        learned = [(await look(scene, number, 120.0)).verdict for number in range(7)]
    again = Scene(tmp_path, interval_s=86_400, hours="00:00-00:01")
    async with again.running():
        known = (await look(again, 7, 120.0)).verdict
        covered = [(await look(again, number, 60.0)).verdict for number in range(8, 11)]
        assert again.report["verdict"] == covered[-1]
        back = (await look(again, 11, 120.0)).verdict
    assert learned[0] == "learning" and learned[-1] == known == back == "ok"
    assert covered == ["ok", "ok", "covered"], "three in a row before it is said"


@in_loop
async def test_what_the_encoder_learned_is_handed_to_the_next_worker_also_after_a_restart(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.mood(do="picture", warmth="q=52")
    async with scene.running():
        await scene.until(lambda: len(scene.pictures) == 1)
        scene.take("r-1")
        await scene.until(lambda: len(scene.pictures) == 2)
    async with (again := Scene(tmp_path)).running():
        await again.until(lambda: again.pictures)
    assert [setup["warmth"] for setup in scene.lines("setups")] == ["", "q=52", "q=52"]
