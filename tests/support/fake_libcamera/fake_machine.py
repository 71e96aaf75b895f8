"""The fake's only behaviour: cameras that are there or not, held by one process, delivering frames or stopping to.

`scene.json` in the folder `place` says what is the case now, and may change while a camera runs:
`cameras` how many there are; `fault`: "" or "stall" (no frame any more, as with a loose ribbon cable) or "stuck" (and
stopping never returns); `stall_after` so many frames from a start; `exposure_us` (null: frames tell none).
"""

import contextlib
import enum
import errno
import fcntl
import itertools
import json
import os
import sys
import threading
import time
import weakref
from pathlib import Path

import fake_controls as controls
import fake_picture as picture
import fake_properties as properties
from fake_configuration import SENSOR, CameraConfiguration
from fake_values import FrameMetadata, Rectangle

place = Path(__file__).parent
FRAME_S = 1 / 30
STARTUP_FRAMES = 2
FRONTEND_S = 1.0
counted = itertools.count()
"""Frames of this process, so that no two look alike."""


def scene():
    """What is the case; without a file: one camera, all well."""
    try:
        told = json.loads((place / "scene.json").read_text())
    except FileNotFoundError:
        told = {}
    return {"cameras": 1, "fault": "", "stall_after": None, "exposure_us": 10_000} | told


class Request:
    class Status(enum.Enum):
        Pending = 0
        Complete = 1
        Cancelled = 2

    def __init__(self, cookie):
        self.cookie, self.buffers, self.metadata, self.status = cookie, {}, {}, self.Status.Pending

    def add_buffer(self, stream, buffer):
        self.buffers[stream] = buffer

    def reuse(self):
        self.metadata, self.status = {}, self.Status.Pending

    def set_control(self, identifier, value):
        """The arithmetic has nothing to set."""


class Camera:
    def __init__(self, manager, index):
        self._manager, self._lock_file = manager, place / f"camera-{index}.lock"
        self.id = f"/base/axi/i2c@{index}/ov5647@36"
        self._held = self._sensor = self._configuration = None
        self.controls = {
            controls.NoiseReductionMode: controls.ControlInfo(0, 4, 0),
            controls.FrameDurationLimits: controls.ControlInfo(16_000, 1_000_000, 33_333),
            controls.ExposureTime: controls.ControlInfo(100, 1_000_000, 10_000),
            controls.AnalogueGain: controls.ControlInfo(1.0, 16.0, 1.0),
            controls.ScalerCrop: controls.ControlInfo(Rectangle(), Rectangle(0, 0, *SENSOR), Rectangle(0, 0, *SENSOR)),
        }
        self.properties = {
            properties.Model: "ov5647",
            properties.Location: 2,
            properties.Rotation: 0,
            properties.ColorFilterArrangement: properties.draft.ColorFilterArrangementEnum.RGGB,
        }

    def acquire(self):
        held = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            # The binding raises std::system_error, which pybind11 hands on as this.
            raise RuntimeError(f"Failed to acquire camera: {os.strerror(errno.EBUSY)}") from None
        self._held = held

    def release(self):
        os.close(self._held)
        self._held = None

    def generate_configuration(self, roles):
        return CameraConfiguration(roles)

    def configure(self, configuration):
        self._configuration = configuration
        return 0

    def create_request(self, cookie):
        return Request(cookie)

    def start(self, _controls):
        self._sensor = _Sensor(self._manager, self._configuration)

    def queue_request(self, request):
        self._sensor.queue(request)

    def stop(self):
        if scene()["fault"] == "stuck":
            threading.Event().wait()
        self._sensor.stop()
        self._sensor = None


class _Sensor:
    """Runs from start to stop."""

    def __init__(self, manager, configuration):
        self._manager, self._stream = manager, configuration.at(0)
        self._frame = picture.planes(self._stream, configuration.orientation)
        self._queued, self._lock, self._end = [], threading.Lock(), threading.Event()
        self._told = os.open(place / "scene.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._thread = threading.Thread(target=self._run, name="fake sensor", daemon=True)
        self._thread.start()

    def queue(self, request):
        with self._lock:
            self._queued.append(request)

    def stop(self):
        self._end.set()
        self._thread.join()
        os.close(self._told)
        self._cancel()

    def _run(self):
        frames, last_s = 0, time.monotonic()
        while not self._end.wait(FRAME_S):
            with self._unchanging():
                now = scene()
                if now["fault"] or frames == now["stall_after"]:
                    if last_s is not None and time.monotonic() - last_s > FRONTEND_S:
                        last_s = None
                        sys.stderr.write("ERROR RPI pipeline_base.cpp:1337 Camera frontend has timed out!\n")
                        self._cancel()
                    continue
                frames, last_s = frames + 1, time.monotonic()
                with self._lock:
                    request = self._queued.pop(0) if self._queued else None
                if request is not None:
                    self._expose(request, next(counted), now["exposure_us"], frames <= STARTUP_FRAMES)

    @contextlib.contextmanager
    def _unchanging(self):
        """What is the case stays so meanwhile: no frame of before comes once somebody has told another scene."""
        fcntl.flock(self._told, fcntl.LOCK_SH)
        try:
            yield
        finally:
            fcntl.flock(self._told, fcntl.LOCK_UN)

    def _expose(self, request, count, exposure_us, startup):
        buffer = request.buffers[self._stream.stream]
        os.pwrite(buffer.planes[0].fd, self._frame, 0)
        for offset, row in picture.middle(self._stream, count):
            os.pwrite(buffer.planes[0].fd, row, offset)
        status = FrameMetadata.Status
        buffer.metadata.status = status.Startup if startup else status.Success
        request.metadata = {controls.SensorTimestamp: time.monotonic_ns()}
        if exposure_us is not None:
            request.metadata[controls.ExposureTime] = exposure_us
        request.status = Request.Status.Complete
        self._manager.ready(request)

    def _cancel(self):
        with self._lock:
            cancelled, self._queued = self._queued, []
        for request in cancelled:
            request.status = Request.Status.Cancelled
            self._manager.ready(request)


class CameraManager:
    """One for the process, as long as somebody holds it."""

    _one = staticmethod(lambda: None)

    def __init__(self):
        self.event_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._ready, self._lock = [], threading.Lock()
        self._cameras = {}

    def __del__(self):
        os.close(self.event_fd)

    @classmethod
    def singleton(cls):
        one = cls._one()
        if one is None:
            one = cls()
            cls._one = weakref.ref(one)
        return one

    @property
    def cameras(self):
        return [self._cameras.setdefault(index, Camera(self, index)) for index in range(scene()["cameras"])]

    def ready(self, request):
        with self._lock:
            self._ready.append(request)
        os.eventfd_write(self.event_fd, 1)

    def get_ready_requests(self):
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.event_fd)
        with self._lock:
            ready, self._ready = self._ready, []
        return ready
