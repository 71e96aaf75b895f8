"""Web sites for the site probe: a table of paths behind a real server, and a note of what was asked."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from agent.clock import Clock
from agent.core.observation import Observation
from agent.probes.context import Context, Memory, Target
from agent.probes.execute import observe
from agent.probes.pinger import Pinger
from agent.probes.resolve import Resolver
from agent.probes.site import SiteConfig, SiteItem, SitesConfig
from tests.support.serving import read_request, serving

HOME = "<html><head><title>Dinas Contoh</title></head><body><h1>Selamat datang</h1><p>%s</p></body></html>"


@dataclass(slots=True)
class Reply:
    """One answer; `validator` makes it conditional."""

    body: bytes | str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""

    def bytes(self, head: str) -> bytes:
        body = self.body.encode() if isinstance(self.body, str) else self.body
        headers = {"Content-Type": "text/html; charset=utf-8", **self.headers}
        status = self.status
        if self.etag:
            headers["ETag"] = self.etag
            if f"If-None-Match: {self.etag}" in head:
                body, status = b"", 304
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class Website:
    """`pages` by path; `asked` lists (path, head) of what came. Unknown paths are 404."""

    def __init__(self, **pages: Reply) -> None:
        self.pages = {f"/{path}": reply for path, reply in pages.items()}
        self.asked: list[tuple[str, str]] = []
        self.port = 0

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def handler(self, connection: socket.socket) -> None:
        head = read_request(connection).decode("latin-1")
        if not head:
            return
        path = head.split(" ", 2)[1]
        self.asked.append((path, head))
        connection.sendall(self.pages.get(path, Reply("tidak ada", 404)).bytes(head))


@contextmanager
def online(site: Website, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve the site; its first page's address."""
    with serving(site.handler, tls) as port:
        site.port = port
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}/"


class Watch:
    """One site watched over several looks, as the runner does it, with a clock that can be set on."""

    def __init__(self, url: str, item: dict[str, Any] | None = None, *, thorough: bool = False, **shared: Any) -> None:
        config = SitesConfig(**{"timeout_s": 60.0, **shared})
        self.config = SiteConfig(SiteItem("Dinas Contoh", url, **(item or {})), config, thorough)
        self.clock = SetClock()
        self.memory = Memory()

    def look(self) -> Observation:
        async def run() -> Observation:
            context = Context(self.clock, Pinger(), Resolver(), memory=self.memory)
            try:
                return await observe(Target("site", self.config.item.name, self.config), context)
            finally:
                context.pinger.close()

        return asyncio.run(run())


class SetClock(Clock):
    """The machine's clocks, moved on by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.later_s = 0.0
        self.wall: Callable[[], int] | None = None

    def mono_ms(self) -> int:
        return super().mono_ms() + round(self.later_s * 1000)

    def wall_ms(self) -> int:
        return self.wall() if self.wall else super().wall_ms() + round(self.later_s * 1000)


def look_at(site: Website, item: dict[str, Any] | None = None, **shared: Any) -> Observation:
    """One thorough look at a site of a test."""
    with online(site) as url:
        return Watch(url, item, thorough=True, **shared).look()
