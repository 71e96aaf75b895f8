"""One thread with an event loop for all the small servers of the laboratory; their sockets live in their boxes."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from tests.support.lab import Box
from tests.support.namespaces import run_inside

T = TypeVar("T")


class ServerLoop:
    """Start what serves with `run`; everything ends with `close`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda _loop, _context: None)  # a client that hangs up is no news
        self._thread = threading.Thread(target=self._loop.run_forever, name="netlab-servers", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end on the loop, from any other thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def close(self) -> None:
        async def end() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        with suppress(TimeoutError):
            self.run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()


def bound(box: Box, port: int, kind: socket.SocketKind, address: str = "0.0.0.0") -> socket.socket:
    """A socket inside the box, bound and (for TCP) listening."""

    def make() -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        made = socket.socket(family, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, port))
        if kind == socket.SOCK_STREAM:
            made.listen(64)
        made.setblocking(False)
        return made

    return run_inside(box, make)
