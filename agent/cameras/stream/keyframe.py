"""One coded picture that needs no other, and how it becomes a frame. Each is decoded by a decoder of its own.

So a camera that changes resolution or codec between two pictures needs no special care, and what a broken picture
leaves in a decoder is never seen in the next one.
"""

import contextlib
import time
from typing import TYPE_CHECKING, Final, cast

from agent.cameras.base import LARGEST_SIDE_PX, Frame, PictureInvalidError
from agent.cameras.picture import check_picture
from wire.jpeg import EOI
from wire.shape import Struct, replace

if TYPE_CHECKING:
    from av import VideoCodecContext, VideoFrame
    from PIL import Image

NO_PYAV: Final = "PyAV is missing: run install.sh again, which brings it where cameras need it"
MAX_PIXELS: Final = 50_000_000
"""Refused by FFmpeg before it makes room for the picture."""
MOST_BROKEN: Final = 4
"""So many pictures of a stream that cannot be decoded, one after another, say that none can: when a camera has changed
its resolution, what it told of its stream at the beginning may no longer hold."""
_STRICT: Final = {"hevc": {"err_detect": "explode"}, "mjpeg": {"err_detect": "explode"}}
"""FFmpeg marks an H.264 picture that lacks a part. Of these it says so only when told to be strict: of JPEG always, of
H.265 in most cases (its arithmetic code may happen to end where the data do; see `_lacks_a_part`)."""
_EIGHT_BITS: Final = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p")
_START: Final = b"\0\0\1"
_SEI: Final = (39, 40)
_HUFFMAN_TABLE: Final = b"\xff\xc4"


class Keyframe(Struct, frozen=True):
    """`data` as it came, with what the stream said of the codec; `arrived_s` by time.monotonic.

    `continues`: it may be a part of the same picture as the one before, in a stream that is hard to take apart.
    """

    codec: str
    extradata: bytes
    data: bytes
    arrived_s: float
    continues: bool = False

    def joined_to(self, before: "Keyframe | None") -> "Keyframe":
        """Both as one, where this one continues the other; else this one."""
        if before is None or not self.continues:
            return self
        return replace(before, data=before.data + self.data)


def frame_of(keyframe: Keyframe, timings_ms: dict[str, int]) -> Frame:
    """The picture, as old as it is now. A camera that sends JPEG gives its own, untouched, unless it needs completing
    (webcams leave the Huffman tables out, or send more bytes than the picture has). Raises PictureInvalidError.
    """
    if keyframe.codec == "mjpeg" and _HUFFMAN_TABLE in keyframe.data:
        with contextlib.suppress(PictureInvalidError):
            width, height = check_picture(keyframe.data, "the stream's picture")
            return Frame(width, height, _age_ms(keyframe), keyframe.data, timings_ms=timings_ms)
    began_s = time.monotonic()
    pixels = _decoded(keyframe)
    timings_ms = {**timings_ms, "decode": round((time.monotonic() - began_s) * 1000)}
    return Frame(pixels.width, pixels.height, _age_ms(keyframe), pixels=pixels, timings_ms=timings_ms)


def _decoded(keyframe: Keyframe) -> "Image.Image":
    import av

    data = _without_remarks(keyframe.data) if keyframe.codec == "hevc" else keyframe.data
    if keyframe.codec == "mjpeg" and EOI not in data:
        raise PictureInvalidError("the picture ended before it was whole")

    try:
        context = cast("VideoCodecContext", av.CodecContext.create(keyframe.codec, "r"))
        context.options = {"max_pixels": str(MAX_PIXELS)} | _STRICT.get(keyframe.codec, {})
        context.thread_count = 1  # with more of them FFmpeg does not tell that a part of the picture is missing
        if keyframe.extradata:
            context.extradata = keyframe.extradata
        frames = [*context.decode(av.Packet(data)), *context.decode(None)]
        whole = [frame for frame in frames if not frame.is_corrupt]
    except (av.error.FFmpegError, ValueError) as error:
        raise PictureInvalidError(f"the stream's picture cannot be decoded ({type(error).__name__})") from None
    if not whole:
        raise PictureInvalidError("the stream's picture is not whole")
    picture = whole[-1]
    if max(picture.width, picture.height) > LARGEST_SIDE_PX:
        raise PictureInvalidError(f"the stream is {picture.width}x{picture.height}; at most {LARGEST_SIDE_PX} a side")
    if keyframe.codec == "hevc" and _lacks_a_part(picture):
        raise PictureInvalidError("the stream's picture is not whole: a part of it is the green of what never came")
    return picture_of(picture)


def _lacks_a_part(frame: "VideoFrame") -> bool:
    """Whether a whole block was never decoded. A decoder's first picture begins as zeros, and a block of which both
    chroma parts are zero is of no colour that exists; the smallest block is 16 pixels, 8 of a halved plane."""
    from PIL import Image, ImageChops

    if frame.format.name not in _EIGHT_BITS or min(frame.width, frame.height) < 16:
        return False
    blue, red = (
        Image.frombuffer("L", (plane.width, plane.height), bytes(plane), "raw", "L", plane.line_size, 1)
        for plane in frame.planes[1:]
    )
    # Rows that fill no block are left out: some cameras' own encoders leave them so.
    blocks = ImageChops.lighter(blue, red).crop((0, 0, blue.width // 8 * 8, blue.height // 8 * 8)).reduce(8)
    (darkest, _) = blocks.getextrema()
    return darkest == 0


def picture_of(frame: "VideoFrame") -> "Image.Image":
    """Its pixels as Pillow has them, RGB."""
    return cast("Image.Image", frame.to_image())  # type: ignore[no-untyped-call]


def _without_remarks(data: bytes) -> bytes:
    """H.265 without its SEI units (ITU-T H.265, table 7-1): cameras put anything there, and no picture needs it."""
    first, *units = data.split(_START)
    return _START.join([first, *(unit for unit in units if not unit or unit[0] >> 1 & 63 not in _SEI)])


def _age_ms(keyframe: Keyframe) -> int:
    return max(0, round((time.monotonic() - keyframe.arrived_s) * 1000))
