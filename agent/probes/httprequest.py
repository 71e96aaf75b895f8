"""One HTTP GET, phase by phase, on a connection of its own: the part of the http probe that talks."""

import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from agent.core.observation import Reason, Scalar
from agent.probes import http1, sockets, tlsdates
from agent.probes.errors import ProbeError
from agent.probes.url import Url
from agent.tls import without_dates_while_clock_is_wrong

_RECEIVE_BYTES = 16_384
_MAX_INTERIM = 5
"""Interim responses (100 Continue, 103 Early Hints) passed over; nobody sends more to a plain GET."""
_CA_FOLDER = "/etc/ssl/certs"
"""Looked up one by one by OpenSSL: reading the whole bundle would cost a megabyte that stays."""


class Addresses(Protocol):
    """Looks a host up; `agent.probes.resolve.Resolver` does."""

    async def address(self, host: str, timeout_s: float) -> str: ...


class Request:
    """One GET; `phases_ms` are the times of the phases that ended, `detail["phase"]` the one under way.

    `headers` go with the request, in place of its own of the same name.
    """

    def __init__(
        self, url: Url, expect: str, max_body_bytes: int, ca_file: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self._url = url
        self._expect = expect.encode()
        self._max_body_bytes = max_body_bytes
        self._ca_file = ca_file
        self._headers = headers or {}
        self._since = time.perf_counter()
        self.phases_ms: dict[str, float] = {}
        self.detail: dict[str, Scalar] = {}

    async def run(self, resolver: Addresses, timeout_s: float) -> None:
        """The whole request, and what is to be thought of it. Raises ProbeError; the caller limits the time."""
        self._judge(*await self.fetch(resolver, timeout_s))

    async def fetch(self, resolver: Addresses, timeout_s: float) -> tuple[http1.Head, http1.Body]:
        """The whole request, whatever the answer. Raises ProbeError; the caller limits the time."""
        connection = await self._connected(resolver, timeout_s)
        try:
            return await self._exchange(connection)
        finally:
            connection.close()

    async def touch(self, resolver: Addresses, timeout_s: float) -> None:
        """Only connect (and shake hands). Raises ProbeError; the caller limits the time."""
        (await self._connected(resolver, timeout_s)).close()

    async def _connected(self, resolver: Addresses, timeout_s: float) -> sockets.Connection:
        self.detail["phase"] = "resolve"
        self.detail["address"] = address = await resolver.address(self._url.host, timeout_s)
        self._ended("resolve", "connect")
        connection = await sockets.connect(address, self._url.port)
        try:
            self._ended("connect", "tls" if self._url.secure else "first_byte")
            if self._url.secure:
                await self._start_tls(connection)
                self._ended("tls", "first_byte")
        except BaseException:
            connection.close()
            raise
        return connection

    def _ended(self, phase: str, following: str) -> None:
        now = time.perf_counter()
        self.phases_ms[phase] = (now - self._since) * 1000
        self._since = now
        self.detail["phase"] = following

    async def _start_tls(self, connection: sockets.Connection) -> None:
        await connection.start_tls(_tls_context(self._ca_file), self._url.host)
        if isinstance(connection.sock, ssl.SSLSocket):
            der = connection.sock.getpeercert(binary_form=True) or b""
            self.detail["certificate_days"] = tlsdates.days_left(der, time.time())

    async def _exchange(self, connection: sockets.Connection) -> tuple[http1.Head, http1.Body]:
        headers = {
            "Host": self._url.authority,
            "User-Agent": "sandi",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **self._headers,
        }
        lines = [f"GET {self._url.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        await connection.send("\r\n".join([*lines, "", ""]).encode("latin-1"))
        try:
            head, rest = await self._head(connection)
            body = http1.Body(head, self._max_body_bytes)
            await self._body(connection, body, rest)
        except http1.HeadTooLargeError as error:
            raise ProbeError(Reason.HTTP_TOO_LARGE, {"error": str(error)}) from error
        except http1.HttpFormatError as error:
            raise ProbeError(Reason.HTTP_MALFORMED, {"error": str(error)}) from error
        self._ended("body", "judge")
        return head, body

    async def _head(self, connection: sockets.Connection) -> tuple[http1.Head, bytes]:
        data = b""
        interim = 0
        while True:
            found = http1.parse_head(data) if data else None
            if found is not None and found[0].status >= 200:
                return found
            if found is not None:
                data, interim = found[1], interim + 1
                if interim > _MAX_INTERIM:
                    raise http1.HttpFormatError("interim responses without end")
                continue
            more = await connection.receive(_RECEIVE_BYTES)
            if not more:
                raise ProbeError(Reason.HTTP_TRUNCATED if data else Reason.RESET)
            if "first_byte" not in self.phases_ms:
                self._ended("first_byte", "body")
            data += more

    async def _body(self, connection: sockets.Connection, body: http1.Body, data: bytes) -> None:
        body.feed(data)
        while not body.done:
            data = await connection.receive(_RECEIVE_BYTES)
            if not data:
                if not body.complete():
                    raise ProbeError(Reason.HTTP_TRUNCATED)
                return
            body.feed(data)

    def _judge(self, head: http1.Head, body: http1.Body) -> None:
        self.detail |= {"status": head.status, "body_bytes": len(body.kept)}
        if body.capped:
            self.detail["body_capped"] = True
        for name in ("location", "last-modified"):
            if name in head.headers:
                self.detail[name.replace("-", "_")] = head.headers[name]
        if head.status >= 400:
            raise ProbeError(Reason.HTTP_STATUS)
        if self._expect not in body.kept:
            raise ProbeError(Reason.HTTP_CONTENT)


def _tls_context(ca_file: str) -> ssl.SSLContext:
    """Made anew for each request: it is cheap, and new authorities are known at once. Raises ProbeError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if ca_file:
            context.load_verify_locations(cafile=ca_file)
        elif Path(_CA_FOLDER).is_dir():
            context.load_verify_locations(capath=_CA_FOLDER)
        else:
            context.load_default_certs()
    except (OSError, ssl.SSLError) as error:
        raise ProbeError(Reason.CREDENTIALS, {"error": str(error), "hint": f"ca_file {ca_file}"}) from error
    return without_dates_while_clock_is_wrong(context)
