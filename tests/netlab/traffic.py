"""Somebody who takes what is sent to him and throws it away."""

import socket
import threading
from contextlib import suppress

from tests.netlab.loop import bound
from tests.support.lab import Box


class Sink:
    """Listens on a free TCP `port` of a box's address."""

    def __init__(self, box: Box, address: str) -> None:
        self._listener = bound(box, 0, socket.SOCK_STREAM, address)
        self._listener.setblocking(True)
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                threading.Thread(target=self._take, args=(connection,), daemon=True).start()

    def _take(self, connection: socket.socket) -> None:
        with suppress(OSError):
            while connection.recv(262_144):
                continue

    def close(self) -> None:
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
