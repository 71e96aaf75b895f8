"""A camera's own JPEG without what it says beside the picture: EXIF (GPS, serial number), thumbnails, comments, tails.

No pixel is touched: only the segments that a decoder needs are copied (ITU-T T.81, annex B).
"""

from typing import Final

from wire.errors import WireError
from wire.jpeg import EOI, SOI, segments

_NEEDED: Final = {
    *(marker for marker in range(0xC0, 0xD0) if marker != 0xC8),  # frame headers, DHT, DAC
    0xDA,  # SOS
    0xDB,  # DQT
    0xDD,  # DRI
    0xEE,  # APP14 of Adobe, which tells the colours apart
}
_JFIF, _SOS, _EOI, _STUFFED, _FILL = 0xE0, 0xDA, 0xD9, 0x00, 0xFF
_RESTARTS: Final = range(0xD0, 0xD8)
_JFIF_BYTES: Final = 14
"""Of the payload, up to and with the size of the thumbnail that may follow."""
_ADOBE_BYTES: Final = 12


def plain_jpeg(content: bytes) -> bytes | None:
    """The same picture with nothing but the picture; None when the file is not built as usual."""
    try:
        head = segments(content)
        kept = [SOI, *(_copied(one.marker, one.payload) for one in head)]
        scan = head[-1].end
        while True:
            end = _end_of_scan(content, scan)
            kept.append(content[scan:end])
            if content[end + 1] == _EOI:
                return b"".join((*kept, EOI))
            more = segments(SOI + content[end:])  # a progressive picture has more scans
            kept.extend(_copied(one.marker, one.payload) for one in more)
            scan = end + more[-1].end - len(SOI)
    except (WireError, IndexError):
        return None


def _copied(marker: int, payload: bytes) -> bytes:
    """The segment as it may stay; nothing when it may not."""
    if marker == _JFIF and payload.startswith(b"JFIF\0") and len(payload) >= _JFIF_BYTES:
        payload = payload[: _JFIF_BYTES - 2] + b"\0\0"  # a thumbnail of 0 by 0
    elif marker not in _NEEDED:
        return b""
    elif marker == 0xEE:
        if not payload.startswith(b"Adobe") or len(payload) < _ADOBE_BYTES:
            return b""
        payload = payload[:_ADOBE_BYTES]
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the entropy-coded data that begins here ends: at the 0xFF of the next true marker. IndexError: nowhere."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0:
            raise IndexError("no marker ends the scan")
        marker = content[at + 1]
        if marker == _FILL:
            at += 1
        elif marker == _STUFFED or marker in _RESTARTS:
            at += 2
        else:
            return at
