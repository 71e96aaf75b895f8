"""GET /events: the live stream as a plain ASGI application beside Django.

Order of things: method, host name and session are checked first (once, through Django); then the stream runs without
touching Django again. It ends itself after some minutes, the browser comes back at once with the last number it saw
and is checked again: so a closed account loses its live pages within that time.
"""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from importlib import import_module
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, close_old_connections

from center.web.live import Broadcaster, Client, TooManyClientsError

LIVE_PERMISSION = "connectivity.view_nodestate"
BEAT_S = 5.0
STREAM_S = 600.0
RETRY_MS = 1000
GOODBYE_S = 1.0

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),  # nginx would otherwise collect the stream
    (b"x-content-type-options", b"nosniff"),
]


class LiveEvents:
    """The ASGI application; `broadcaster` lives as long as the process."""

    def __init__(self, broadcaster: Broadcaster, stream_s: float = STREAM_S) -> None:
        self.broadcaster = broadcaster
        self._stream_s = stream_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = await sync_to_async(refuse, thread_sensitive=True)(dict(scope))
        if refusal:
            await _answer(send, refusal)
            return
        headers = dict(scope["headers"])
        last_event_id = headers.get(b"last-event-id", b"").decode("latin-1")[:64]
        try:
            client, first = await self.broadcaster.subscribe(last_event_id)
        except TooManyClientsError:
            await _answer(send, 503)
            return
        stream = asyncio.ensure_future(self._stream(client, first, send))
        gone = asyncio.ensure_future(_disconnected(receive))
        let_go = asyncio.ensure_future(client.let_go.wait())
        try:
            await asyncio.wait({stream, gone, let_go}, return_when=asyncio.FIRST_COMPLETED)
            if let_go.done():  # a stream that still moves says good-bye; one that is stuck is cut
                await asyncio.wait({stream}, timeout=GOODBYE_S)
        finally:
            self.broadcaster.unsubscribe(client)
            for task in (stream, gone, let_go):
                task.cancel()
            await asyncio.gather(stream, gone, let_go, return_exceptions=True)

    async def _stream(self, client: Client, first: list[bytes], send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        opening = f"retry: {RETRY_MS}\n\n".encode() + self.broadcaster.beat() + b"".join(first)
        await send({"type": "http.response.body", "body": opening, "more_body": True})
        end = time.monotonic() + self._stream_s
        beat_at = time.monotonic() + BEAT_S
        while time.monotonic() < end:
            try:
                body = await asyncio.wait_for(client.frames.get(), max(0.0, beat_at - time.monotonic()))
            except TimeoutError:
                body, beat_at = self.broadcaster.beat(), time.monotonic() + BEAT_S
            if body is None:
                break
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def refuse(scope: dict[str, Any]) -> int:
    """The HTTP status to refuse with, or 0: only GET, only our host names, only who is signed in."""
    if scope["method"] != "GET":
        return 405
    request = ASGIRequest(scope, io.BytesIO())
    try:
        request.get_host()
    except DisallowedHost:
        return 400
    store = import_module(settings.SESSION_ENGINE).SessionStore
    try:
        request.session = store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        user = get_user(request)
        if not user.is_authenticated:
            return 401
        return 0 if user.has_perm(LIVE_PERMISSION) else 403
    except DatabaseError:
        return 503
    finally:
        close_old_connections()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"cache-control", b"no-store")]})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
