"""Just enough of JPEG to put a comment segment in, take it out and read the size (ITU-T T.81, annex B)."""

import struct

from wire.errors import WireError
from wire.shape import Struct

SOI, EOI, COM = b"\xff\xd8", b"\xff\xd9", b"\xff\xfe"
MAX_SEGMENTS = 256
"""Real cameras write fewer than 30 segments before the scan."""
_SOF_CODES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_SOS = 0xDA


class Segment(Struct, frozen=True):
    """A marker segment: its marker byte, where it starts (at 0xFF) and ends, and its payload."""

    marker: int
    start: int
    end: int
    payload: bytes


def segments(image: bytes) -> list[Segment]:
    """The segments from after SOI up to and including the start of scan. WireError("jpeg") when they do not add up."""
    if image[:2] != SOI or image[-2:] != EOI:
        raise WireError("jpeg", "does not begin and end as a JPEG")
    found: list[Segment] = []
    at = 2
    while len(found) < MAX_SEGMENTS:
        if at + 4 > len(image) or image[at] != 0xFF:
            raise WireError("jpeg", f"no segment at byte {at}")
        marker = image[at + 1]
        (length,) = struct.unpack_from(">H", image, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(image):
            raise WireError("jpeg", f"a segment at byte {at} reaches past the end")
        found.append(Segment(marker, at, end, image[at + 4 : end]))
        if marker == _SOS:
            return found
        at = end
    raise WireError("jpeg", f"more than {MAX_SEGMENTS} segments before the picture")


def dimensions(image: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the frame header."""
    for segment in segments(image):
        if segment.marker in _SOF_CODES and len(segment.payload) >= 5:
            height, width = struct.unpack_from(">HH", segment.payload, 1)
            if width and height:
                return width, height
    raise WireError("jpeg", "no frame header with a size")


def insert_comment(image: bytes, payload: bytes) -> bytes:
    """The picture with a comment segment directly after SOI."""
    if len(payload) > 65_533:
        raise WireError("jpeg", f"a comment of {len(payload)} bytes does not fit a segment")
    if image[:2] != SOI or image[-2:] != EOI:
        raise WireError("jpeg", "does not begin and end as a JPEG")
    return SOI + COM + struct.pack(">H", len(payload) + 2) + payload + image[2:]
