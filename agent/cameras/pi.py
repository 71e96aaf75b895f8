"""The Raspberry Pi's own camera through picamera2, which comes with Raspberry Pi OS (`apt install python3-picamera2`).

How it is held, each point learned from a failure in the field (picamera2 issues 883, 952, 1125, 1130, 1264):
1. configured once, with one stream of YUV420 and no raw one, and never switched: the CMA heap runs out otherwise;
2. no picture is kept for later (`queue=False`), and only one whose exposure began after asking is taken;
3. every wait has a number; after one in vain the queue of jobs is emptied first, or stopping waits behind it;
4. stopping may hang for ever when the cable is loose, so it happens beside, and only for a while is waited for.
"""

import contextlib
import gc
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar, Final, Literal

from agent.cameras.base import (
    LARGEST_SIDE_PX,
    CameraConfig,
    CameraError,
    CameraHungError,
    CameraSetupError,
    CameraUnavailableError,
    Frame,
    Secrets,
)
from agent.cameras.pi_device import LOOK, explained, opened, rgb, turned
from agent.configuration.settings import field

REST_ABOVE_S: Final = 10.0
"""With pictures farther apart the sensor stops between them: it and its image processor are warm all day otherwise."""
LETTING_GO_S: Final = 1.5
"""Of each deadline kept for a camera that did not answer: stopping it takes half a second when it stops at all."""
WAITED_FOR_S: Final = 1.0
LOOK_EVERY_S: Final = 0.1
SILENT_S: Final = 1.2
"""A frame lasts a second at most: without one for so long at the end of the time, the sensor is dead, not slow."""
DEAD_S: Final = 5.0
"""A start takes two seconds at most; libcamera itself gives a sensor up after some such time, for good."""
NEEDED_S: Final = 2.0
"""Besides warming up: start, capture and letting go on a Pi 3."""


class Picamera2Config(CameraConfig, frozen=True, kw_only=True):
    """A camera on the ribbon cable."""

    type: ClassVar[str] = "picamera2"
    number: int = field(
        default=0, metadata={"min": 0, "max": 7, "help": "which camera, as `rpicam-hello --list-cameras` counts them"}
    )
    width: int = field(
        default=1280, metadata={"min": 160, "max": LARGEST_SIDE_PX, "help": "picture width in pixels, even"}
    )
    height: int = field(
        default=720, metadata={"min": 120, "max": LARGEST_SIDE_PX, "help": "picture height in pixels, even"}
    )
    rotation: Literal[0, 90, 180, 270] = field(
        default=0, metadata={"help": "by how many degrees the picture is turned, clockwise"}
    )
    warm_up_s: float = field(
        default=1.5, metadata={"min": 0, "max": 60, "help": "time for exposure and colours after the camera's start"}
    )


class Picamera2Camera:
    """Obeys `agent.cameras.base.Camera`. The device is opened with the first picture, within its deadline."""

    def __init__(self, config: Picamera2Config, secrets: Secrets = Secrets()) -> None:  # noqa: B008 - frozen
        self._config = config
        self._device: Any = None
        self._runs_since_ns: int | None = None
        self._letting_go: threading.Thread | None = None

    def open(self, turn: int) -> None:
        if self._config.warm_up_s + NEEDED_S > self._config.deadline_s:
            raise CameraSetupError(
                f"deadline_s = {self._config.deadline_s:g} must be {NEEDED_S:g} s longer than "
                f"warm_up_s = {self._config.warm_up_s:g}, or no picture comes in time"
            )

    def grab(self, deadline_s: float) -> Frame:
        began_ns = time.monotonic_ns()
        # A camera that hung is let go within the deadline too.
        give_up_ns = began_ns + round((deadline_s - min(LETTING_GO_S, deadline_s / 3)) * 1e9)
        if self._letting_go is not None and self._letting_go.is_alive():
            raise CameraHungError(f"the camera does not let go since it stopped answering: {LOOK}")
        self._run()
        asked_ns = time.monotonic_ns()
        planes, taken_ns, size, stride = self._capture(asked_ns, give_up_ns, deadline_s)
        captured_ns = time.monotonic_ns()
        with explained():
            pixels = turned(rgb(planes, size, stride), self._config.rotation)
        self._rest()
        done_ns = time.monotonic_ns()
        return Frame(
            width=pixels.width,
            height=pixels.height,
            age_ms=max(0, (done_ns - taken_ns) // 1_000_000),
            pixels=pixels,
            timings_ms={
                "open": (asked_ns - began_ns) // 1_000_000,
                "capture": (captured_ns - asked_ns) // 1_000_000,
                "convert": (done_ns - captured_ns) // 1_000_000,
            },
        )

    def close(self) -> None:
        device, self._device, self._runs_since_ns = self._device, None, None
        if device is None:
            return
        device.cancel_all_and_flush()
        self._for_a_while(device.close)
        del device
        gc.collect()  # the device refers to itself, and its buffers' memory is scarce

    def _run(self) -> None:
        """The device is open, configured and delivers frames."""
        with explained():
            if self._device is None:
                config = self._config
                self._device = opened(config.number, (config.width, config.height), upside_down=config.rotation == 180)
            if self._runs_since_ns is None:
                self._device.start()
                self._runs_since_ns = time.monotonic_ns()

    def _rest(self) -> None:
        if self._config.interval_s > REST_ABOVE_S and self._device is not None:
            self._runs_since_ns = None
            self._for_a_while(self._device.stop)

    def _capture(self, asked_ns: int, give_up_ns: int, deadline_s: float) -> tuple[Any, int, tuple[int, int], int]:
        """(the stream's bytes, when they were taken, size, bytes of a row of luma); the sensor goes on meanwhile."""
        try:
            with explained():
                request = self._awaited(asked_ns, give_up_ns, deadline_s)
                try:
                    stream = request.config["main"]
                    taken_ns = request.get_metadata()["SensorTimestamp"]
                    return request.make_buffer("main"), taken_ns, stream["size"], stream["stride"]
                finally:
                    request.release()
        except CameraError:
            self.close()
            raise

    def _awaited(self, asked_ns: int, give_up_ns: int, deadline_s: float) -> Any:
        """The first frame whose exposure began after warming up and asking; CameraError when none comes in time."""
        device, came_ns = self._device, asked_ns
        before = frames = device.frames
        assert self._runs_since_ns is not None
        from_ns = max(asked_ns, self._runs_since_ns + round(self._config.warm_up_s * 1e9))
        job = device.capture_request(wait=False, flush=from_ns)
        while True:
            try:
                return device.wait(job, timeout=LOOK_EVERY_S)
            except TimeoutError:
                now_ns = time.monotonic_ns()
            if device.frames != frames:
                frames, came_ns = device.frames, now_ns
            silent_s = (now_ns - came_ns) / 1e9
            over = now_ns > give_up_ns
            if silent_s > DEAD_S or (over and (frames == before or silent_s > SILENT_S)):
                raise CameraHungError(f"no frame from the camera for {silent_s:.1f} s: {LOOK}")
            if over:
                raise CameraUnavailableError(
                    f"frames come, but none after warm_up_s = {self._config.warm_up_s:g} within {deadline_s:g} s: "
                    "shorten warm_up_s or lengthen deadline_s"
                )

    def _for_a_while(self, let_go: Callable[[], None]) -> None:
        """Do what may never return; when it does not in time, the next picture says so, and only our end frees it."""
        helper = threading.Thread(target=_quietly, args=(let_go,), name="lets the camera go", daemon=True)
        helper.start()
        helper.join(WAITED_FOR_S)
        self._letting_go = helper if helper.is_alive() else None


def _quietly(let_go: Callable[[], None]) -> None:
    with contextlib.suppress(Exception):
        let_go()
