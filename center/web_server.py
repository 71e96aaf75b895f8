"""Serving the pages: one uvicorn that stops within seconds however many live pages are open."""

import gc

import uvicorn

from center.city import WEB_GRACE_S
from center.notify import Watchdog, notify_ready
from center.web_patience import MOST_CONNECTIONS, MOST_HEAD_BYTES, PatientProtocol


class _Server(uvicorn.Server):
    """Says when it listens, and that its loop goes round."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._watchdog = Watchdog()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            _settle()
            notify_ready()

    async def on_tick(self, counter: int) -> bool:
        self._watchdog.feed()
        return await super().on_tick(counter)


def _settle() -> None:
    """Load all pages now, not with somebody's first click, and tell the garbage collector that they stay.

    What was loaded is 120,000 objects; going through them all again while a month's rows pile up took 0.1 s of
    the 0.25 s its document takes (measured). The interface for programs comes with its first request.
    """
    from django.urls import get_resolver

    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
    gc.enable()


async def serve(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. Forwarded addresses are believed from a proxy on this machine alone."""
    config = uvicorn.Config(
        "center.asgi:application",
        host=host,
        port=port,
        http=PatientProtocol,
        h11_max_incomplete_event_size=MOST_HEAD_BYTES,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=WEB_GRACE_S,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1,::1",
        ws="none",
    )
    gc.disable()  # while all is loaded: see `_settle`, and `center.collector` for what that saves
    await _Server(config).serve()
