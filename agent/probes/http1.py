"""The reading side of HTTP/1.1, strict and bounded: response head, and body by length, by chunks or to the end.

Rules: RFC 9112. Anything doubtful (two lengths, a length beside chunks, bare line feeds, a header without a colon)
is an error, because a site that says it is broken and a box in the middle that makes things up look the same.
Parsing is apart from sockets: feed bytes, get bytes.
"""

from dataclasses import dataclass

MAX_HEAD_BYTES = 16_384
MAX_HEADERS = 100
_MAX_CHUNK_LINE = 256


class HttpFormatError(Exception):
    """These bytes are not HTTP/1.1; the text says which rule is broken."""


class HeadTooLargeError(HttpFormatError):
    """The response head does not end within `MAX_HEAD_BYTES`."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers (names in lower case; of repeated ones the last, except lengths, which must not repeat)."""

    status: int
    headers: dict[str, str]


def parse_head(data: bytes) -> tuple[Head, bytes] | None:
    """The head in front of `data` and the bytes behind it; None while it is not complete. Raises HttpFormatError."""
    head, found, rest = data.partition(b"\r\n\r\n")
    if len(head) > MAX_HEAD_BYTES:
        raise HeadTooLargeError(f"no end of the head within {MAX_HEAD_BYTES} bytes")
    if not found:
        if not b"HTTP/1.".startswith(data[:7]):
            raise HttpFormatError("this is not HTTP/1")
        return None
    lines = head.split(b"\r\n")
    if len(lines) > MAX_HEADERS + 1:
        raise HeadTooLargeError(f"more than {MAX_HEADERS} headers")
    return Head(_status(lines[0]), _headers(lines[1:])), rest


def _status(line: bytes) -> int:
    fields = line.split(b" ", 2)
    if len(fields) < 2 or fields[0] not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise HttpFormatError("the status line is not one of HTTP/1")
    if len(fields[1]) != 3 or not fields[1].isdigit() or fields[1][:1] not in b"12345":
        raise HttpFormatError("the status is not a number from 100 to 599")
    return int(fields[1])


def _headers(lines: list[bytes]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip() or b"\n" in line or b"\r" in line or b"\0" in line:
            raise HttpFormatError("a header is malformed")
        key, text = name.decode("latin-1").lower(), value.strip().decode("latin-1")
        if key in ("content-length", "transfer-encoding") and found.get(key, text) != text:
            raise HttpFormatError(f"two different {key} headers")
        found[key] = text
    return found


class Body:
    """Takes the body in as it comes and keeps at most `limit` bytes of it in `kept`.

    `done`: it ended as announced, or `limit` is reached (`capped`). `complete()` says whether it may end here.
    """

    def __init__(self, head: Head, limit: int) -> None:
        self.kept = b""
        self.done = False
        self.capped = False
        self._limit = limit
        self._left: int | None = None
        self._chunks: _Chunks | None = None
        coding, length = head.headers.get("transfer-encoding"), head.headers.get("content-length")
        if coding is not None:
            if length is not None or coding.lower() != "chunked":
                raise HttpFormatError("a transfer coding that is not plain chunked")
            self._chunks = _Chunks()
        elif length is not None:
            if not length.isascii() or not length.isdigit() or len(length) > 15:
                raise HttpFormatError("the content length is not a number")
            self._left = int(length)
        if head.status in (204, 304) or self._left == 0:
            self._left, self._chunks, self.done = 0, None, True

    def feed(self, data: bytes) -> None:
        """Take more bytes. Raises HttpFormatError."""
        if self._chunks is not None:
            data = self._chunks.feed(data)
            self.done = self._chunks.done
        elif self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
            self.done = self._left == 0
        self.kept += data[: self._limit - len(self.kept)]
        if len(self.kept) >= self._limit and not self.done:
            self.capped = self.done = True

    def complete(self) -> bool:
        """The stream ended here: is that where the body ends?"""
        return self.done or (self._left is None and self._chunks is None)


class _Chunks:
    """The chunked coding, taken off: length line, that many bytes, line end; a length of 0 ends it."""

    def __init__(self) -> None:
        self.done = False
        self._buffer = b""
        self._left = 0  # bytes of the current chunk that are still to come
        self._line_end_due = False

    def feed(self, data: bytes) -> bytes:
        self._buffer += data
        out = []
        while not self.done:
            if self._left:
                part = self._buffer[: self._left]
                if not part:
                    break
                out.append(part)
                self._buffer = self._buffer[len(part) :]
                self._left -= len(part)
                self._line_end_due = self._left == 0
            elif not self._next_line():
                break
        return b"".join(out)

    def _next_line(self) -> bool:
        """Read the line end behind a chunk, or the next length; False when it is not all there."""
        line, found, rest = self._buffer.partition(b"\r\n")
        if self._line_end_due and line:
            if not b"\r\n".startswith(line[:2]):
                raise HttpFormatError("a chunk does not end where it said")
            return False
        if len(line) > _MAX_CHUNK_LINE:
            raise HttpFormatError("a chunk's length line is too long")
        if not found:
            return False
        self._buffer = rest
        if self._line_end_due:
            self._line_end_due = False
            return True
        self._left = self._size(line)
        self.done = self._left == 0
        return True

    @staticmethod
    def _size(line: bytes) -> int:
        digits = line.partition(b";")[0].strip()
        if not 0 < len(digits) <= 8 or any(digit not in b"0123456789abcdefABCDEF" for digit in digits):
            raise HttpFormatError("a chunk's length is not a number")
        return int(digits, 16)
