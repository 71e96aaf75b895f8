"""Where a JPEG ends, found by walking over its markers without decoding it (ITU-T T.81, B.1.1).

Decoders conceal damage: a picture that lacks its lower half, or has another one in it, comes out grey or torn and
without an error. Here an end that is missing, or a marker where none can be, is told. Damage that leaves no impossible
marker (a few wrong bytes in the compressed data) is not seen.
"""

import re
from typing import Final

from wire.jpeg import MAX_SEGMENTS, SOI

_SOS, _EOI = 0xDA, 0xD9
_AFTER_SCAN: Final = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
"""In compressed data 0xFF is followed by 0x00, or by a restart marker; what else follows ends it."""
_NEVER: Final = frozenset({0x00, 0x01, *range(0x02, 0xC0), *range(0xD0, 0xD9), 0xF0, 0xFF})
"""Reserved, or without a place between segments: a second start among them."""
_MAX_SCANS: Final = MAX_SEGMENTS
"""A progressive picture has about ten."""


class JpegError(ValueError):
    """Bytes that no JPEG has there."""


def end_of_jpeg(content: bytes) -> int | None:
    """How many bytes the picture at the beginning of `content` has, its end marker included; None when it does not end.

    JpegError when it is none or damaged. What follows its end is not looked at.
    """
    if content[:2] != SOI:
        raise JpegError("it does not begin as a JPEG")
    at, segments = 2, 0
    while at + 2 <= len(content):
        if content[at] != 0xFF:
            raise JpegError(f"no marker at byte {at}")
        marker = content[at + 1]
        if marker == 0xFF:  # filling
            at += 1
            continue
        if marker == _EOI:
            return at + 2
        segments += 1
        if marker in _NEVER or segments > MAX_SEGMENTS + _MAX_SCANS:
            raise JpegError(f"an impossible marker at byte {at}")
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == _SOS:
            found = _AFTER_SCAN.search(content, at)
            if found is None:
                return None
            at = found.start()
    return None
