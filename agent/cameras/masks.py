"""The privacy mask of a camera: a small file of polygons, read strictly. What is wrong with it means no picture.

    {"v":1,"aspect":1.7778,"polygons":[[[0.1,0.2],[0.4,0.2],[0.4,0.6]]]}

Corners are shares of width and height from the upper left, so a mask fits any size of the same picture; `aspect` is the
width by height of the picture it was drawn on. Who draws masks makes them with `make_mask` and writes `encode_mask`.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from agent.cameras.base import MaskError
from wire import strictjson
from wire.errors import WireError

MAX_MASK_BYTES: Final = 65_536
MAX_POLYGONS: Final = 32
MIN_CORNERS: Final = 3
MAX_CORNERS: Final = 64
ASPECT_TOLERANCE: Final = 0.02
"""1920x1088 for 1920x1080 is the same picture; 4:3 for 16:9 is not, and the polygons would lie beside their windows."""
_DIGITS: Final = 4
"""A tenth of a pixel of 1920: finer corners nobody drew, and equal masks are to have equal bytes."""
_SMALLEST_AREA: Final = 1e-5
"""Of the picture. Less hides nothing, so it is a mistake, and a mistake in a mask is said rather than used."""

Share = Annotated[float, Meta(ge=0, le=1)]
Corner = tuple[Share, Share]
Polygon = Annotated[tuple[Corner, ...], Meta(min_length=MIN_CORNERS, max_length=MAX_CORNERS)]


class Mask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Polygons to be blackened, as the file has them; made by `make_mask` or `parse_mask`, which check them."""

    v: Literal[1]
    aspect: Annotated[float, Meta(gt=0.05, lt=20)]
    polygons: Annotated[tuple[Polygon, ...], Meta(min_length=1, max_length=MAX_POLYGONS)]

    @property
    def version(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the file's canonical form."""
        return hashlib.sha256(encode_mask(self)).hexdigest()[:16]


_DECODER: Final = msgspec.json.Decoder(Mask)


def mask_path(state: Path, camera: str) -> Path:
    """Where the mask of a camera lies in the camera process's state folder."""
    return state / "masks" / f"{camera}.json"


def make_mask(aspect: float, polygons: Iterable[Iterable[Sequence[float]]]) -> Mask:
    """A checked mask in canonical form; MaskError says which polygon cannot be used and why."""
    plain = [[list(corner) for corner in polygon] for polygon in polygons]
    try:
        return parse_mask(msgspec.json.encode({"v": 1, "aspect": aspect, "polygons": plain}))
    except (TypeError, ValueError) as error:  # a number that JSON has no word for
        raise MaskError(f"the mask cannot be used: {error}") from error


def encode_mask(mask: Mask) -> bytes:
    """The file's bytes: one line, the same for the same mask."""
    return msgspec.json.encode(mask)


def parse_mask(content: bytes) -> Mask:
    """The mask in a file's bytes, rounded to its canonical form; MaskError for anything that is not wholly one."""
    if len(content) > MAX_MASK_BYTES:
        raise MaskError(f"the mask is unreadable: over {MAX_MASK_BYTES} bytes")
    try:
        raw = strictjson.decode(content, _DECODER)
    except WireError as error:
        raise MaskError(f"the mask is unreadable: {error.detail}"[:400]) from error
    polygons = tuple(_polygon(number, corners) for number, corners in enumerate(raw.polygons, 1))
    return Mask(1, round(raw.aspect, _DIGITS), polygons)


def read_mask(path: Path) -> Mask | None:
    """The mask in this file, None when there is no file. MaskError when it cannot be read or is no mask."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise MaskError(f"the mask is unreadable: {_reason(error)}") from error
    try:
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise MaskError("the mask is unreadable: not a regular file")
            content = stream.read(MAX_MASK_BYTES + 1)
    except OSError as error:
        raise MaskError(f"the mask is unreadable: {_reason(error)}") from error
    return parse_mask(content)


def check_aspect(mask: Mask, width: int, height: int) -> None:
    """MaskError unless a picture of this size has the shape the mask was drawn on."""
    aspect = width / height
    if abs(aspect / mask.aspect - 1) > ASPECT_TOLERANCE:
        raise MaskError(
            f"the picture is {width}x{height} ({aspect:.2f}), the mask was drawn on {mask.aspect:.2f}: draw it anew"
        )


def _polygon(number: int, corners: tuple[Corner, ...]) -> tuple[Corner, ...]:
    """Rounded, without corners told twice in a row; MaskError when it hides nothing or would have holes."""
    rounded = [(round(x, _DIGITS) + 0.0, round(y, _DIGITS) + 0.0) for x, y in corners]  # + 0.0: no -0.0
    distinct = tuple(corner for at, corner in enumerate(rounded) if corner != rounded[at - 1])
    if len(distinct) < MIN_CORNERS or _area(distinct) < _SMALLEST_AREA:
        raise MaskError(f"polygon {number} of the mask hides nothing: its corners lie in one line")
    if _crosses_itself(distinct):
        raise MaskError(f"polygon {number} of the mask crosses itself, so it would have holes: draw it anew")
    return distinct


def _area(corners: Sequence[Corner]) -> float:
    """Of the polygon, as a share of the picture (the shoelace formula)."""
    return abs(sum(_turn((0, 0), corners[at - 1], corners[at]) for at in range(len(corners)))) / 2


def _crosses_itself(corners: Sequence[Corner]) -> bool:
    """Whether two sides that are no neighbours have a point in common."""
    sides = [(corners[at - 1], corners[at]) for at in range(len(corners))]
    return any(
        _cross(*first, *second)
        for at, first in enumerate(sides)
        for gap, second in enumerate(sides[at + 2 :])
        if not (at == 0 and gap == len(sides) - 3)  # the first and the last side are neighbours too
    )


def _cross(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    """Whether the lines from a to b and from c to d meet: each spans the other, or an end lies on it."""
    ab_c, ab_d, cd_a, cd_b = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if ab_c * ab_d < 0 and cd_a * cd_b < 0:
        return True
    return (
        (not ab_c and _between(a, b, c))
        or (not ab_d and _between(a, b, d))
        or (not cd_a and _between(c, d, a))
        or (not cd_b and _between(c, d, b))
    )


def _between(a: Corner, b: Corner, c: Corner) -> bool:
    """Whether c, on the line through a and b, lies from a to b."""
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _turn(a: Corner, b: Corner, c: Corner) -> float:
    """Which way it goes at b on the way from a to c: the sign of the cross product."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
