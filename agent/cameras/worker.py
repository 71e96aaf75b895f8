"""The camera process: `python -m agent.cameras.worker`. Drivers live and hang here, never in the core.

Settings arrive on stdin (nothing about a camera is visible in the process list), pictures go to the spool, answers to
stdout. Whatever a driver prints goes to stderr: the answer channel is moved away from file descriptor 1 first.
"""

import ctypes
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from agent.cameras import spool
from agent.cameras.base import Camera, CameraConfig, CameraError, CameraSetupError, CameraUnavailableError
from agent.cameras.lines import (
    MAX_LINE_BYTES,
    MAX_TIMINGS,
    Answer,
    Failed,
    Grab,
    Setup,
    Spooled,
    read_grab,
    read_setup,
    write_line,
)
from agent.cameras.table import config_class, make_camera, revive

if TYPE_CHECKING:
    from agent.cameras.pipeline.develop import Developer

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LEAST_S = 0.5  # an adapter that is asked at all gets a moment
_NICE = 10  # probes keep their time: a busy picture must not make the network look slow


def main() -> int:
    """Answer grabs until stdin ends. Exit code 0 then, 2 when the first line is not a setup."""
    answers = _private_stdout()
    _be_modest()
    requests = sys.stdin.buffer
    try:
        setup = read_setup(requests.readline(MAX_LINE_BYTES + 1))
    except ValueError as error:
        sys.stderr.write(f"no setup on the first line: {error}\n")
        return 2
    work = _Work(setup)
    try:
        start_s = _age_s()  # who asked first has waited for it too
        for line in iter(lambda: requests.readline(MAX_LINE_BYTES + 1), b""):
            answers.write(write_line(work.answer(read_grab(line), time.monotonic() - start_s)))
            answers.flush()
            start_s = 0.0
    finally:
        work.close()
    return 0


class _Work:
    """One camera, opened at its first picture."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._camera: Camera | None = None
        self._developer: Developer | None = None
        self._count = 0

    def answer(self, grab: Grab, asked_s: float) -> Answer:
        """`asked_s`: since when the deadline counts, on the monotonic clock."""
        try:
            return self._picture(grab, asked_s)
        except CameraError as error:
            return Failed(grab.id, error.code, error.message[:500], error.permanent)

    def close(self) -> None:
        if self._camera is not None:
            self._camera.close()

    def _picture(self, grab: Grab, asked_s: float) -> Spooled:
        camera, developer = self._opened()
        began_s = time.monotonic()
        frame = camera.grab(max(_LEAST_S, grab.deadline_s - (began_s - asked_s)))
        grabbed_s, taken_s = time.monotonic(), time.time() - frame.age_ms / 1000
        made = developer.develop(frame, grab, taken_s)
        self._count += 1
        name = f"{self._setup.camera}.{os.getpid()}.{self._count}.jpg"
        try:
            spool.put(Path(self._setup.spool), name, made.jpeg)
        except OSError as error:
            raise CameraUnavailableError(f"cannot write to the spool: {error.strerror or error}") from error
        ready_s = time.monotonic()
        own_ms = made.timings_ms | {"grab": _ms(began_s, grabbed_s), "total": _ms(began_s, ready_s)}
        return Spooled(
            id=grab.id,
            file=name,
            size_bytes=len(made.jpeg),
            width=made.width,
            height=made.height,
            age_ms=frame.age_ms + _ms(grabbed_s, ready_s),
            measures=made.measures,
            mask_version=made.mask_version,
            encodes=made.encodes,
            timings_ms=_together(frame.timings_ms, own_ms),
            warmth=developer.warmth,
        )

    def _opened(self) -> "tuple[Camera, Developer]":
        """The adapter and the developer of its frames; made at the first picture."""
        if self._camera is not None and self._developer is not None:
            return self._camera, self._developer
        try:
            from agent.cameras.pipeline.develop import Developer
        except ImportError as error:
            raise CameraSetupError("pictures need Pillow: install the camera extra (sandi[camera])") from error
        config = self._settings()
        self._developer = Developer(self._setup, config)
        camera = make_camera(config, self._setup.secrets)
        try:
            camera.open(self._setup.turn)
        except CameraError:
            camera.close()
            raise
        self._camera = camera
        return camera, self._developer

    def _settings(self) -> CameraConfig:
        try:
            return revive(config_class(self._setup.type), self._setup.config)
        except (TypeError, ValueError) as error:
            raise CameraSetupError(str(error)) from error


def _together(adapter_ms: dict[str, int], own_ms: dict[str, int]) -> dict[str, int]:
    """The adapter's steps and ours, as many as a line may have; ours stay."""
    room = MAX_TIMINGS - len(own_ms)
    return dict(list(adapter_ms.items())[:room]) | own_ms


def _ms(since_s: float, until_s: float) -> int:
    return max(0, round((until_s - since_s) * 1000))


def _age_s() -> float:
    """How long this process exists (proc(5): the 22nd field of stat, in ticks since the machine started)."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))


def _private_stdout() -> BinaryIO:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _be_modest() -> None:
    """Low priority, no core dumps (they would hold pictures), and an end together with the agent."""
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
