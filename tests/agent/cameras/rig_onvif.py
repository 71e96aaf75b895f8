"""A small ONVIF device for the contract of all cameras: asked for its snapshot."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.cameras.base import CameraUnreachableError, Secrets
from agent.cameras.stream import rtsp
from tests.agent.cameras.contract import Rig
from tests.agent.cameras.onvif_device import OnvifDevice, onvif_device
from tests.agent.cameras.rig_rtsp import PATIENT_WORKER
from tests.support.ports import free_port
from tests.support.rtsp_server import LOGIN, RtspServer, Sent


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


class StreamRig(Rig):
    """A device without a snapshot: found by ONVIF, read by RTSP."""

    type = "onvif"
    gone = (CameraUnreachableError,)
    worker_command = (sys.executable, "-c", PATIENT_WORKER)

    def __init__(self, device: OnvifDevice) -> None:
        self._device = device
        self._stream = Sent(port=free_port())
        self._server = RtspServer(self._stream, LOGIN)
        self.size = (self._stream.width, self._stream.height)
        self.secrets = LOGIN
        device.user, device.password = LOGIN.user, LOGIN.password
        device.unknown = {"GetSnapshotUri"}
        device.stream_path, device.stream_port = "/live", self._stream.port
        self.settings = {"url": device.url}

    def lose(self) -> None:
        self._device.stop()
        self._server.end()

    def restore(self) -> None:
        self._server = RtspServer(self._stream, LOGIN)
        self._device.start()

    def end(self) -> None:
        if not self._server.ended:
            self._server.end()


@contextmanager
def rig(folder: Path) -> Iterator[Rig]:
    with onvif_device() as device:
        device.auth = "md5"
        yield OnvifRig(device)


@contextmanager
def stream(folder: Path) -> Iterator[Rig]:
    """Needs GStreamer's RTSP server."""
    with onvif_device() as device, pytest.MonkeyPatch.context() as patched:
        patched.setattr(rtsp, "LONGEST_SILENCE_S", 60.0)  # of a camera that waits for its processor
        made = StreamRig(device)
        try:
            yield made
        finally:
            made.end()
