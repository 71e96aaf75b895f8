"""What every camera type shares: its settings, its interface, a frame, and the errors that may come out of it."""

from typing import ClassVar, Final, Literal, Protocol

from agent.configuration.settings import Settings, field
from wire.shape import Struct

Purpose = Literal["security", "disaster", "traffic"]
"""Law 27/2022 on personal data, article 17: what a visual device in a public-service place may be for."""

LARGEST_PICTURE_BYTES: Final = 400_000
"""Below the 512 KiB a picture may weigh on the wire, with room for its record."""
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
        default=60_000, metadata={"min": 2_000, "max": LARGEST_PICTURE_BYTES, "help": "most bytes a picture may have"}
    )

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
    """One picture out of a camera: a whole JPEG, its size in pixels, and how old it is when handed over."""

    jpeg: bytes
    width: int
    height: int
    age_ms: int


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


class CameraUnavailableError(CameraError):
    """The source cannot be reached or read now."""

    code = "unavailable"


class CameraTimeoutError(CameraError):
    """The deadline passed; the worker was killed."""

    code = "timeout"


class WorkerDiedError(CameraError):
    """The worker process ended, or spoke nonsense and was ended."""

    code = "worker_died"


class PictureInvalidError(CameraError):
    """What came is not a whole JPEG of a sane size."""

    code = "picture_invalid"


class PictureTooLargeError(CameraError):
    """The picture is over its budget and cannot be made to fit here."""

    code = "picture_too_large"


class PictureRefusedError(CameraError):
    """The picture could not be signed or stored by the core."""

    code = "refused"
