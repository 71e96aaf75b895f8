"""Serving the screen: uvicorn on a socket that this module binds to 127.0.0.1, where no setting can lead elsewhere."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Final

import uvicorn

from agent.kiosk.web.app import Kiosk
from agent.kiosk.web.patience import MOST_HEAD_BYTES, PatientProtocol
from agent.sdnotify import Notifier

log: Final = logging.getLogger("agent.kiosk.web")
LOOPBACK: Final = "127.0.0.1"
MOST_AT_ONCE: Final = 32
BACKLOG: Final = 64
STOP_S: Final = 3


def listen(port: int) -> socket.socket:
    """A listening socket on this machine alone. OSError when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


async def serve(kiosk: Kiosk, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Until SIGTERM or SIGINT. Tells systemd when it serves, and feeds its watchdog from the loop that serves."""
    config = uvicorn.Config(
        kiosk.app,
        loop="asyncio",
        http=PatientProtocol,
        h11_max_incomplete_event_size=MOST_HEAD_BYTES,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=STOP_S,
    )
    server = _Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, server)
    notifier = Notifier()
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="serve")
    beating = asyncio.create_task(_beat(server, notifier, ready), name="beat")
    try:
        await serving
    finally:
        notifier.send("STOPPING=1")
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the caller's: uvicorn would raise them once more at its end, and the exit code be theirs."""
        yield


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


async def _beat(server: uvicorn.Server, notifier: Notifier, ready: Callable[[], None]) -> None:
    while not server.started:  # noqa: ASYNC110 - uvicorn has a flag and no event
        await asyncio.sleep(0.02)
    notifier.send("READY=1")
    ready()
    pause_s = (notifier.watchdog_s or 60.0) / 3
    while True:
        notifier.send("WATCHDOG=1")
        await asyncio.sleep(pause_s)
