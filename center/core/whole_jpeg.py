"""Whether bytes are one whole JPEG and nothing else, by their structure alone (ITU-T T.81, annex B). Pure.

The centre decodes no picture: it hands them to browsers, which do. So what is stored must be exactly what it claims to
be: one image of the size its record says, from SOI to EOI, with every segment within bounds, and not a byte behind it
(an archive or a script can ride behind a picture that every viewer shows).
"""

import re
import struct
from typing import Final

from wire.errors import WireError

LARGEST_SIDE_PX: Final = 16_384
MOST_PIXELS: Final = 50_000_000
"""What browsers are asked to decode at most; a header may claim 65,535 x 65,535."""
MOST_SEGMENTS: Final = 1000
"""A progressive picture has some ten scans with a table or two each; cameras write fewer than 30 segments in all."""
_SOI, _EOI, _SOS, _TEM = 0xD8, 0xD9, 0xDA, 0x01
_RESTARTS: Final = range(0xD0, 0xD8)
_MARKER: Final = re.compile(rb"\xff+[^\xff]", re.DOTALL)
_AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_SHOWN: Final = {0xC0, 0xC1, 0xC2}
"""Baseline, extended and progressive Huffman: what browsers show. Lossless and arithmetic coding they do not."""
_FRAMES: Final = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def check(image: bytes, width: int, height: int) -> None:
    """Raise WireError("jpeg") that says what is wrong, unless `image` is one whole JPEG of this size in pixels."""
    if image[:2] != b"\xff\xd8":
        raise _wrong("does not begin as a JPEG")
    at, size, scans = 2, (0, 0), 0
    for _ in range(MOST_SEGMENTS):
        marker, at = _marker(image, at)
        if marker == _EOI:
            _judge(image, at, size, scans, (width, height))
            return
        if marker in _RESTARTS or marker in {_SOI, _TEM, 0x00}:
            raise _wrong(f"a marker {marker:02x} at byte {at} where none may be")
        payload, at = _segment(image, at)
        if marker in _FRAMES:
            if size != (0, 0):
                raise _wrong("more than one frame")
            size = _frame(marker, payload)
        elif marker == _SOS:
            if size == (0, 0):
                raise _wrong("a scan before its frame")
            at = _scan_end(image, at)
            scans += 1
    raise _wrong(f"more than {MOST_SEGMENTS} segments")


def _judge(image: bytes, at: int, size: tuple[int, int], scans: int, told: tuple[int, int]) -> None:
    if at != len(image):
        raise _wrong(f"{len(image) - at} bytes behind the picture")
    if not scans:
        raise _wrong("no picture in it")
    if size != told:
        raise _wrong(f"{size[0]}x{size[1]} pixels, its record says {told[0]}x{told[1]}")


def _marker(image: bytes, at: int) -> tuple[int, int]:
    """The marker at `at` and where it ends; fill bytes before it are legal."""
    if at >= len(image) or image[at] != 0xFF:
        raise _wrong(f"no marker at byte {at}")
    found = _MARKER.match(image, at)
    if found is None:
        raise _wrong("breaks off in a marker")
    return image[found.end() - 1], found.end()


def _segment(image: bytes, at: int) -> tuple[bytes, int]:
    if at + 2 > len(image):
        raise _wrong("breaks off in a segment")
    (length,) = struct.unpack_from(">H", image, at)
    if length < 2 or at + length > len(image):
        raise _wrong(f"a segment at byte {at} reaches past the end")
    return image[at + 2 : at + length], at + length


def _frame(marker: int, payload: bytes) -> tuple[int, int]:
    if marker not in _SHOWN:
        raise _wrong(f"a coding browsers do not show (frame {marker:02x})")
    if len(payload) < 6:
        raise _wrong("a frame header cut short")
    precision, height, width, components = struct.unpack_from(">BHHB", payload)
    if precision != 8 or components not in {1, 3} or len(payload) != 6 + 3 * components:
        raise _wrong(f"{components} components of {precision} bits")
    if not (1 <= width <= LARGEST_SIDE_PX and 1 <= height <= LARGEST_SIDE_PX) or width * height > MOST_PIXELS:
        raise _wrong(f"{width}x{height} pixels: at most {MOST_PIXELS}, and {LARGEST_SIDE_PX} a side")
    return width, height


def _scan_end(image: bytes, at: int) -> int:
    """Where the entropy-coded data ends: at the first marker that is neither a stuffed byte nor a restart."""
    found = _AFTER_SCAN.search(image, at)
    if found is None:
        raise _wrong("breaks off in the picture")
    if found.start() == at:
        raise _wrong("an empty scan")
    return found.start()


def _wrong(detail: str) -> WireError:
    return WireError("jpeg", detail)
