"""The laboratory's web: connectivity checks, public sites good and bad, captive portals, and TLS that goes wrong."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.netlab.loop import ServerLoop, bound
from tests.support.lab import Box

_MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November",
    "Desember",
)  # fmt: skip

CHECKS: dict[str, tuple[int, str]] = {
    "/generate_204": (204, ""),
    "/gen_204": (204, ""),
    "/success.txt": (200, "success\n"),
    "/canonical.html": (200, '<meta http-equiv="refresh" content="0;url=https://support.mozilla.org/kb/captive-portal"/>'),
    "/connecttest.txt": (200, "Microsoft Connect Test"),
    "/ncsi.txt": (200, "Microsoft NCSI"),
    "/hotspot-detect.html": (200, "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>"),
    "/library/test/success.html": (200, "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>"),
    "/check_network_status.txt": (200, "NetworkManager is online\n"),
    "/nm-check.txt": (200, "NetworkManager is online\n"),
    "/": (200, "<html><head><title>Internet</title></head><body>ok</body></html>"),
}  # fmt: skip
"""What the well-known connectivity checks answer, by path."""


@dataclass
class Page:
    """What the site shows: its status, its body, and how many days ago it was changed."""

    status: int = 200
    body: str = ""
    age_days: float = 1.0
    location: str = ""

    def rendered(self) -> str:
        """The body, or that of a site which is well kept."""
        if self.body:
            return self.body
        when = datetime.now(UTC) - timedelta(days=self.age_days)
        told = f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
        return (
            "<!doctype html><html lang=id><head><title>Dinas Contoh Kota Serang</title></head><body>"
            f"<h1>Dinas Contoh</h1><article><h2>Pelayanan dibuka kembali</h2><time datetime={when:%Y-%m-%d}>{told}"
            f"</time><p>{'Layanan bagi warga setiap hari kerja. ' * 40}</p></article></body></html>"
        )


Serve = Callable[[str, str], Page]
"""From host and path to the page."""


def serve(loop: ServerLoop, box: Box, port: int, page: Serve, tls: ssl.SSLContext | None = None) -> asyncio.Server:
    """An HTTP/1.1 server on all addresses of a box, IPv4 and IPv6."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode("latin-1")
            lines = head.split("\r\n")
            target = lines[0].split(" ")[1] if lines[0].count(" ") == 2 else "/"
            host = next((line[5:].strip() for line in lines if line.lower().startswith("host:")), "")
            writer.write(_response(page(host.partition(":")[0], target.partition("?")[0]), lines[0].startswith("HEAD")))
            await writer.drain()
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def start() -> asyncio.Server:
        sockets = [bound(box, port, socket.SOCK_STREAM), bound(box, port, socket.SOCK_STREAM, "::")]
        first = await asyncio.start_server(handle, sock=sockets[0], ssl=tls)
        await asyncio.start_server(handle, sock=sockets[1], ssl=tls)
        return first

    return loop.run(start())


def _response(page: Page, head_only: bool) -> bytes:
    body = page.rendered().encode() if page.status not in (204, 304) else b""
    changed = format_datetime(datetime.now(UTC) - timedelta(days=page.age_days), usegmt=True)
    lines = [
        f"HTTP/1.1 {page.status} Said",
        f"Date: {format_datetime(datetime.now(UTC), usegmt=True)}",
        "Content-Type: text/html; charset=utf-8",
        f"Last-Modified: {changed}",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    if page.location:
        lines.append(f"Location: {page.location}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if head_only else body)


def checks_page(_: str, path: str) -> Page:
    """The page of a connectivity check; unknown paths are 404."""
    status, body = CHECKS.get(path, (404, "not here"))
    return Page(status, body or " ")


class Sites:
    """Port 443 of the internet: any name, with the certificate and the page that `certificate` and `page` say now."""

    def __init__(self, loop: ServerLoop, box: Box, good: ssl.SSLContext) -> None:
        self.certificate = good
        self.page = Page()
        outer = good

        def choose(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
            connection.context = self.certificate

        outer.sni_callback = choose  # type: ignore[assignment]
        serve(loop, box, 443, self._answer, outer)

    def _answer(self, _host: str, path: str) -> Page:
        return self.page if path == "/" else Page(404, "tidak ada")
