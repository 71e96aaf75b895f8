"""The replay camera: in the order of names, looping, never a bad or an invented picture."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cameras.base import CameraUnavailableError, PictureInvalidError
from agent.cameras.replay import ReplayCamera, ReplayConfig


def camera(folder: Path, turn: int = 0, **settings: object) -> ReplayCamera:
    made = ReplayCamera(ReplayConfig(folder=folder, **settings))  # type: ignore[arg-type]
    made.open(turn)
    return made


def test_pictures_come_in_the_order_of_their_names_and_again_from_the_start(folder: Path) -> None:
    replay = camera(folder)
    assert [replay.grab(5).width for _ in range(5)] == [32, 48, 64, 32, 48]


def test_a_later_worker_goes_on_where_the_earlier_stopped(folder: Path) -> None:
    assert camera(folder, turn=4).grab(5).width == 48


def test_a_folder_may_fill_while_it_plays(folder: Path, noise: Callable[..., bytes]) -> None:
    replay = camera(folder)
    assert replay.grab(5).width == 32
    (folder / "aa.JPG").write_bytes(noise(80, 80))
    assert replay.grab(5).width == 80


def test_an_empty_or_missing_folder_gives_no_picture_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(CameraUnavailableError, match=r"no \.jpg files"):
        camera(tmp_path).grab(5)
    with pytest.raises(CameraUnavailableError, match="nowhere"):
        camera(tmp_path / "nowhere").grab(5)


def test_a_bad_file_is_refused_and_the_next_turn_plays_the_next(folder: Path) -> None:
    (folder / "a.jpg").write_bytes(b"not a picture")
    replay = camera(folder)
    with pytest.raises(PictureInvalidError, match=r"a\.jpg"):
        replay.grab(5)
    assert replay.grab(5).width == 48


def test_a_rehearsal_is_fresh_and_a_recorders_picture_is_as_old_as_its_file(folder: Path) -> None:
    hour_ago = time.time() - 3600
    os.utime(folder / "a.jpg", (hour_ago, hour_ago))
    assert camera(folder).grab(5).age_ms == 0
    assert 3_590_000 < camera(folder, age_from="file").grab(5).age_ms < 3_700_000


def test_a_file_from_the_future_is_not_younger_than_new(folder: Path) -> None:
    ahead = time.time() + 3600
    os.utime(folder / "a.jpg", (ahead, ahead))
    assert camera(folder, age_from="file").grab(5).age_ms == 0


def test_the_bundled_pictures_fit_the_budget_and_the_wall(samples: Path) -> None:
    paths = sorted(samples.glob("*.jpg"))
    assert 4 <= len(paths) <= 6
    replay = camera(samples)
    for path in paths:
        frame = replay.grab(5)
        assert (frame.width, frame.height) == (960, 540)
        assert frame.jpeg == path.read_bytes()


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"interval_s": 0}, "interval_s"),
        ({"deadline_s": 1000}, "deadline_s"),
        ({"max_bytes": 10}, "max_bytes"),
        ({"purpose": "faces"}, "purpose"),
        ({"age_from": "moon"}, "age_from"),
        ({"folder": 5}, "folder"),
        ({"brightness": 5}, "brightness"),
    ],
)
def test_impossible_settings_are_refused_by_name(settings: dict[str, object], key: str, tmp_path: Path) -> None:
    from agent.configuration.cameras import TABLE
    from agent.configuration.strict import Reader

    reader = Reader(tmp_path)
    TABLE.build(reader, {"gate": {"type": "replay", "folder": "x", **settings}}, "cameras")
    assert [problem.key for problem in reader.problems] == [f"cameras.gate.{key}"]


def test_settings_without_purpose_or_notice_load_but_take_no_pictures(tmp_path: Path) -> None:
    assert "purpose" in str(ReplayConfig(folder=tmp_path).capture_refusal())
    assert "notice" in str(ReplayConfig(folder=tmp_path, purpose="traffic").capture_refusal())
    assert ReplayConfig(folder=tmp_path, purpose="traffic", notice_posted=True).capture_refusal() is None
