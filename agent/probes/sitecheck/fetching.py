"""One polite GET: named, conditional, capped, and compressed where the server can: lines are shared."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.core.observation import Reason, Scalar
from agent.probes.errors import ProbeError
from agent.probes.http1 import Head
from agent.probes.httprequest import Request
from agent.probes.resolve import Resolver
from agent.probes.url import parse_url
from agent.version import VERSION

PAGE_BYTES = 256 * 1024
_RECEIVED_HEADER = 300
"""Characters of a validator that are kept: nobody's ETag is longer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `capped`: there was more."""

    url: str
    head: Head
    body: bytes
    capped: bool
    phases_ms: Mapping[str, float]
    detail: Mapping[str, Scalar] = field(default_factory=dict)

    def header(self, name: str) -> str:
        value = self.head.headers.get(name, "")
        return value if len(value) <= _RECEIVED_HEADER else ""


@dataclass(slots=True)
class Fetcher:
    """`contact` is told to every server. `phases_ms`, `detail`: of the request under way or the last one."""

    resolver: Resolver
    timeout_s: float
    contact: str
    ca_file: str
    phases_ms: Mapping[str, float] = field(default_factory=dict)
    detail: Mapping[str, Scalar] = field(default_factory=dict)

    async def get(self, url: str, limit: int, conditions: Mapping[str, str] | None = None) -> Answer:
        """The answer to one GET, redirects not followed. Raises ProbeError; the caller limits the time."""
        request = self._request(url, limit, conditions or {})
        head, body = await request.fetch(_Now(self.resolver), self.timeout_s)
        content, cut = unpacked(body.kept, head.headers.get("content-encoding", ""), limit)
        return Answer(url, head, content, body.capped or cut, request.phases_ms, dict(request.detail))

    async def touch(self, url: str) -> None:
        """Only connect, with TLS where the address says so. Raises ProbeError; the caller limits the time."""
        await self._request(url, 1, {}).touch(_Now(self.resolver), self.timeout_s)

    def _request(self, url: str, limit: int, conditions: Mapping[str, str]) -> Request:
        who = f"; {self.contact}" if self.contact else ""
        agent = f"Sandi/{VERSION} (site monitor{who})"
        own = {"User-Agent": agent, "Accept-Language": "id, en;q=0.5", "Accept-Encoding": "gzip"}
        headers = {**own, **conditions}
        try:
            parsed = parse_url(url)
        except ValueError as error:  # where a redirect leads is the server's to say
            raise ProbeError(Reason.HTTP_MALFORMED, {"error": str(error)[:200]}) from error
        request = Request(parsed, "", limit, self.ca_file, headers)
        self.phases_ms, self.detail = request.phases_ms, request.detail
        return request


class _Now:
    """Addresses as they are now: that a site's name has stopped resolving is a finding, not a reason to recall it."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def address(self, host: str, timeout_s: float) -> str:
        return await self._resolver.address_now(host, timeout_s)


def unpacked(body: bytes, coding: str, limit: int) -> tuple[bytes, bool]:
    """The body without gzip or deflate, at most `limit` bytes of it, and whether there was more.

    An unknown coding, or bytes that are not what they are called, leave the body as it is.
    """
    coding = coding.strip().lower()
    if coding not in ("gzip", "x-gzip", "deflate"):
        return body, False
    # 32: zlib or gzip by the header; servers that say deflate send either zlib or bare deflate (RFC 9110 8.4.1.2).
    for bits in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
        unpacker = zlib.decompressobj(bits)
        try:
            return unpacker.decompress(body, limit), bool(unpacker.unconsumed_tail)
        except zlib.error:
            continue
    return body, False
