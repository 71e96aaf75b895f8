"""A folder of pictures played in the order of their names, over and over, through the path of a real camera."""

import time
from pathlib import Path
from typing import ClassVar, Literal

from agent.cameras.base import CameraConfig, CameraUnavailableError, Frame, Secrets
from agent.cameras.picture import check_picture, read_bounded
from agent.configuration.settings import field

PICTURE_SUFFIXES = (".jpg", ".jpeg")
MAX_SOURCE_BYTES = 20_000_000
"""A still of a 50-megapixel camera; anything larger in the folder is a mistake."""


class ReplayConfig(CameraConfig, frozen=True, kw_only=True):
    """A rehearsal of a camera, or a recorder that drops pictures into a folder."""

    type: ClassVar[str] = "replay"
    folder: Path = field(
        metadata={
            "example": "/srv/kamera",
            "help": "folder with .jpg files, played in the order of their names",
        }
    )
    age_from: Literal["grab", "file"] = field(
        default="grab", metadata={"help": '"grab": taken when played (rehearsal); "file": as old as the file'}
    )


class ReplayCamera:
    """Obeys `agent.cameras.base.Camera`. The folder is read anew at each turn, so pictures may come and go."""

    def __init__(self, config: ReplayConfig, secrets: Secrets = Secrets()) -> None:  # noqa: B008 - frozen
        self._config = config
        self._turn = 0

    def open(self, turn: int) -> None:
        self._turn = turn

    def grab(self, deadline_s: float) -> Frame:
        paths = self._pictures()
        path = paths[self._turn % len(paths)]
        self._turn += 1  # also when this file is bad: the next turn plays the next one
        try:
            source, modified_s = read_bounded(path, MAX_SOURCE_BYTES)
        except OSError as error:
            raise CameraUnavailableError(f"cannot read {path}: {error.strerror or error}") from error
        width, height = check_picture(source, path.name)
        age_s = time.time() - modified_s if self._config.age_from == "file" else 0.0
        return Frame(width, height, max(0, round(age_s * 1000)), source)

    def close(self) -> None:
        """Nothing is held between pictures."""

    def _pictures(self) -> list[Path]:
        folder = self._config.folder
        try:
            names = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)
        except OSError as error:
            raise CameraUnavailableError(f"cannot read the folder {folder}: {error.strerror or error}") from error
        if not names:
            raise CameraUnavailableError(f"no .jpg files in {folder}")
        return names
