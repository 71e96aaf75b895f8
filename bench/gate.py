"""The link between a node and the centre, as a benchmark holds it: a TCP gate that opens, shuts and counts bytes."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

CHUNK_BYTES = 64 * 1024


class Gate:
    """Listens on `port` while open and passes everything on to `target` of this host. `with Gate(port) as gate`.

    Shut, it refuses and cuts what was open. `up_bytes` is what went to the target, `down_bytes` what came back.
    """

    def __init__(self, target: int, port: int) -> None:
        self.port = port
        self.up_bytes = self.down_bytes = 0
        self._target = target
        self._listener: socket.socket | None = None
        self._pairs: list[tuple[socket.socket, socket.socket]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.shut()

    def open(self) -> None:
        """Let connections through from now on."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """Refuse new connections and cut the open ones."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept
            self._listener.close()
            self._listener = None
        for pair in self._pairs:
            _end(pair)
        self._pairs.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for side in (near, far):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs.append((near, far))
            threading.Thread(target=self._pump, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, False), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, up: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                if up:
                    self.up_bytes += len(data)
                else:
                    self.down_bytes += len(data)
                sink.sendall(data)
        pair = (source, sink) if up else (sink, source)
        _end(pair)
        with contextlib.suppress(ValueError):
            self._pairs.remove(pair)


def _end(pair: tuple[socket.socket, socket.socket]) -> None:
    for side in pair:
        with contextlib.suppress(OSError):
            side.shutdown(socket.SHUT_RDWR)
        side.close()
