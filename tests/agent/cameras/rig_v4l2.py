"""The fake webcam for the contract of all cameras."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.cameras.base import CameraUnavailableError
from tests.agent.cameras.contract import Rig
from tests.support.fake_webcam import HEIGHT, WIDTH, FakeWebcam


class WebcamRig(Rig):
    type = "v4l2"
    gone = (CameraUnavailableError,)
    gone_deadline_s = 30.0  # it is told at once
    size = (WIDTH, HEIGHT)
    settings = {"device": "/dev/video0", "warm_frames": 3}  # noqa: RUF012 - as the others

    def __init__(self, webcam: FakeWebcam, folder: Path) -> None:
        self._webcam = webcam
        self.worker_command = (sys.executable, "-m", "tests.support.fake_webcam", str(folder))

    def lose(self) -> None:
        self._webcam.trouble(errno.ENODEV)

    def restore(self) -> None:
        self._webcam.trouble(0)


@contextmanager
def rig(folder: Path) -> Iterator[Rig]:
    webcam = FakeWebcam(folder)
    with webcam.plugged_in():
        yield WebcamRig(webcam, folder)
