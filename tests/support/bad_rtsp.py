"""Something that listens where a camera should: silent, not RTSP, closing, endless, with one answer to everything."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_QUESTION_BYTES = 65_536


class BadServer:
    """Answers every question with `answer`; `then`: "wait" for the next one, "close", or "flood" (on for ever)."""

    def __init__(self, answer: bytes, then: str) -> None:
        self.answer, self.then = answer, then
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        port = self._listener.getsockname()[1]
        self.url = f"rtsp://127.0.0.1:{port}/live"
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    @property
    def connections(self) -> int:
        """How many it took so far."""
        return len(self._open)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for connection in self._open:
            connection.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            self._threads.append(threading.Thread(target=self._talk, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while question := connection.recv(_QUESTION_BYTES):
                connection.sendall(self._filled(question))
                while self.then == "flood":
                    connection.sendall(self.answer)
                if self.then == "close":
                    connection.shutdown(socket.SHUT_RDWR)

    def _filled(self, question: bytes) -> bytes:
        """RTSP wants the number of its question back: it stands in for `{cseq}`."""
        number = question.lower().partition(b"cseq:")[2].split(b"\r\n")[0].strip()
        return self.answer.replace(b"{cseq}", number)


@contextmanager
def bad_server(answer: bytes = b"", then: str = "wait") -> Iterator[BadServer]:
    """Such a server until the block ends; without an answer it takes connections and says nothing."""
    server = BadServer(answer, then)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def black_hole() -> Iterator[str]:
    """The address of a stream whose host does not even take the connection."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # the kernel drops who comes after them
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield f"rtsp://127.0.0.1:{listener.getsockname()[1]}/live"
