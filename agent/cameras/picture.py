"""Pictures as bytes: read within bounds, checked strictly, never decoded."""

import os
import stat
from pathlib import Path

from agent.cameras.base import LARGEST_SIDE_PX, PictureInvalidError, PictureTooLargeError
from wire import jpeg
from wire.errors import WireError


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
