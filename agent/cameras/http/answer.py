"""The picture in an HTTP camera's answer: the whole body, or the first whole part of a multipart stream (MJPEG)."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from agent.cameras.base import PictureInvalidError, TruncatedError
from agent.cameras.http.client import Answer
from agent.cameras.jpeg_end import JpegError, end_of_jpeg
from wire.jpeg import SOI

MAX_BODY_BYTES: Final = 20_000_000
"""A still of a 50-megapixel camera; anything larger is no picture."""
MAX_PART_HEAD_BYTES: Final = 8192
_OLDEST_S: Final = 366 * 86_400.0
_PADDING: Final = b"\0\r\n "
"""What some cameras write before a picture."""
_BLANK: Final = re.compile(rb"\r?\n\r?\n")
_LENGTH: Final = re.compile(rb"(?im)^content-length:[ \t]*(\d{1,9})[ \t]*\r?$")


def read_picture(answer: Answer) -> bytes:
    """The JPEG's bytes from its beginning to its end marker; what cameras write around it is left out.

    PictureInvalidError when it is something else or damaged, TruncatedError when it has no end, PictureTooLargeError.
    """
    kind = answer.header("Content-Type")
    if kind.lower().startswith("multipart/"):
        content = first_part(answer.pieces(MAX_BODY_BYTES), _boundary(kind))
    else:
        content = answer.read(MAX_BODY_BYTES)
    content = content.lstrip(_PADDING)
    if not content.startswith(SOI):
        raise PictureInvalidError(f"{answer.where} {_described(content, kind)}: check the path of url")
    try:
        end = end_of_jpeg(content)
    except JpegError as error:
        raise PictureInvalidError(f"{answer.where} sent a damaged picture: {error}") from None
    if end is None:
        raise TruncatedError(f"{answer.where} sent {len(content)} bytes of a picture without its end")
    return content[:end]


def age_told_ms(answer: Answer) -> int:
    """How old the answer itself says its picture is: kept that long by something between (RFC 9111, 5.1), or last
    changed so long before it was sent, both by the camera's own clock. A recorder's file that is no longer written
    must not pass for new; a date more than a year before is that of a firmware, not of a picture."""
    kept = answer.header("Age")
    kept_s = float(kept) if kept.isascii() and kept.isdigit() and len(kept) < 10 else 0.0
    changed, sent = (_date(answer.header(name)) for name in ("Last-Modified", "Date"))
    old_s = (sent - changed).total_seconds() if changed and sent else 0.0
    return round(1000 * (kept_s + (old_s if 0 < old_s <= _OLDEST_S else 0.0)))


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def first_part(pieces: Iterator[bytes], boundary: bytes) -> bytes:
    """The first part of a stream, by its length or up to the next boundary; b"" when none came whole."""
    stream = bytearray()
    begin = length = -1
    for piece in pieces:
        searched = max(0, len(stream) - len(boundary) - 4)
        stream += piece
        if begin < 0:
            begin, length = _part_head(stream, boundary)
            searched = max(begin, 0)
        if begin < 0:
            if len(stream) > MAX_PART_HEAD_BYTES:
                return b""
        elif length >= 0:
            if len(stream) >= begin + length:
                return bytes(stream[begin : begin + length])
        elif (end := stream.find(boundary, max(begin, searched))) >= 0:
            return bytes(stream[begin:end])
    return bytes(stream[begin:]) if begin >= 0 else b""


def _part_head(stream: bytearray, boundary: bytes) -> tuple[int, int]:
    """(where the first part's content begins, its announced length or -1); (-1, -1) while its head is incomplete."""
    start = stream.find(boundary)
    blank = _BLANK.search(stream, start + len(boundary)) if start >= 0 else None
    if blank is None:
        return -1, -1
    length = _LENGTH.search(stream, start, blank.start() + 1)
    return blank.end(), int(length[1]) if length else -1


def _boundary(kind: str) -> bytes:
    """The line that begins a part; cameras name it with and without its two hyphens."""
    found = re.search(r'(?i);\s*boundary\s*=\s*"?([^\s";]{1,70})', kind)
    return b"--" + (found[1].lstrip("-").encode("latin-1") if found else b"")


def _described(content: bytes, kind: str) -> str:
    if not content:
        return "sent an empty answer"
    if "html" in kind.lower() or re.match(rb"(?i)<(!doctype|html|head)", content):
        return "sent a web page, not a picture (perhaps its login page)"
    plain = re.sub(r"[^\w/+.-]", "", kind.partition(";")[0])[:60]
    return f"sent {plain or 'something'} that is not a JPEG"
