"""A folder of pictures for the contract of all cameras."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.cameras.base import CameraUnavailableError
from tests.agent.cameras.conftest import noise_jpeg
from tests.agent.cameras.contract import Rig


class ReplayRig(Rig):
    type = "replay"
    size = (96, 64)
    gone = (CameraUnavailableError,)

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "played"
        self._folder.mkdir()
        for number in range(7):
            (self._folder / f"{number}.jpg").write_bytes(noise_jpeg(*self.size, seed=number))
        self.settings = {"folder": str(self._folder)}

    def lose(self) -> None:
        self._folder.rename(self._folder.with_name("elsewhere"))

    def restore(self) -> None:
        self._folder.with_name("elsewhere").rename(self._folder)


@contextmanager
def rig(folder: Path) -> Iterator[Rig]:
    yield ReplayRig(folder)
