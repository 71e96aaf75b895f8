"""An HTTP camera with Digest for the contract of all cameras."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.cameras.base import CameraUnreachableError, Secrets
from tests.agent.cameras.contract import Rig
from tests.agent.cameras.http_camera import HttpCamera


class HttpRig(Rig):
    type = "http_jpeg"
    gone = (CameraUnreachableError,)

    def __init__(self, camera: HttpCamera) -> None:
        self._camera = camera
        self.size = camera.size
        self.secrets = Secrets(camera.user, camera.password)
        self.settings = {"url": camera.url}

    def lose(self) -> None:
        self._camera.stop()

    def restore(self) -> None:
        self._camera.start()


@contextmanager
def rig(folder: Path) -> Iterator[Rig]:
    camera = HttpCamera(auth="sha256")
    camera.start()
    try:
        yield HttpRig(camera)
    finally:
        camera.stop()
