"""USB webcams, by a fake one: own JPEG or raw pictures, and what the system says when there is none."""

import errno
import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from agent.cameras.base import (
    CameraBusyError,
    CameraError,
    CameraHungError,
    CameraUnavailableError,
)
from agent.cameras.v4l2 import V4l2Camera, V4l2Config
from tests.support.fake_webcam import HEIGHT, WIDTH, FakeWebcam
from tests.support.own_time import within

DEADLINE_S = 60.0
SOON_S = 1.0


@pytest.fixture
def webcam(tmp_path: Path) -> Iterator[FakeWebcam]:
    with FakeWebcam(tmp_path).plugged_in() as plugged:
        yield plugged


def camera(**more: object) -> V4l2Camera:
    made = V4l2Camera(V4l2Config(**more))  # type: ignore[arg-type]
    made.open(0)
    return made


def test_a_webcams_own_jpeg_is_passed_on_after_the_exposure_has_settled(webcam: FakeWebcam) -> None:
    webcam.length = 9
    frame = camera(warm_frames=8).grab(DEADLINE_S)
    assert (frame.width, frame.height, frame.pixels) == (WIDTH, HEIGHT, None)
    with Image.open(io.BytesIO(frame.jpeg)) as picture:
        picture.load()
        assert picture.size == (WIDTH, HEIGHT)
    with pytest.raises(CameraUnavailableError, match="stopped giving pictures"):
        camera(warm_frames=9).grab(DEADLINE_S)


def test_raw_pictures_become_pixels(tmp_path: Path) -> None:
    with FakeWebcam(tmp_path, "yuyv422").plugged_in():
        frame = camera(encoding="yuyv422").grab(DEADLINE_S)
    assert isinstance(frame.pixels, Image.Image)
    assert (frame.pixels.size, frame.pixels.mode, frame.jpeg) == ((WIDTH, HEIGHT), "RGB", b"")
    assert set(frame.timings_ms) == {"frame"}


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.EBUSY, CameraBusyError, "another program"),
        (errno.EACCES, CameraUnavailableError, "permission"),
        (errno.ENODEV, CameraUnavailableError, "plugged in"),
        (errno.ENOENT, CameraUnavailableError, "plugged in"),
        (errno.ENOTTY, CameraUnavailableError, "no camera"),
        (errno.EINVAL, CameraUnavailableError, "size or encoding"),
        (errno.EPIPE, CameraUnavailableError, "cannot be read"),
    ],
)
def test_what_the_system_says_is_named_and_the_next_picture_comes(
    webcam: FakeWebcam, number: int, kind: type[CameraError], words: str
) -> None:
    made = camera()
    webcam.trouble(number)
    with pytest.raises(kind, match=words):
        made.grab(DEADLINE_S)
    webcam.trouble(0)
    assert made.grab(DEADLINE_S).width == WIDTH


def test_a_webcam_that_is_pulled_out_while_it_warms_up_is_named(webcam: FakeWebcam) -> None:
    webcam.length = 3
    with pytest.raises(CameraUnavailableError, match="unplugged"):
        camera(warm_frames=8).grab(DEADLINE_S)


def test_a_driver_that_does_not_come_back_is_named_in_time_and_asked_nothing_more_until_it_does(
    webcam: FakeWebcam,
) -> None:
    made = camera()
    webcam.hangs = threading.Event()
    with within(SOON_S + 1), pytest.raises(CameraHungError, match="plug it in again"):
        made.grab(SOON_S)
    with within(1), pytest.raises(CameraHungError, match="still hangs"):
        made.grab(SOON_S)
    webcam.hangs.set()
    give_up_s = time.monotonic() + 60
    while made._taking is not None and made._taking.is_alive() and time.monotonic() < give_up_s:
        time.sleep(0.01)
    assert made.grab(DEADLINE_S).width == WIDTH


@pytest.mark.parametrize("device", ["/dev/video7", "/dev/null", "/dev/full"])
def test_the_real_driver_is_asked_and_names_a_device_that_is_none(device: str) -> None:
    with within(SOON_S + 1), pytest.raises(CameraUnavailableError, match=device):
        camera(device=device).grab(DEADLINE_S)


@pytest.mark.parametrize("device", ["/etc/passwd", "video0", "/dev/../etc/passwd", "", "/dev/video0\n"])
def test_a_device_is_a_file_below_dev(device: str) -> None:
    with pytest.raises(ValueError, match="device"):
        V4l2Config(device=device)
