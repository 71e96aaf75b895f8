"""Before any page: only this machine's own browser, only this server's own pages, and nothing that may be kept.

* Host must be this server's: another name on 127.0.0.1 is a page that rebinds its name (DNS rebinding).
* What changes something must come from this server's own page: Origin says so, and Sec-Fetch-Site where it is sent.
* Every answer forbids keeping, framing, guessing its type, and all code and pictures but this server's own files.
"""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' blob:",  # the photo just taken, which never left the page's memory under a name
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types kiosk default",
    )
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: the browser would then send "Origin: null" with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), usb=(), serial=(), payment=()",
}
READING: Final = ("GET", "HEAD")


class Guard:
    """The application behind it sees only requests that may be made."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self._origins = tuple(f"http://{host}" for host in self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        status = self._refusal(scope["method"], Headers(scope=scope))
        if status:
            await PlainTextResponse("", status_code=status)(scope, receive, with_headers)
        else:
            await self._app(scope, receive, with_headers)

    def _refusal(self, method: str, headers: Headers) -> int:
        """The status a request is refused with; 0 when it may pass."""
        if headers.getlist("host")[1:] or headers.get("host", "").lower() not in self._hosts:
            return 421
        if method in READING:
            return 0
        if headers.get("origin", "").lower() not in self._origins:
            return 403
        return 0 if headers.get("sec-fetch-site", "same-origin") == "same-origin" else 403
