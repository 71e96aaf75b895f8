"""A GStreamer camera with Digest for the contract of all cameras, read in both ways."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.cameras.base import CameraHungError, CameraUnreachableError, NoKeyframeError
from agent.cameras.stream import rtsp
from tests.agent.cameras.contract import Rig
from tests.support.ports import free_port
from tests.support.rtsp_server import LOGIN, RtspServer, Sent

PATIENT_WORKER = (
    "import sys; from agent.cameras.stream import rtsp; rtsp.LONGEST_SILENCE_S = 60.0\n"
    "from agent.cameras.worker import main; sys.exit(main())"
)
"""A worker that does not take a camera that waits for its processor for a dead one."""


class RtspRig(Rig):
    type = "rtsp"
    worker_command = (sys.executable, "-c", PATIENT_WORKER)
    gone = (CameraUnreachableError, CameraHungError)
    secrets = LOGIN

    def __init__(self, reader: str, oldest_ms: int, left: int) -> None:
        self.oldest_ms, self.left = oldest_ms, left
        self._sent = Sent(port=free_port())
        self.size = (self._sent.width, self._sent.height)
        self._server = RtspServer(self._sent, LOGIN)
        self.settings = {"url": self._server.url, "reader": reader}

    def lose(self) -> None:
        self._server.end()

    def restore(self) -> None:
        if self._server.ended:
            self._server = RtspServer(self._sent, LOGIN)

    def end(self) -> None:
        if not self._server.ended:
            self._server.end()


@contextmanager
def rig(folder: Path) -> Iterator[Rig]:
    """Opened for each picture."""
    yield from _rig(RtspRig("each", oldest_ms=0, left=0))


@contextmanager
def keyframes(folder: Path) -> Iterator[Rig]:
    """Read all the time: a picture may be as old as the distance of two keyframes, and what a busy machine adds."""
    made = RtspRig("persistent", oldest_ms=30_000, left=30)  # who lagged behind still has what came meanwhile
    made.gone = (*made.gone, NoKeyframeError)  # the stream's end may be noticed after the deadline
    yield from _rig(made)


def _rig(made: RtspRig) -> Iterator[Rig]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rtsp, "LONGEST_SILENCE_S", 60.0)  # of a camera that waits for its processor
        try:
            yield made
        finally:
            made.end()
