"""What the shared contract (test_contract.py) needs of each kind of camera: a rig, which is a source that obeys.

A new kind is one line in ROWS and one function here named, which makes its rig in a folder and takes it down again:

    @contextmanager
    def rig(folder: Path) -> Iterator[Rig]: ...

A row marked `full` runs in the long suite only (its source needs packages or time the short one has not).
"""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import cast

import pytest

from agent.cameras.base import (
    Camera,
    CameraConfig,
    CameraError,
    CameraUnavailableError,
    CameraUnreachableError,
    Secrets,
)
from agent.cameras.keeping.process import WORKER_COMMAND
from agent.cameras.lines import Value
from agent.cameras.table import config_class, make_camera, revive


class Rig(ABC):
    """A source that never shows the same twice, and how to reach it. Every method returns once its claim is true."""

    type: str
    """Its line in `agent.cameras.table.CAMERAS`."""
    settings: dict[str, Value]
    """The type's own settings; the common ones keep their defaults."""
    secrets = Secrets()
    """What the source wants to hear; with a password, nothing may ever show it."""
    size: tuple[int, int]
    """Width and height of its pictures, in pixels."""
    oldest_ms = 0
    """How old a picture may be besides the time that its grab took: the distance of two keyframes, say."""
    deadline_s = 60.0
    """For a picture that must come. A source that is gone is asked with `gone_deadline_s`."""
    gone_deadline_s = 3.0
    left = 0
    """Pictures of before that may still be had once the source is lost."""
    gone: tuple[type[CameraError], ...] = (CameraUnavailableError, CameraUnreachableError)
    """What an adapter may say while the source is lost."""
    worker_command: tuple[str, ...] = WORKER_COMMAND
    """The worker as a process; one with a fake below its driver is another program."""

    @abstractmethod
    def lose(self) -> None:
        """The source is gone: unplugged, stopped, moved away."""

    @abstractmethod
    def restore(self) -> None:
        """The source is back as it was."""

    def config(self) -> CameraConfig:
        """The settings as the worker gets them."""
        return revive(config_class(self.type), self.settings)

    def camera(self, secrets: Secrets | None = None) -> Camera:
        """A new adapter, as the worker makes it; not opened."""
        return make_camera(self.config(), self.secrets if secrets is None else secrets)


MakeRig = Callable[[Path], AbstractContextManager[Rig]]

ROWS: list[object] = [
    "tests.agent.cameras.rig_replay:rig",
    "tests.agent.cameras.rig_http_jpeg:rig",
    "tests.agent.cameras.rig_onvif:rig",
    pytest.param("tests.agent.cameras.rig_onvif:stream", marks=pytest.mark.full),
    pytest.param("tests.agent.cameras.rig_rtsp:rig", marks=pytest.mark.full),
    pytest.param("tests.agent.cameras.rig_rtsp:keyframes", marks=pytest.mark.full),
    "tests.agent.cameras.rig_v4l2:rig",
    pytest.param("tests.agent.cameras.rig_pi:rig", marks=pytest.mark.full),  # test_pi.py has its main road daily
    # pytest.param("tests.agent.cameras.rig_KIND:rig", marks=pytest.mark.full),
]


def make_rig(dotted: str, folder: Path) -> AbstractContextManager[Rig]:
    """The rig of a row; a row whose packages are missing fails alone."""
    module, _, name = dotted.partition(":")
    return cast(MakeRig, getattr(importlib.import_module(module), name))(folder)


def row_name(dotted: object) -> str:
    """How a row is called in the tests' names: `rig_rtsp:keyframes` is "rtsp-keyframes"."""
    module, _, name = str(dotted).rpartition(".")[2].partition(":")
    kind = module.removeprefix("rig_")
    return kind if name == "rig" else f"{kind}-{name}"
