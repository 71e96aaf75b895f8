"""What the core and a camera worker say to each other: one JSON object per line on stdin and stdout.

core -> worker   first line: Setup; then one Grab per picture. End of input = stop.
worker -> core   per Grab exactly one line: Spooled or Failed.
"""

from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from agent.cameras.base import LARGEST_PICTURE_BYTES, LARGEST_SIDE_PX, Secrets

MAX_LINE_BYTES: Final = 8192
CAMERA_NAME: Final = r"^[a-z][a-z0-9-]{0,31}\Z"
"""Part of file names and of the wire. `\\Z`, because `$` also fits before a line end."""

Value = str | int | float | bool | None
Pixels = Annotated[int, Meta(ge=1, le=LARGEST_SIDE_PX)]
File = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}\.[0-9]{1,10}\.[0-9]{1,10}\.jpg\Z")]
"""`{camera}.{pid}.{count}.jpg`: a name inside the spool, never a path."""
MaskVersion = Annotated[str, Meta(pattern=r"^([0-9a-f]{16})?\Z")]
"""The first 16 hexadecimal digits of the mask's SHA-256; empty without a mask."""
MAX_TIMINGS: Final = 16
Timings = Annotated[dict[str, Annotated[int, Meta(ge=0, le=2**53 - 1)]], Meta(max_length=MAX_TIMINGS)]


Warmth = Annotated[str, Meta(max_length=1000)]
"""What the encoder learned, to be handed to the next worker of the same camera; nobody between reads it."""


class Setup(Struct, frozen=True):
    """Which camera to be, with its settings as plain values, what it asks for at its door, and where pictures go.

    `place` is what the strip says of the site; `mask_file` holds the privacy mask, if there is one ("" = nowhere).
    """

    camera: Annotated[str, Meta(pattern=CAMERA_NAME)]
    type: str
    spool: str
    config: dict[str, Value]
    turn: Annotated[int, Meta(ge=0)] = 0
    secrets: Secrets = Secrets()
    place: Annotated[str, Meta(max_length=200)] = ""
    mask_file: Annotated[str, Meta(max_length=1000)] = ""
    warmth: Warmth = ""


class Grab(Struct, frozen=True):
    """Take one picture of at most `max_bytes` (0 = the camera's own limit); `id` comes back in the answer.

    `synced`: the strip may say the time as it is; otherwise it says that the clock is not sure.
    """

    id: int
    deadline_s: float
    max_bytes: Annotated[int, Meta(ge=0, le=LARGEST_PICTURE_BYTES)] = 0
    synced: bool = True


class Measures(Struct, frozen=True):
    """What a picture looks like in numbers, under its masks and without its strip; `agent.core.eyes` judges them.

    `brightness` mean and `spread` standard deviation of luma (0..255); `focus` variance of the Laplacian by variance,
    4x decimated; `fingerprint` 64-bit gradient hash and `digest` of the luma, both 16 hexadecimal digits. `relief` is
    the standard deviation of the Laplacian over 16 x 9 cells: what is left of the view when noise and slopes are not.
    """

    brightness: Annotated[float, Meta(ge=0, le=255)]
    spread: Annotated[float, Meta(ge=0, le=255)]
    focus: Annotated[float, Meta(ge=0, le=1e6)]
    fingerprint: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
    relief: Annotated[float, Meta(ge=0, le=1020)] = 255.0


class Spooled(Struct, frozen=True, tag="spooled"):
    """A picture lies in the spool, fsynced. `age_ms` is its age when this line was written."""

    id: int
    file: File
    size_bytes: Annotated[int, Meta(ge=4, le=LARGEST_PICTURE_BYTES)]
    width: Pixels
    height: Pixels
    age_ms: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    measures: Measures | None = None
    mask_version: MaskVersion = ""
    encodes: Annotated[int, Meta(ge=0, le=100)] = 0
    timings_ms: Timings = {}
    warmth: Warmth = ""


class Failed(Struct, frozen=True, tag="failed"):
    """No picture, and why."""

    id: int
    code: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z_]+\Z")]
    message: Annotated[str, Meta(max_length=500)]
    permanent: bool = False


Answer = Spooled | Failed
T = TypeVar("T")
_ANSWER: "msgspec.json.Decoder[Answer]" = msgspec.json.Decoder(Answer)
_SETUP = msgspec.json.Decoder(Setup)
_GRAB = msgspec.json.Decoder(Grab)


class LineError(ValueError):
    """A line that is none of ours."""


def write_line(message: Struct) -> bytes:
    """The message as one line."""
    return msgspec.json.encode(message) + b"\n"


def read_answer(line: bytes) -> Answer:
    """What a worker said; LineError for anything else."""
    return _read(line, _ANSWER)


def read_setup(line: bytes) -> Setup:
    """The first line a worker gets."""
    return _read(line, _SETUP)


def read_grab(line: bytes) -> Grab:
    """A request for one picture."""
    return _read(line, _GRAB)


def _read(line: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    if len(line) > MAX_LINE_BYTES:
        raise LineError(f"a line of {len(line)} bytes")
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LineError(str(error)) from error
