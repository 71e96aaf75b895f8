"""How much anybody may send: a request's body ends before it fills memory or disk, whoever sends it.

Pages read a body whole before they know whose it is, so the bound is the one of the largest file that is taken in.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from center.core.geojson import MAX_BYTES
from center.headers import POLICY
from center.web.events import Receive, Scope, Send

MAX_BODY_BYTES = MAX_BYTES + 1_000_000
"""The largest file of an import, and the form around it."""
TOO_LARGE = f"too large: at most {MAX_BODY_BYTES // 1_000_000} MB\n".encode()
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def bounded(application: Application) -> Application:
    """The application, which sees a body of at most MAX_BODY_BYTES; who sends more is answered 413 and cut off."""

    async def within(scope: Scope, receive: Receive, send: Send) -> None:
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and (len(declared) > 18 or int(declared) > MAX_BODY_BYTES):
            await _refuse(send)
            return
        left, answered = MAX_BODY_BYTES, False

        async def counted() -> Any:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            return message if left >= 0 else {"type": "http.disconnect"}

        async def told(message: Any) -> None:
            nonlocal answered
            answered = True
            await send(message)

        await application(scope, counted, told)
        if left < 0 and not answered:
            await _refuse(send)

    return within


async def _refuse(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), (b"connection", b"close"),
        (b"content-security-policy", POLICY.encode()), (b"x-content-type-options", b"nosniff"),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": TOO_LARGE})
