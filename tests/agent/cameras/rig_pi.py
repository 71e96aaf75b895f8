"""The real picamera2 over a fake libcamera (tests/support/fake_libcamera), for the contract of all cameras."""

import importlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.cameras.base import CameraHungError
from tests.agent.cameras.contract import Rig

FAKE = Path(__file__).resolve().parents[2] / "support" / "fake_libcamera"


class PiRig(Rig):
    type = "picamera2"
    size = (640, 360)
    gone = (CameraHungError,)
    gone_deadline_s = 0.9

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = {"width": self.size[0], "height": self.size[1], "warm_up_s": 0.1, "interval_s": 5.0}

    def scene(self, **case: object) -> None:
        """What is the case from now on (see the fake's `machine`)."""
        told = self.folder / "scene.json.part"
        told.write_text(json.dumps(case))
        told.rename(self.folder / "scene.json")

    def lose(self) -> None:
        self.scene(fault="stall")

    def restore(self) -> None:
        self.scene()


@contextmanager
def rig(folder: Path) -> Iterator[PiRig]:
    """A folder of its own in which the fake looks for its scene: in this process, and in a worker by PYTHONPATH."""
    place = folder / "pi"
    place.mkdir()
    for part in FAKE.iterdir():
        (place / part.name).symlink_to(part)
    earlier = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(place), earlier]))
    sys.path.insert(0, str(FAKE))
    try:
        importlib.import_module("fake_machine").place = place
        yield PiRig(place)
    finally:
        sys.path.remove(str(FAKE))
        if earlier is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = earlier
