"""Beside the Pi camera's adapter: opening picamera2's device, what its errors mean, and its bytes as a picture."""

import atexit
import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from agent.cameras.base import CameraBusyError, CameraError, CameraSetupError, CameraUnavailableError

if TYPE_CHECKING:
    from PIL import Image

STREAM_FORMAT: Final = "YUV420"
BUFFERS: Final = 2
"""With one the sensor stands still while a picture is copied; each costs its picture's size in the CMA heap."""
FRAME_DURATION_US: Final = (33_333, 1_000_000)
"""30 frames a second by day; by night up to a second of light and no longer: a street moves."""
LOOK: Final = "periksa kabel pita / catu daya (check the ribbon cable and the power supply)"
_MISSING: Final = (
    "picamera2 cannot be loaded ({why}): apt install python3-picamera2, and make Sandi's environment with "
    "python3 -m venv --system-site-packages"
)
_NONE: Final = (
    "the system knows no camera ({found} found, number = {number}): compare `rpicam-hello --list-cameras`, "
    + LOOK
    + ", "
    "and see that the service's user is in the group video"
)
_MEANINGS: Final = (
    (("busy", "in use by another process"), CameraBusyError, "another program holds the camera: stop it"),
    (("permission denied",), CameraUnavailableError, "the camera may not be opened: add the service's user to video"),
    (
        ("cannot allocate", "failed to allocate", "out of memory"),
        CameraUnavailableError,
        "no memory for the picture is left in the CMA heap: choose a smaller width and height",
    ),
    (
        ("dmaheap",),
        CameraUnavailableError,
        "/dev/dma_heap cannot be opened: add the service's user to the group video",
    ),
)
"""Words in a message of picamera2, libcamera or the kernel, and what they mean."""


def opened(number: int, size: tuple[int, int], *, upside_down: bool) -> Any:
    """The device (a `picamera2.Picamera2`), configured and not started. CameraError, or whatever `explained` reads."""
    with _loading():
        import libcamera
        from picamera2 import Picamera2
    found = len(Picamera2.global_camera_info())
    if number >= found:
        raise CameraUnavailableError(_NONE.format(found=found, number=number))
    device = Picamera2.__new__(Picamera2)
    try:
        device.__init__(number)  # in two steps: of one that fails half-way, something is to be given back
        device.configure(
            device.create_still_configuration(
                main={"format": STREAM_FORMAT, "size": size},
                raw=None,
                buffer_count=BUFFERS,
                queue=False,
                transform=libcamera.Transform(hflip=upside_down, vflip=upside_down),
                controls=_controls(device),
            )
        )
        _must_be_raspberry(device)
    except BaseException:
        _give_back(device)
        raise
    return device


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Whatever comes out of picamera2 inside, but a wait in vain, as a CameraError that says what to do."""
    try:
        yield
    except (CameraError, TimeoutError):
        raise
    except Exception as error:
        raise _meaning(error) from error


def rgb(stream: Any, size: tuple[int, int], stride: int) -> "Image.Image":
    """A YUV420 buffer (an array of bytes; full range, rows of luma `stride` bytes apart) as a picture of mode RGB.

    The colours' planes are doubled without smoothing: encoding halves them again, and this way nothing is lost.
    """
    from PIL import Image

    width, height = size
    sizes = (stride * height, (stride // 2) * (height // 2))

    def plane(start: int, length: int, plane_size: tuple[int, int], row: int) -> "Image.Image":
        return Image.frombuffer("L", plane_size, stream[start : start + length], "raw", "L", row, 1)

    luma = plane(0, sizes[0], size, stride)
    blue, red = (
        plane(sizes[0] + index * sizes[1], sizes[1], (width // 2, height // 2), stride // 2).resize(
            size, Image.Resampling.NEAREST
        )
        for index in (0, 1)
    )
    return Image.merge("YCbCr", (luma, blue, red)).convert("RGB")


def turned(picture: "Image.Image", degrees: int) -> "Image.Image":
    """Turned clockwise by a quarter or three; the half turn the camera does itself."""
    from PIL import Image

    turns = {90: Image.Transpose.ROTATE_270, 270: Image.Transpose.ROTATE_90}  # Pillow counts the other way round
    return picture.transpose(turns[degrees]) if degrees in turns else picture


@contextlib.contextmanager
def _loading() -> Iterator[None]:
    try:
        yield
    except (ImportError, AttributeError, ValueError) as error:  # absent, or of another time than numpy or libcamera
        raise CameraSetupError(_MISSING.format(why=f"{type(error).__name__}: {error}"[:200])) from error


def _controls(device: Any) -> dict[str, object]:
    return {"FrameDurationLimits": FRAME_DURATION_US} if "FrameDurationLimits" in device.camera_controls else {}


def _must_be_raspberry(device: Any) -> None:
    given = device.camera_configuration()["main"]["format"]
    if given != STREAM_FORMAT:
        raise CameraSetupError(f'this camera gives {given}, not {STREAM_FORMAT}: a USB camera is type = "v4l2"')


def _give_back(device: Any) -> None:
    """What a device that was not made whole holds: the sensor, and a pipe to itself."""
    atexit.unregister(device.close)
    with contextlib.suppress(Exception):
        device.close()
    with contextlib.suppress(AttributeError, OSError, ValueError):
        if not device.notifymeread.closed:  # closed together with the other end
            device.notifymeread.close()
            os.close(device.notifyme_w)


def _meaning(error: BaseException) -> CameraError:
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and len(chain) < 10:
        chain.append(at)
        at = at.__cause__ or at.__context__
    said = " ".join(str(link) for link in chain).lower()
    for words, kind, advice in _MEANINGS:
        if any(word in said for word in words):
            return kind(f"{advice} ({chain[-1]})"[:500])
    return CameraUnavailableError(f"the camera fails with {type(chain[-1]).__name__}: {chain[-1]}; {LOOK}"[:500])
