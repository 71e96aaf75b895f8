"""A USB webcam through Video4Linux: opened for each picture, so that no old picture waits in the driver's buffers.

The driver's read cannot be interrupted, so it happens in a thread. One that hangs stays there until the device answers
or the worker is replaced; nothing else is asked of the device meanwhile.
"""

import errno
import queue
import threading
import time
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from agent.cameras.base import (
    CameraBusyError,
    CameraConfig,
    CameraError,
    CameraHungError,
    CameraSetupError,
    CameraUnavailableError,
    Frame,
    Secrets,
)
from agent.cameras.stream.keyframe import NO_PYAV
from agent.configuration.settings import field

if TYPE_CHECKING:
    from av.container import InputContainer

DRIVER: Final = "video4linux2,v4l2"
_SHARE: Final = 0.9
"""Of the deadline; the rest is for the process around it."""


class V4l2Config(CameraConfig, frozen=True, kw_only=True):
    """Which device, and what to ask of it. The driver takes the nearest size it has."""

    type: ClassVar[str] = "v4l2"
    device: str = field(
        default="/dev/video0",
        metadata={"example": "/dev/v4l/by-id/usb-046d_C270-video-index0", "help": "the webcam's device file"},
    )
    width: int = field(default=1280, metadata={"min": 160, "max": 8192, "help": "picture width in pixels"})
    height: int = field(default=720, metadata={"min": 120, "max": 8192, "help": "picture height in pixels"})
    encoding: Literal["mjpeg", "yuyv422", "any"] = field(
        default="mjpeg", metadata={"help": "what the webcam sends: its own JPEG, raw pictures, or whatever it likes"}
    )
    warm_frames: int = field(
        default=8, metadata={"min": 0, "max": 300, "help": "pictures thrown away first, while the exposure settles"}
    )

    def __post_init__(self) -> None:
        if not self.device.startswith("/dev/") or ".." in self.device or not self.device.isprintable():
            raise ValueError('device: a file below /dev/, like "/dev/video0"')


class V4l2Camera:
    """Obeys `agent.cameras.base.Camera`."""

    def __init__(self, config: V4l2Config, secrets: Secrets = Secrets()) -> None:  # noqa: B008 - frozen
        self._config = config
        self._taking: threading.Thread | None = None

    def open(self, turn: int) -> None:
        """The device is opened with each picture."""

    def grab(self, deadline_s: float) -> Frame:
        if self._taking is not None and self._taking.is_alive():
            raise CameraHungError(f"{self._config.device} still hangs: unplug the camera and plug it in again")
        answers: queue.SimpleQueue[Frame | CameraError] = queue.SimpleQueue()
        self._taking = threading.Thread(target=self._take, args=(answers,), name="v4l2", daemon=True)
        self._taking.start()
        try:
            answer = answers.get(timeout=_SHARE * deadline_s)
        except queue.Empty:
            raise CameraHungError(
                f"{self._config.device} gave no picture for {_SHARE * deadline_s:.1f} s: "
                "unplug the camera and plug it in again, without a hub where possible"
            ) from None
        self._taking.join()
        if isinstance(answer, CameraError):
            raise answer
        return answer

    def close(self) -> None:
        """Nothing is held between pictures, but by a driver that hangs; that ends with the process."""

    def _take(self, answers: "queue.SimpleQueue[Frame | CameraError]") -> None:
        try:
            with open_device(self._config) as device:
                picture = _settled(device, self._config.warm_frames)
        except CameraError as error:
            answers.put(error)
        except Exception as error:  # noqa: BLE001 - a driver may raise anything; the caller waits for an answer
            answers.put(_refusal(error, self._config.device))
        else:
            answers.put(picture)


def open_device(config: V4l2Config) -> "InputContainer":
    """The only touch of the driver. Raises what PyAV does, or CameraSetupError without it."""
    try:
        import av
    except ImportError:
        raise CameraSetupError(NO_PYAV) from None
    options = {"video_size": f"{config.width}x{config.height}"}
    if config.encoding != "any":
        options["input_format"] = config.encoding
    return av.open(config.device, format=DRIVER, options=options)


def _settled(device: "InputContainer", warm_frames: int) -> Frame:
    """The picture after the warm-up: the webcam's own JPEG, or pixels."""
    from agent.cameras.stream.keyframe import Keyframe, frame_of, picture_of

    began_s = time.monotonic()
    if not device.streams.video:
        raise CameraUnavailableError("the device gives no pictures")
    for count, packet in enumerate(device.demux(video=0)):
        if packet.size and count >= warm_frames and not packet.is_corrupt:
            arrived_s = time.monotonic()
            timings_ms = {"frame": round((arrived_s - began_s) * 1000)}
            if device.streams.video[0].codec_context.name == "mjpeg":
                return frame_of(Keyframe("mjpeg", b"", bytes(packet), arrived_s), timings_ms)
            pixels = picture_of(packet.decode()[0])
            age_ms = round((time.monotonic() - arrived_s) * 1000)
            return Frame(pixels.width, pixels.height, age_ms, pixels=pixels, timings_ms=timings_ms)
    raise CameraUnavailableError("the device stopped giving pictures: was it unplugged?")


def _refusal(error: Exception, device: str) -> CameraError:
    number = getattr(error, "errno", None)  # FFmpeg's own errors have numbers too, far above the system's
    if number == errno.EBUSY:
        return CameraBusyError(f"another program uses {device}")
    if number in {errno.EACCES, errno.EPERM}:
        return CameraUnavailableError(f"no permission for {device}: its group (video) must be the camera user's too")
    if number in {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO}:
        return CameraUnavailableError(f"{device} is not there: is the camera plugged in?")
    if number in {errno.ENOTTY, errno.EINVAL}:
        return CameraUnavailableError(f"{device} is no camera, or does not know this size or encoding")
    return CameraUnavailableError(f"{device} cannot be read ({type(error).__name__})")
