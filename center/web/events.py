"""GET /events: the live stream as a plain ASGI application beside Django.

Order of things: method, host name and session are checked first (once, through Django); then the stream runs without
touching Django again. It ends itself after some minutes, and the browser comes back at once with the last number it
saw. Whoever may no longer look (signed out, another role, a token or a screen that was revoked) is let go within
seconds by the one watch over all streams of the process (`center.web.stream_watch`). Programs read the same stream
with their token at /api/v1/live; an account of a reach gets its own part of it (`center.web.live_reach`).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from asgiref.sync import sync_to_async

from center.headers import POLICY
from center.web.live import Broadcaster, Client, TooManyClientsError
from center.web.live_reach import narrow
from center.web.stream_rights import admit
from center.web.stream_watch import Watch

BEAT_S = 5.0
STREAM_S = 600.0
RETRY_MS = 1000
GOODBYE_S = 1.0

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

SAFE_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"content-security-policy", POLICY.encode())]
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),  # nginx would otherwise collect the stream
    *SAFE_HEADERS,
]


class LiveEvents:
    """The ASGI application; `broadcaster` lives as long as the process."""

    def __init__(self, broadcaster: Broadcaster, stream_s: float = STREAM_S) -> None:
        self.broadcaster = broadcaster
        self._stream_s = stream_s
        self._watch = Watch(broadcaster.let_go)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        admission = await sync_to_async(admit, thread_sensitive=True)(dict(scope))
        if admission.refusal:
            await _answer(send, admission.refusal)
            return
        headers = dict(scope["headers"])
        last_event_id = headers.get(b"last-event-id", b"").decode("latin-1")[:64]
        try:
            client, first = await self.broadcaster.subscribe(last_event_id)
        except TooManyClientsError:
            await _answer(send, 503)
            return
        stream = asyncio.ensure_future(self._stream(client, first, send, admission.sites))
        gone = asyncio.ensure_future(_disconnected(receive))
        let_go = asyncio.ensure_future(client.let_go.wait())
        self._watch.add(client, dict(scope), admission)
        try:
            await asyncio.wait({stream, gone, let_go}, return_when=asyncio.FIRST_COMPLETED)
            if let_go.done():  # a stream that still moves says good-bye; one that is stuck is cut
                await asyncio.wait({stream}, timeout=GOODBYE_S)
        finally:
            self._watch.remove(client)
            self.broadcaster.unsubscribe(client)
            for task in (stream, gone, let_go):
                task.cancel()
            await asyncio.gather(stream, gone, let_go, return_exceptions=True)

    async def _stream(self, client: Client, first: list[bytes], send: Send, sites: frozenset[str] | None) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        if sites is not None:
            first = [own for body in first if (own := narrow(body, sites))]
        opening = f"retry: {RETRY_MS}\n\n".encode() + self.broadcaster.beat() + b"".join(first)
        await send({"type": "http.response.body", "body": opening, "more_body": True})
        end = time.monotonic() + self._stream_s
        beat_at = time.monotonic() + BEAT_S
        while time.monotonic() < end:
            try:
                # Not wait_for: it keeps a cancellation to itself when a frame comes with it (Python before 3.12).
                async with asyncio.timeout(max(0.0, beat_at - time.monotonic())):
                    body = await client.frames.get()
            except TimeoutError:
                body, beat_at = self.broadcaster.beat(), time.monotonic() + BEAT_S
            if body is None:
                break
            if sites is not None and (body := narrow(body, sites)) is None:
                continue
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, status: int) -> None:
    headers = [(b"cache-control", b"no-store"), *SAFE_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
