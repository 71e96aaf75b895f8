"""How much anybody may send: a request's body ends before it fills memory or disk, whoever sends it.

Pages read a body whole before they know whose it is, so the bound is the one of the largest file that is taken in.
What lies here of all large bodies together is bounded too: forms go on while somebody fills the disk with files.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from center.core.geojson import MAX_BYTES
from center.headers import POLICY
from center.web.events import Receive, Scope, Send

MAX_BODY_BYTES = MAX_BYTES + 1_000_000
"""The largest file of an import, and the form around it."""
SMALL_BYTES = 1_000_000
"""Every form fits in; a body up to this is always read."""
ALL_BYTES = 256_000_000
"""Of all bodies on their way in beyond their first `SMALL_BYTES`: ten of the largest files at once."""
TOO_LARGE = f"too large: at most {MAX_BODY_BYTES // 1_000_000} MB\n".encode()
CROWDED = b"too many large files at once: try again in a minute\n"
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class _Held:
    """What lies here of bodies on their way in, beyond the small ones."""

    def __init__(self) -> None:
        self.total_bytes = 0


def bounded(application: Application) -> Application:
    """The application, which sees a body of at most MAX_BODY_BYTES; who sends more is answered 413 and cut off, and who
    sends a large one while too many are on their way 503."""
    held = _Held()

    async def within(scope: Scope, receive: Receive, send: Send) -> None:
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and (len(declared) > 18 or int(declared) > MAX_BODY_BYTES):
            await _refuse(send)
            return
        left, answered, mine, crowded = MAX_BODY_BYTES, False, 0, False

        async def counted() -> Any:
            nonlocal left, mine, crowded
            message = await receive()
            size = len(message.get("body", b""))
            left -= size
            if MAX_BODY_BYTES - left > SMALL_BYTES:
                mine += size
                held.total_bytes += size
                crowded = crowded or held.total_bytes > ALL_BYTES
            return {"type": "http.disconnect"} if left < 0 or crowded else message

        async def told(message: Any) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await application(scope, counted, told)
        finally:
            held.total_bytes -= mine
        if (left < 0 or crowded) and not answered:
            await (_refuse(send, 503, CROWDED) if crowded else _refuse(send))

    return within


async def _refuse(send: Send, status: int = 413, text: bytes = TOO_LARGE) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), (b"connection", b"close"),
        (b"content-security-policy", POLICY.encode()), (b"x-content-type-options", b"nosniff"),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
