"""Drivers that go wrong, put below the workers of a real `sandi camera run` and below nothing else of it.

`beside` gives the environment for that process. Its workers find in it a replay camera with the faults of
`tests.support.faulty_worker`, and the webcam that is none of `tests.support.fake_webcam`.
"""

import os
import sys
from pathlib import Path

from agent.cameras import v4l2
from agent.cameras.base import Frame, Secrets
from agent.cameras.v4l2 import V4l2Camera, V4l2Config
from tests.support.fake_webcam import PICTURES, FakeWebcam

ROOT = Path(__file__).resolve().parents[2]
_LEFT = "pictures-left"
_SITE = """import sys
if "agent.cameras.worker" in sys.orig_argv:
    from agent.cameras.table import CAMERAS, CameraType
    CAMERAS["replay"] = CameraType(CAMERAS["replay"].config, "tests.support.faulty_worker:FaultyCamera")
    CAMERAS["v4l2"] = CameraType(CAMERAS["v4l2"].config, "tests.support.odd_drivers:OddWebcam")
"""


def beside(place: Path) -> dict[str, str]:
    """The environment of a camera process whose webcam has its state in this folder, which is made."""
    place.mkdir()
    (place / "sitecustomize.py").write_text(_SITE)
    known = os.environ.get("PYTHONPATH", "")
    return {"PYTHONPATH": os.pathsep.join(part for part in (str(place), str(ROOT), known) if part)}


def pull_out(place: Path, after: int | None) -> None:
    """From its next opening on the webcam is pulled out after so many pictures; None: it stays."""
    left = place / _LEFT
    if after is None:
        left.unlink()
    else:
        left.write_text(str(after))


class OddWebcam(V4l2Camera):
    """A webcam's adapter over the fake, which hears of `pull_out`."""

    def __init__(self, config: V4l2Config, secrets: Secrets = Secrets()) -> None:  # noqa: B008 - frozen
        super().__init__(config, secrets)
        self._place = Path(str(sys.modules["sitecustomize"].__file__)).parent
        self._webcam = FakeWebcam(self._place)
        v4l2.open_device = self._webcam.open_device

    def grab(self, deadline_s: float) -> Frame:
        left = self._place / _LEFT
        self._webcam.length = int(left.read_text()) if left.exists() else PICTURES
        return super().grab(deadline_s)
