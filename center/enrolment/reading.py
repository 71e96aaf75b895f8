"""HTTP/1.1 of the enrolment listener: one request within its limits, one answer, over. Pure: bytes in, a request out.

h11 reads the grammar. What is allowed of it here is little: three paths and release bundles, no other method, no body
without a purpose, and everything together not above the limits. Whatever else comes is one refusal, "request".
"""

from dataclasses import dataclass, field
from typing import Final

import h11

from center.enrolment.config import Limits
from center.enrolment.releases import Wanted, wanted
from wire.enrolment import ENROL_PATH, RENEW_PATH, TRUST_PATH

METHODS: Final = {ENROL_PATH: b"POST", RENEW_PATH: b"POST", TRUST_PATH: b"GET"}
_REASONS: Final = {
    200: b"OK", 202: b"Accepted", 400: b"Bad Request", 401: b"Unauthorized", 403: b"Forbidden", 404: b"Not Found",
    409: b"Conflict", 410: b"Gone", 429: b"Too Many Requests", 503: b"Service Unavailable",
}  # fmt: skip


class BadRequestError(Exception):
    """What came is no request of this API; the text says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """Which of the three, and its body; or a release bundle."""

    path: str
    body: bytes
    release: Wanted | None = None


@dataclass(slots=True)
class Reading:
    """Feed it what arrives until it has the request; b"" is the end of the stream."""

    limits: Limits
    _path: str = ""
    _release: Wanted | None = None
    _body: bytearray = field(default_factory=bytearray)
    _raw_bytes: int = 0
    _http: h11.Connection = field(init=False)

    def __post_init__(self) -> None:
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=self.limits.head_bytes)

    def feed(self, data: bytes) -> Request | None:
        """The request once it is whole. Raises BadRequestError."""
        self._raw_bytes += len(data)
        if self._raw_bytes > 2 * self.limits.body_bytes:
            raise BadRequestError("too large")
        try:
            self._http.receive_data(data)
            return self._read()
        except h11.RemoteProtocolError as error:
            raise BadRequestError(str(error)[:100]) from error

    def _read(self) -> Request | None:
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Request):
                self._check_head(event)
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > self.limits.body_bytes:
                    raise BadRequestError("the body is too large")
            elif isinstance(event, h11.EndOfMessage):
                if (self._path == TRUST_PATH or self._release) and self._body:
                    raise BadRequestError("a body where none belongs")
                return Request(self._path, bytes(self._body), self._release)
            elif event is h11.NEED_DATA:
                return None
            else:  # the stream is over, or another request stands behind this one
                raise BadRequestError("not a whole request")

    def _check_head(self, head: h11.Request) -> None:
        path = head.target.decode("ascii", "replace")
        self._release = _release(path, head)
        if (b"GET" if self._release else METHODS.get(path)) != head.method:
            raise BadRequestError("not this API")
        if head.http_version != b"1.1":
            raise BadRequestError("not HTTP/1.1")
        self._path = path


def _release(path: str, head: h11.Request) -> Wanted | None:
    ranges = [value for name, value in head.headers if name == b"range"]
    try:
        return wanted(path, ranges[0].decode("ascii", "replace") if ranges else None)
    except ValueError as error:
        raise BadRequestError(str(error)) from error


def answer_bytes(status: int, body: bytes) -> bytes:
    """The whole answer; the connection ends with it."""
    reason = _REASONS.get(status, b"Answer")
    return b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (
        status, reason, len(body), body,
    )  # fmt: skip
