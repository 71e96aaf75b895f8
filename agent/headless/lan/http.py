"""As much of HTTP/1.1 (RFC 9112) as the page needs, and nothing more: a request read strictly, an answer written out.

One request per connection, no chunks, no continuation lines, no upgrade. What is not exactly right is refused with a
status, never guessed at: a parser that is lenient disagrees with some other one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

MOST_HEAD_BYTES: Final = 4096
MOST_BODY_BYTES: Final = 256
MOST_FIELDS: Final = 64
_REQUEST: Final = re.compile(rb"(GET|HEAD|POST) (/[!-~]{0,500}) HTTP/1\.[01]")
_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_VALUE: Final = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
"""Of a header field. Apart, and the blanks around the value taken off beforehand: as one pattern they could be shared
out in so many ways that one line of 4,000 blanks held the loop for a minute."""
_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
REASONS: Final = {
    200: "OK", 303: "See Other", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    408: "Request Timeout", 413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
    421: "Misdirected Request", 422: "Unprocessable Content", 429: "Too Many Requests",
    431: "Request Header Fields Too Large", 501: "Not Implemented", 503: "Service Unavailable",
}  # fmt: skip
HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),  # without it a form does not say whose page it was on
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Connection", "close"),
)


class RequestError(Exception):
    """A request that is not served; `status` is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One whole request. Names of header fields are in lower case; `path` has its escapes undone."""

    method: str
    path: str
    query: Mapping[str, str]
    fields: Mapping[str, str]
    body: bytes = b""

    @property
    def cookies(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for part in self.fields.get("cookie", "").split(";")[:16]:
            name, equals, value = part.strip().partition("=")
            if equals:
                found.setdefault(name, value)
        return found

    def form(self) -> dict[str, str]:
        """The fields of a form that was sent. RequestError (415) for any other content."""
        kind = self.fields.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise RequestError(415)
        return _pairs(self.body.decode("latin-1"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `headers` are in addition to those every answer has."""

    status: int
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = ()
    kind: str = "text/html; charset=utf-8"
    extra: Sequence[tuple[str, str]] = field(default=HEADERS)


def head_of(data: bytes, most_body_bytes: int = MOST_BODY_BYTES) -> tuple[Request, int] | None:
    """The request without its body, and the body's length; None while the head is not whole. RequestError."""
    end = data.find(b"\r\n\r\n")
    if end < 0 or end > MOST_HEAD_BYTES:
        if len(data) > MOST_HEAD_BYTES:
            raise RequestError(414 if b"\r\n" not in data[:MOST_HEAD_BYTES] else 431)
        return None
    first, *lines = data[:end].split(b"\r\n")
    method, path, query = _first(first)
    fields = _fields(lines)
    return Request(method, path, query, fields), _body_length(method, fields, most_body_bytes)


def encode(answer: Answer, *, with_body: bool = True) -> bytes:
    """The answer as bytes; without its body for HEAD."""
    lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Unknown')}"]
    headers = (("Content-Type", answer.kind), ("Content-Length", str(len(answer.body))), *answer.extra, *answer.headers)
    for name, value in headers:
        if "\r" in value or "\n" in value:
            raise ValueError(f"the header {name} holds a line break")
        lines.append(f"{name}: {value}")
    return "\r\n".join((*lines, "", "")).encode("latin-1") + (answer.body if with_body else b"")


def _first(line: bytes) -> tuple[str, str, dict[str, str]]:
    found = _REQUEST.fullmatch(line)
    if found is None:
        known = re.match(rb"[A-Z]{1,20} /", line)
        if known and not line.startswith((b"GET ", b"HEAD ", b"POST ")):
            raise RequestError(405)
        raise RequestError(400)
    target = found[2].decode("ascii")
    path, _, query = target.partition("?")
    return found[1].decode("ascii"), _decoded(path), _pairs(query)


def _fields(lines: Sequence[bytes]) -> dict[str, str]:
    if len(lines) > MOST_FIELDS:
        raise RequestError(431)
    found: dict[str, str] = {}
    for line in lines:
        label, colon, value = line.partition(b":")
        value = value.strip(b" \t")
        if not colon or not _NAME.fullmatch(label) or not _VALUE.fullmatch(value):
            raise RequestError(400)
        name = label.decode("ascii").lower()
        if name in found and name in ("host", "content-length", "transfer-encoding", "content-type", "cookie"):
            raise RequestError(400)
        found[name] = value.decode("latin-1")
    if "host" not in found:
        raise RequestError(400)
    return found


def _body_length(method: str, fields: Mapping[str, str], most_bytes: int) -> int:
    if "transfer-encoding" in fields:
        raise RequestError(501)
    length = fields.get("content-length", "0")
    if not re.fullmatch(r"[0-9]{1,9}", length):
        raise RequestError(400)
    if method != "POST" and int(length):
        raise RequestError(400)
    if int(length) > most_bytes:
        raise RequestError(413)
    return int(length)


def _pairs(text: str) -> dict[str, str]:
    """`a=1&b=2`, the first of each name, at most eight."""
    found: dict[str, str] = {}
    for part in text.split("&")[:8]:
        name, equals, value = part.partition("=")
        if equals:
            found.setdefault(_decoded(name.replace("+", " ")), _decoded(value.replace("+", " ")))
    return found


def _decoded(text: str) -> str:
    if _ESCAPE.search(text):
        raise RequestError(400)
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(400) from error
