"""What every camera type shares: its settings, its interface, a frame, and the errors that may come out of it."""

from typing import ClassVar, Final, Literal, Protocol

import msgspec

from agent.configuration.settings import Settings, field
from wire.shape import Struct

Purpose = Literal["security", "disaster", "traffic"]
"""Law 27/2022 on personal data, article 17: what a visual device in a public-service place may be for."""

LARGEST_PICTURE_BYTES: Final = 400_000
"""Below the 512 KiB a picture may weigh on the wire, with room for its record."""
RECORD_ROOM: Final = 4096
"""What the core's record and signature may add to a picture: the worker leaves that much of `max_bytes` free."""
LARGEST_SIDE_PX: Final = 8192
"""A larger picture would cost any reader that decodes it more than 256 MiB."""


class CameraConfig(Settings, frozen=True, kw_only=True):
    """Settings every camera has; a type adds its own beside its adapter.

    `purpose` and `notice_posted` are promises about the place where the camera hangs: without them it stays off.
    """

    type: ClassVar[str]
    interval_s: float = field(default=300.0, metadata={"min": 1, "max": 86_400, "help": "time between two pictures"})
    deadline_s: float = field(
        default=20.0, metadata={"min": 1, "max": 300, "help": "time one picture may take, start of the camera included"}
    )
    purpose: Purpose | None = field(
        default=None,
        metadata={"example": "traffic", "help": "what the camera is there for; without it no picture is taken"},
    )
    notice_posted: bool = field(
        default=False, metadata={"help": "true once the notice hangs beside the camera; before, no picture is taken"}
    )
    max_bytes: int = field(
        default=60_000, metadata={"min": 8_000, "max": LARGEST_PICTURE_BYTES, "help": "most bytes a picture may have"}
    )
    thumbnail_bytes: int = field(
        default=30_000,
        metadata={
            "min": 8_000,
            "max": LARGEST_PICTURE_BYTES,
            "help": "most bytes a picture may have on a metered line",
        },
    )
    label: str = field(default="", metadata={"help": "what the strip calls the camera; empty: its name here"})
    strip: bool = field(default=True, metadata={"help": "a strip with time, place and camera below each picture"})
    mask: Literal["none", "required"] = field(
        default="none", metadata={"help": '"required": no picture unless a readable privacy mask is there'}
    )
    hours: str = field(
        default="",
        metadata={
            "pattern": r"(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?",
            "example": "07:00-17:00",
            "help": "pictures by schedule only then (WIB); empty: always",
        },
    )
    night_interval_s: float = field(
        default=0.0,
        metadata={"min": 0, "max": 86_400, "help": "time between two pictures from 18:00 to 05:30; 0: as by day"},
    )
    daily_mb: float = field(
        default=50.0, metadata={"min": 0.1, "max": 10_000, "help": "most megabytes of pictures by schedule in one day"}
    )
    events: bool = field(
        default=True, metadata={"help": "a picture when an outage begins or ends, or an urgent complaint came"}
    )
    login: str = field(
        default="", metadata={"help": "entry of the camera password file to use; empty: the camera's name"}
    )

    @property
    def stays_open(self) -> bool:
        """Whether its worker must stay between pictures however far apart they are: it watches all the time."""
        return False

    def capture_refusal(self) -> str | None:
        """Why this camera must not take pictures; None when it may."""
        if not self.purpose:
            return "purpose is missing: say security, disaster or traffic (Law 27/2022, article 17)"
        if not self.notice_posted:
            return (
                "notice_posted is not true: put up the notice beside the camera, then set it (Law 27/2022, article 17)"
            )
        return None


class Frame(Struct, frozen=True):
    """One picture as it came out of a camera: a whole JPEG, or pixels (a `PIL.Image.Image` of mode RGB), never both.

    `age_ms` is how old it is when handed over. `timings_ms` says which step took how long ("connect", "first_byte",
    "body", "keyframe", "decode" ...), for whoever looks for a fault.
    """

    width: int
    height: int
    age_ms: int
    jpeg: bytes = b""
    pixels: object = None
    timings_ms: dict[str, int] = msgspec.field(default_factory=dict)


class Secrets(Struct, frozen=True):
    """What a camera asks for at its door. Never part of the settings; shown by no message and no `repr`."""

    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return "Secrets(...)"


class Camera(Protocol):
    """A camera adapter; lives in the worker process. Any method may raise a CameraError, nothing else is expected."""

    def open(self, turn: int) -> None:
        """Make ready. `turn` pictures were taken before, by earlier workers of this camera."""

    def grab(self, deadline_s: float) -> Frame:
        """One fresh picture within `deadline_s`; whoever called kills the process when it takes longer."""

    def close(self) -> None:
        """Let go of the device; may be called more than once."""


class CameraError(Exception):
    """No picture. `code` is stable, the message says what to do; `permanent` = trying again changes nothing."""

    code = "camera"
    permanent = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class CameraSetupError(CameraError):
    """The settings cannot work."""

    code = "setup"
    permanent = True


class CameraAuthError(CameraError):
    """The camera refuses user or password. Asked again seldom: many cameras lock an account that tries too often."""

    code = "auth"


class CameraUnreachableError(CameraError):
    """No route, connection refused, name unknown, or nothing said before the first byte."""

    code = "unreachable"


class NoKeyframeError(CameraError):
    """The stream runs, and no whole picture came in time."""

    code = "no_keyframe"


class CameraHungError(CameraError):
    """It answered and then stopped in the middle."""

    code = "hung"


class TruncatedError(CameraError):
    """The picture ended before it was whole."""

    code = "truncated"


class CameraBusyError(CameraError):
    """Another program holds the device, or the camera has no session left."""

    code = "busy"


class CameraUnavailableError(CameraError):
    """The source cannot be read now, for a reason of its own."""

    code = "unavailable"


class MaskError(CameraError):
    """The privacy mask cannot be applied: no picture rather than one that shows too much."""

    code = "mask"


class CameraTimeoutError(CameraError):
    """The deadline passed; the worker was killed."""

    code = "timeout"


class WorkerDiedError(CameraError):
    """The worker process ended, or spoke nonsense and was ended."""

    code = "worker_died"


class WorkerMemoryError(CameraError):
    """The worker took more memory than it may, and was killed."""

    code = "memory"


class LoginsError(CameraError):
    """The file with the cameras' passwords cannot be used; the message says which line, never what stands there."""

    code = "logins"


class PictureInvalidError(CameraError):
    """What came is not a whole JPEG of a sane size."""

    code = "picture_invalid"


class PictureTooLargeError(CameraError):
    """The picture is over its budget and cannot be made to fit here."""

    code = "picture_too_large"


class PictureRefusedError(CameraError):
    """The picture could not be signed or stored by the core."""

    code = "refused"
