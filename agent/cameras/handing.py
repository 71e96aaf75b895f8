"""What the camera process and the core say to each other over the picture door.

One JSON object per line, at most 8 KiB; an `Offer` is followed by exactly `size_bytes` bytes of JPEG. The camera
process speaks first (`Hello`), the core answers with `Facts` and tells them again when they change. One offer is in
flight at a time, and is answered by `Kept` or `Refused`.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from agent.cameras.base import LARGEST_PICTURE_BYTES, LARGEST_SIDE_PX
from agent.cameras.lines import CAMERA_NAME, MAX_LINE_BYTES, LineError, MaskVersion, Timings

VERSION: Final = 1
Name = Annotated[str, Meta(pattern=CAMERA_NAME)]
Pixels = Annotated[int, Meta(ge=1, le=LARGEST_SIDE_PX)]
Millis = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Reason = Literal["schedule", "event", "request"]
Verdict = Literal["ok", "covered", "dark", "blurred", "moved", "frozen", "learning"]
RequestId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}\Z")]
Code = Annotated[str, Meta(pattern=r"^[a-z_]{1,40}\Z")]
Text = Annotated[str, Meta(max_length=500)]


class Hello(Struct, frozen=True, tag="hello"):
    """The camera process is there, with these cameras."""

    version: int
    cameras: Annotated[list[Name], Meta(max_length=64)]


class Offer(Struct, frozen=True, tag="offer"):
    """A picture, whose bytes follow; `age_ms` when this line was written."""

    camera: Name
    size_bytes: Annotated[int, Meta(ge=4, le=LARGEST_PICTURE_BYTES)]
    width: Pixels
    height: Pixels
    age_ms: Millis
    reason: Reason
    verdict: Verdict
    mask_version: MaskVersion = ""
    request_id: RequestId | None = None
    timings_ms: Timings = {}


class Missed(Struct, frozen=True, tag="missed"):
    """No picture for this request, and why."""

    camera: Name
    code: Code
    message: Text
    request_id: RequestId


class CameraReport(Struct, frozen=True):
    """What `sandi status` shows of one camera."""

    state: Literal["starting", "ok", "failing", "off"]
    type: Annotated[str, Meta(max_length=40)]
    purpose: Annotated[str, Meta(max_length=20)]
    interval_s: float
    code: Annotated[str, Meta(max_length=40)] = ""
    cause: Text = ""
    verdict: Verdict | None = None
    pictures: Millis = 0
    failures: Millis = 0
    starts: Millis = 0
    today_bytes: Millis = 0
    last_picture_age_s: Millis | None = None
    pid: Millis | None = None


class Report(Struct, frozen=True, tag="report"):
    """On change at most once a second, and at least every ten seconds. All cameras, in several lines when one is too
    short: a camera that is not named is as it was told last."""

    cameras: Annotated[dict[Name, CameraReport], Meta(max_length=64)]


class Facts(Struct, frozen=True, tag="facts"):
    """What the camera process cannot know by itself."""

    node: str
    place: str
    synced: bool
    metered: bool


class Kept(Struct, frozen=True, tag="kept"):
    """The picture is in the outbox under this sequence number."""

    seq: int


class Refused(Struct, frozen=True, tag="refused"):
    """The picture was not kept; `permanent`: the camera must stop (not configured, no purpose, no notice)."""

    code: Code
    message: Text
    permanent: bool = False


class Take(Struct, frozen=True, tag="take"):
    """Take a picture of this camera now. `urgent` events (a citizen's emergency) are taken on a metered line too."""

    camera: Name
    reason: Literal["event", "request"]
    request_id: RequestId
    urgent: bool = False


FromCamera = Hello | Offer | Missed | Report
FromCore = Facts | Kept | Refused | Take
_FROM_CAMERA: "msgspec.json.Decoder[FromCamera]" = msgspec.json.Decoder(FromCamera)
_FROM_CORE: "msgspec.json.Decoder[FromCore]" = msgspec.json.Decoder(FromCore)


def read_from_camera(line: bytes) -> FromCamera:
    """What the camera process said; LineError for anything else."""
    try:
        return _FROM_CAMERA.decode(_bounded(line))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LineError(str(error)) from error


def read_from_core(line: bytes) -> FromCore:
    """What the core said; LineError for anything else."""
    try:
        return _FROM_CORE.decode(_bounded(line))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LineError(str(error)) from error


def _bounded(line: bytes) -> bytes:
    if len(line) > MAX_LINE_BYTES:
        raise LineError(f"a line of {len(line)} bytes")
    return line
