"""A small ONVIF device for the contract of all cameras: asked for its snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.cameras.base import CameraUnreachableError, Secrets
from tests.agent.cameras.contract import Rig
from tests.agent.cameras.onvif_device import OnvifDevice, onvif_device


class OnvifRig(Rig):
    type = "onvif"
    gone = (CameraUnreachableError,)

    def __init__(self, device: OnvifDevice) -> None:
        self._device = device
        self.size = device.size
        self.secrets = Secrets(device.user, device.password)
        self.settings = {"url": device.url}

    def lose(self) -> None:
        self._device.stop()

    def restore(self) -> None:
        self._device.start()


@contextmanager
def rig(folder: Path) -> Iterator[Rig]:
    with onvif_device() as device:
        device.auth = "md5"
        yield OnvifRig(device)
