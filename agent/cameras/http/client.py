"""One question to a camera over HTTP, answered within a clock: with proof of who asks, bounded, its failures typed.

On the standard library alone: httpx costs the worker 12 MB more (measured), bounds each wait but not their sum (who
drips his header outlives any deadline), and does not see a second challenge in one header.
"""

import contextlib
import http.client
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urljoin

from agent.cameras.base import (
    CameraAuthError,
    CameraBusyError,
    CameraError,
    CameraHungError,
    CameraUnavailableError,
    CameraUnreachableError,
    PictureTooLargeError,
    TruncatedError,
)
from agent.cameras.http.address import PORTS, Address, take_apart
from agent.cameras.http.auth import Login, Request, challenges
from agent.cameras.http.socket import Clock, Tls, connect

SCHEMES: Final = ("http", "https")
_ATTEMPTS: Final = 8
"""Requests for one answer: every way of logging in once, stale nonces included."""
_REDIRECTS: Final = 3
_REFUSAL_BYTES: Final = 65_536
"""A refusal's page is read to keep the connection; a longer one is not."""
_PIECE_BYTES: Final = 65_536
_REDIRECT: Final = (301, 302, 303, 307, 308)
_HEADERS: Final = {"User-Agent": "sandi", "Accept": "*/*", "Cache-Control": "no-cache"}
_BUSY: Final = (429, 503)


class Answer:
    """A camera's answer of status 2xx (or of one that was asked for), its body still to be read."""

    def __init__(self, response: http.client.HTTPResponse, where: str) -> None:
        self._response = response
        self.where = where
        self.status = response.status

    def header(self, name: str) -> str:
        """The header's first value, bounded; "" without one."""
        return (self._response.getheader(name) or "")[:1000]

    def pieces(self, max_bytes: int) -> Iterator[bytes]:
        """The body as it comes. PictureTooLargeError beyond `max_bytes`, TruncatedError when less comes than was
        announced."""
        announced = self._response.length
        if announced is not None and announced > max_bytes:
            raise PictureTooLargeError(f"{self.where} announces {announced} bytes; at most {max_bytes} are taken")
        size = 0
        while piece := self._response.read1(_PIECE_BYTES):
            size += len(piece)
            if size > max_bytes:
                raise PictureTooLargeError(f"{self.where} sends more than {max_bytes} bytes")
            yield piece
        if announced is not None and size < announced:
            raise TruncatedError(f"{self.where} announced {announced} bytes and sent {size}")

    def read(self, max_bytes: int) -> bytes:
        """The whole body; errors as `pieces`."""
        return b"".join(self.pieces(max_bytes))


class HttpClient:
    """One camera's door. Holds no connection between questions: cameras have few to give."""

    def __init__(self, login: Login, tls: Tls) -> None:
        self._login = login
        self._tls = tls

    @contextlib.contextmanager
    def ask(
        self,
        address: Address,
        clock: Clock,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
    ) -> Iterator[Answer]:
        """GET, or POST with a body. Any CameraError, also out of the block that reads the answer."""
        self._login.begin()
        with _typed(address.where, clock), contextlib.ExitStack() as stack:
            for _ in range(_REDIRECTS + 1):
                response = self._log_in(address, clock, body, dict(headers or {}), stack)
                stack.callback(response.close)
                if response.status not in _REDIRECT or response.status in accept:
                    _judge(response, address, accept)
                    yield Answer(response, address.where)
                    return
                address = _elsewhere(address, response.getheader("Location") or "")
            raise CameraUnavailableError(f"{address.where} sends from page to page without end: check the path of url")

    @property
    def wants_only_basic(self) -> bool:
        """Whether the camera's last refusal was for a way of logging in that is forbidden here."""
        return self._login.only_basic

    def _log_in(
        self, address: Address, clock: Clock, body: bytes | None, headers: dict[str, str], stack: contextlib.ExitStack
    ) -> http.client.HTTPResponse:
        """The first answer that is no refusal."""
        connection = _Connection(address, self._tls, clock)
        stack.callback(connection.close)
        asked = Request("GET" if body is None else "POST", address.target, body or b"")
        for _ in range(_ATTEMPTS):
            proof = self._login.proof(asked)
            response = connection.exchange(asked, headers | _proving(proof))
            if response is None:
                continue  # with a proof of its own: a camera may have counted the lost one
            if response.status != 401:
                return response
            offered = challenges(response.msg.get_all("WWW-Authenticate") or ())
            _drop(response, connection)
            if not self._login.refused(offered):
                break
        raise CameraAuthError(self._login.verdict(address.where))


def _proving(proof: str | None) -> dict[str, str]:
    return {} if proof is None else {"Authorization": proof}


class _Connection(http.client.HTTPConnection):
    """http.client over a socket of ours."""

    def __init__(self, address: Address, tls: Tls, clock: Clock) -> None:
        super().__init__(address.host, address.port)
        self.default_port = PORTS[address.scheme]
        self._made_of = (address, tls, clock)

    def connect(self) -> None:
        self.sock = connect(*self._made_of)

    def exchange(self, asked: Request, headers: Mapping[str, str]) -> http.client.HTTPResponse | None:
        """The answer; None when the camera had silently closed a connection it was to keep. The next is a new one."""
        kept = self.sock is not None
        try:
            self.request(asked.method, asked.target, asked.body or None, {**_HEADERS, **headers})
            return self.getresponse()
        except ConnectionError:  # RemoteDisconnected is one
            self.close()
            if not kept:
                raise
            return None


def _drop(response: http.client.HTTPResponse, connection: _Connection) -> None:
    """Be done with a refusal, keeping the connection where that is cheap."""
    if response.length is None or response.length > _REFUSAL_BYTES:
        connection.close()
    else:
        response.read()
    response.close()


def _judge(response: http.client.HTTPResponse, address: Address, accept: tuple[int, ...]) -> None:
    status, where = response.status, address.where
    if 200 <= status < 300 or status in accept:
        return
    if status == 403:
        raise CameraAuthError(f"{where} forbids it (403): give this user the right to see pictures")
    if status in _BUSY:
        raise CameraBusyError(f"{where} is busy ({status}): fewer programs may watch it at once")
    if status in (404, 405, 410):
        raise CameraUnavailableError(f"{where} has no such page ({status}): check the path of url")
    raise CameraUnavailableError(f"{where} answers {status}: restart the camera, or check the path of url")


def _elsewhere(address: Address, location: str) -> Address:
    """Where a redirect leads: the same camera, and never out of https. CameraUnavailableError otherwise."""
    base = f"{address.scheme}://{address.where}{address.target}"
    try:
        new = take_apart(urljoin(base, location).partition("#")[0], SCHEMES)
    except ValueError:
        raise CameraUnavailableError(f"{address.where} sends to an impossible address: check url") from None
    if new.host != address.host or (address.scheme == "https" and new.scheme != "https"):
        raise CameraUnavailableError(f"{address.where} sends to {new.where}: set url to where the picture really is")
    return new


@contextlib.contextmanager
def _typed(where: str, clock: Clock) -> Iterator[None]:
    """What goes wrong on the way, in the words of cameras, nothing chained: a library's error may show the address."""
    try:
        yield
        return
    except CameraError:
        raise
    except TimeoutError:
        found = _silence(where, clock)
    except http.client.IncompleteRead:
        found = TruncatedError(f"{where} ended its answer before it was whole")
    except (ConnectionError, http.client.RemoteDisconnected) as error:
        found = _cut(where, clock, error)
    except (http.client.HTTPException, ValueError):
        found = CameraUnavailableError(f"{where} answers something that is not HTTP: check the port of url")
    except ssl.SSLError as error:
        found = CameraUnavailableError(f"{where}: the encryption failed ({error.reason or 'TLS'}): check https in url")
    except OSError as error:
        found = CameraUnreachableError(f"{where}: {error.strerror or type(error).__name__}")
    raise found from None


def _silence(where: str, clock: Clock) -> CameraError:
    if clock.heard_s is None:
        return CameraUnreachableError(f"{where} says nothing: check its power, cable and address")
    silent_s = round(time.monotonic() - clock.heard_s, 1)
    return CameraHungError(f"{where} began to answer and was not done {silent_s} s later: restart the camera")


def _cut(where: str, clock: Clock, error: Exception) -> CameraError:
    if clock.heard_s is None or isinstance(error, http.client.RemoteDisconnected):
        return CameraUnreachableError(f"{where} closes the connection without an answer: check the port of url")
    return TruncatedError(f"{where} cut the connection in the middle of its answer")
