"""The real picamera2 over a fake libcamera (tests/support/fake_libcamera), for the contract of all cameras."""

import fcntl
import importlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.cameras import pi
from agent.cameras.base import CameraHungError
from tests.agent.cameras.contract import Rig
from tests.support.processes import wait_until

PATIENT_S = 60.0
"""For a sensor of this process, which may be kept waiting for a processor as no real one is."""
FAKE = Path(__file__).resolve().parents[2] / "support" / "fake_libcamera"


class PiRig(Rig):
    type = "picamera2"
    size = (640, 360)
    gone = (CameraHungError,)
    gone_deadline_s = 0.9
    worker_command = (
        sys.executable,
        "-c",
        "import sys; from agent.cameras import pi; pi.DEAD_S = pi.WAITED_FOR_S = 60.0\n"
        "from agent.cameras.worker import main; sys.exit(main())",
    )

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = {"width": self.size[0], "height": self.size[1], "warm_up_s": 0.1, "interval_s": 5.0}

    def scene(self, **case: object) -> None:
        """What is the case from now on (see the fake's `machine`)."""
        told = self.folder / "scene.json.part"
        told.write_text(json.dumps(case))
        with (self.folder / "scene.lock").open("w") as lock:  # between two frames
            fcntl.flock(lock, fcntl.LOCK_EX)
            told.rename(self.folder / "scene.json")

    def lose(self) -> None:
        self.scene(fault="stall")
        wait_until(_are_noticed, "the last frames to be noticed")

    def restore(self) -> None:
        self.scene()


def _are_noticed() -> bool:
    """Whether picamera2 has seen every frame that was delivered in this process."""
    library, machine = sys.modules.get("picamera2.picamera2"), sys.modules["fake_machine"]
    cameras = list(library.Picamera2._cm.cameras.values()) if library is not None else []
    manager = machine.CameraManager._one()
    return not cameras or manager is None or not (manager._ready or any(camera._requests for camera in cameras))


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
    usual = {name: getattr(pi, name) for name in ("DEAD_S", "WAITED_FOR_S")}
    for name in usual:
        setattr(pi, name, PATIENT_S)
    try:
        importlib.import_module("fake_machine").place = place
        yield PiRig(place)
    finally:
        for name, value in usual.items():
            setattr(pi, name, value)
        sys.path.remove(str(FAKE))
        if earlier is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = earlier
