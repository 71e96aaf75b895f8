"""Pictures as bytes: read within bounds, checked strictly, brought under a budget. Pillow only when it must be."""

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.cameras.base import LARGEST_SIDE_PX, PictureInvalidError, PictureTooLargeError
from wire import jpeg
from wire.errors import WireError

if TYPE_CHECKING:
    from PIL import Image

_QUALITIES: Final = (80, 70, 60, 50, 40, 30)
_SHRINK: Final = 0.75
_SMALLEST_SIDE_PX: Final = 160
"""Below this a picture shows nothing; better none than a smudge."""


def read_bounded(path: Path, max_bytes: int) -> tuple[bytes, float]:
    """(content, modification time). Only a regular file, never through a link at the end, never over `max_bytes`.

    Raises OSError, or PictureTooLargeError / PictureInvalidError.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise PictureInvalidError(f"{path.name} is not a regular file")
        content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise PictureTooLargeError(f"{path.name} is over {max_bytes} bytes")
    return content, status.st_mtime


def check_picture(content: bytes, name: str) -> tuple[int, int]:
    """Width and height in pixels of a whole JPEG; PictureInvalidError says what is wrong with it."""
    try:
        width, height = jpeg.dimensions(content)
    except WireError as error:
        raise PictureInvalidError(f"{name} is not a whole JPEG: {error.detail}") from error
    if max(width, height) > LARGEST_SIDE_PX:
        raise PictureInvalidError(f"{name} is {width}x{height}; at most {LARGEST_SIDE_PX} pixels a side")
    return width, height


def fit_picture(content: bytes, max_bytes: int, name: str) -> bytes:
    """The picture itself when it is within budget, else encoded anew: first plainer, then smaller.

    A picture within budget is passed on byte for byte. PictureTooLargeError when Pillow is missing or nothing fits.
    """
    if len(content) <= max_bytes:
        return content
    try:
        from PIL import Image
    except ImportError as error:
        raise PictureTooLargeError(
            f"{name} has {len(content)} bytes, the budget is {max_bytes}: "
            "install the camera extra (Pillow) or put smaller pictures there"
        ) from error
    Image.MAX_IMAGE_PIXELS = LARGEST_SIDE_PX**2
    import io

    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as source:
            picture = source.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureInvalidError(f"{name} cannot be decoded: {error}") from error
    return _encode_within(picture, max_bytes, name)


def _encode_within(picture: "Image.Image", max_bytes: int, name: str) -> bytes:
    import io

    while min(picture.size) >= _SMALLEST_SIDE_PX:
        for quality in _QUALITIES:
            target = io.BytesIO()
            picture.save(target, "JPEG", quality=quality, optimize=True)
            if target.tell() <= max_bytes:
                return target.getvalue()
        smaller = (round(picture.width * _SHRINK), round(picture.height * _SHRINK))
        picture = picture.resize(smaller, reducing_gap=2.0)
    raise PictureTooLargeError(f"{name} does not fit {max_bytes} bytes at any quality worth looking at")
