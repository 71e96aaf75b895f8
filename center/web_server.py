"""Serving the pages: one uvicorn that stops within seconds however many live pages are open."""

import uvicorn

from center.city import WEB_GRACE_S
from center.notify import notify_ready


class _Server(uvicorn.Server):
    """Says when it listens."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            notify_ready()


async def serve(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. Forwarded addresses are believed from a proxy on this machine alone."""
    config = uvicorn.Config(
        "center.asgi:application",
        host=host,
        port=port,
        timeout_graceful_shutdown=WEB_GRACE_S,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1,::1",
        ws="none",
    )
    await _Server(config).serve()
