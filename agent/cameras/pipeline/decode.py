"""A frame becomes pixels: nothing is decoded before its header is known to be within bounds."""

import io
import struct
from typing import Final

from PIL import Image

from agent.cameras.base import LARGEST_SIDE_PX, Frame, PictureInvalidError, PictureTooLargeError, TruncatedError
from agent.cameras.picture import check_picture
from wire.shape import Struct

MAX_PIXELS: Final = 32_000_000
"""Beyond the largest panoramic CCTV camera (4 x 8 megapixels). A header may promise 50 megapixels in 300 bytes."""
MAX_PROGRESSIVE_PIXELS: Final = 9_000_000
"""A progressive picture is held whole as coefficients, three bytes a pixel, however small it is decoded."""
WANTED_PX: Final = (1920, 1080)
"""JPEG decodes to 1/2, 1/4 or 1/8 for less than the whole; what is sent is never larger than this."""
_PROGRESSIVE: Final = 0xC2
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF orientation (CIPA DC-008, table 6)."""
_LYING: Final = (_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8])
_BROKEN: Final = (OSError, ValueError, SyntaxError, TypeError, LookupError, ArithmeticError, struct.error, MemoryError)
"""What Pillow raises over a damaged file, its EXIF included."""


class Decoded(Struct, frozen=True):
    """Pixels to work on. `width` and `height` of the picture before it was decoded smaller.

    `reach_px` is how far a pixel can show in others: as far as the camera's JPEG has squares; 0 for a frame that came
    as pixels. `upright`: it is as it came, no rotation was asked for by its EXIF.
    """

    picture: Image.Image
    width: int
    height: int
    reach_px: int
    upright: bool = True


def decode(frame: Frame) -> Decoded:
    """The frame as RGB pixels. PictureInvalidError, TruncatedError or PictureTooLargeError (too many pixels)."""
    if frame.jpeg:
        return _decode_jpeg(frame.jpeg)
    picture = frame.pixels
    if not isinstance(picture, Image.Image) or picture.mode != "RGB" or not picture.width * picture.height:
        raise PictureInvalidError("the camera gave neither a JPEG nor RGB pixels")
    _check_size(*picture.size, MAX_PIXELS)
    return Decoded(picture, *picture.size, 0)


def _decode_jpeg(content: bytes) -> Decoded:
    width, height = check_picture(content, "the picture")
    _check_size(width, height, MAX_PIXELS)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as source:
            if source.size != (width, height):
                raise PictureInvalidError("the picture's headers contradict each other")
            if source.info.get("progressive"):
                _check_size(width, height, MAX_PROGRESSIVE_PIXELS)
            turn = _TURNS.get(source.getexif().get(_ORIENTATION, 1))
            squares_px = _squares_px(source)
            source.draft("RGB", _wanted(width, height))
            smaller = max(1, round(width / source.width))
            picture = source.convert("RGB")
            if _ends_in_nothing(picture):
                raise TruncatedError("the picture ended before it was whole")
        if turn is not None:
            picture = picture.transpose(turn)
    except Image.DecompressionBombError as error:
        raise PictureTooLargeError(f"too many pixels: {width}x{height}") from error
    except _BROKEN as error:
        raise PictureInvalidError(f"the picture cannot be decoded: {type(error).__name__}") from error
    if turn in _LYING:
        width, height = height, width
    return Decoded(picture, width, height, -(-squares_px // smaller), upright=turn is None)


def _squares_px(source: Image.Image) -> int:
    """The side of the squares the JPEG is made of: 8 pixels times the largest sampling factor (T.81, A.2.4)."""
    layers = getattr(source, "layer", [])
    return 8 * max((max(layer[1], layer[2]) for layer in layers), default=2)


def _ends_in_nothing(picture: Image.Image) -> bool:
    """Whether the last row, and not all, is the grey libjpeg paints where no data came: it does not fail over that."""
    nothing = ((128, 128),) * 3
    last = picture.crop((0, picture.height - 1, *picture.size))
    return last.getextrema() == nothing and picture.getextrema() != nothing


def _wanted(width: int, height: int) -> tuple[int, int]:
    return WANTED_PX if width >= height else (WANTED_PX[1], WANTED_PX[0])


def _check_size(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise PictureTooLargeError(f"too many pixels: {width}x{height}, at most {most // 1_000_000} million")
    if max(width, height) > LARGEST_SIDE_PX:
        raise PictureInvalidError(f"the picture is {width}x{height}; at most {LARGEST_SIDE_PX} pixels a side")
