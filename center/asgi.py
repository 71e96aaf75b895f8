"""The web process: Django for pages, and beside it the live stream at /events.

SANDI_CENTER_DATA=DIR uvicorn center.asgi:application --timeout-graceful-shutdown 3
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "center.settings")
pages = get_asgi_application()

from center.wall.payload import WallReader  # noqa: E402 - needs Django to be set up
from center.web.body_limit import bounded  # noqa: E402
from center.web.change_reader import open_reader  # noqa: E402
from center.web.events import LiveEvents, Receive, Scope, Send  # noqa: E402
from center.web.live import Broadcaster  # noqa: E402
from center.web.stream_rights import PAGES_PATH, PROGRAMS_PATH  # noqa: E402

EVENTS_PATH = PAGES_PATH
EVENTS_PATHS = frozenset({PAGES_PATH, PROGRAMS_PATH})
broadcaster = Broadcaster(open_reader, WallReader())
live_events = LiveEvents(broadcaster)


async def _django(scope: Scope, receive: Receive, send: Send) -> None:
    await pages(dict(scope), receive, send)


bounded_pages = bounded(_django)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Route one connection; at shutdown the live pages are told good-bye so that nobody waits for them."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] in EVENTS_PATHS:
        await live_events(scope, receive, send)
    else:
        await bounded_pages(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            broadcaster.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
