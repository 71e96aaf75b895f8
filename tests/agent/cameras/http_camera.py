"""An HTTP camera of the tests: a real server with every way of logging in (`http_logins`) and every bad manner cameras
have (`http_manners`)."""

import io
import random
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from PIL import Image

from tests.agent.cameras.http_logins import AUTHS, CHALLENGES, refuse, way_of
from tests.agent.cameras.http_manners import FAULTS, LONGEST_S, says
from tests.support.ports import free_port
from tests.support.serving import read_request

USER, PASSWORD = "pengamat", "Rahasia:äöü-42"


def jpeg(size: tuple[int, int] = (160, 120), seed: int = 1, quality: int = 70) -> bytes:
    """Some picture that differs by its seed."""
    pixels = random.Random(seed).randbytes(size[0] * size[1] * 3)
    target = io.BytesIO()
    Image.frombytes("RGB", size, pixels).save(target, "JPEG", quality=quality)
    return target.getvalue()


class HttpCamera:
    """Starts and stops at the same port. `auth` and `fault` may change at any time; see AUTHS and FAULTS."""

    def __init__(
        self, *, auth: str = "none", fault: str = "", tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.auth, self.fault = auth, fault
        self.size = (160, 120)
        self.user, self.password = USER, PASSWORD
        self.still = False
        """Give the same picture each time."""
        self.host = host
        self.port = free_port()
        self.seen: list[tuple[str, str]] = []
        """(path with query, way of logging in or "") of each request."""
        self.connections = 0
        self.drips = 0
        self.headers: list[tuple[str, str]] = []
        self.gone = threading.Event()
        self.nonces: dict[str, int] = {}
        self._count = 0
        self.tls = tls
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        scheme = "https" if self.tls is not None else "http"
        return f"{scheme}://{self.host}:{self.port}/snapshot.jpg?channel=1"

    def start(self) -> None:
        self.gone.clear()
        listener = socket.create_server((self.host, self.port))
        listener.settimeout(0.05)
        self._listener = listener
        self._run(lambda: self._accept(listener))

    def stop(self) -> None:
        """Nobody listens any more, and what was open is cut."""
        self.gone.set()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join()
        self._threads.clear()
        if self._listener is not None:
            self._listener.close()

    def picture(self) -> bytes:
        """The next one."""
        self._count += not self.still
        return jpeg(self.size, self._count)

    def post(self, connection: socket.socket, target: str, body: bytes) -> bool:
        """A camera takes nothing; an ONVIF device does."""
        return says("405 Method Not Allowed")(self, connection, target)

    def serve(self, connection: socket.socket, target: str) -> bool:
        """Give a picture, in the way `fault` says; True when the connection may go on."""
        return FAULTS[self.fault](self, connection, target)

    def _run(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads = [known for known in self._threads if known.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self.gone.is_set():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                self.connections += 1
                self._open.add(connection)
                self._run(lambda connection=connection: self._talk(connection))  # type: ignore[misc]

    def _talk(self, plain: socket.socket) -> None:
        connection = plain
        with suppress(OSError, ValueError):
            plain.settimeout(LONGEST_S)
            if self.tls is not None:
                connection = self.tls.wrap_socket(plain, server_side=True)
                self._open.add(connection)
            while self._one(connection):
                pass
        for one in {plain, connection}:
            self._open.discard(one)
            one.close()

    def _one(self, connection: socket.socket) -> bool:
        head = read_request(connection)
        if not head:
            return False
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        if self.fault == "silent":
            self.gone.wait(LONGEST_S)
            return False
        head, _, body = head.partition(b"\r\n\r\n")
        wanted = int(_header(head, "content-length") or 0)
        while len(body) < wanted and (more := connection.recv(65_536)):
            body += more
        given = _header(head, "authorization")
        self.seen.append((target, way_of(given)))
        if AUTHS[self.auth](self, method, target, given):
            return self.serve(connection, target) if method == "GET" else self.post(connection, target, body)
        refuse(connection, CHALLENGES[self.auth](self, stale="nonce" in given and self.auth == "stale"))
        return True

    def new_nonce(self) -> str:
        nonce = secrets.token_hex(8)
        self.nonces[nonce] = 0
        return nonce


def _header(head: bytes, name: str) -> str:
    for line in head.decode("latin-1").split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name:
            return value.strip()
    return ""


@contextmanager
def http_camera(*, auth: str = "none", fault: str = "", tls: ssl.SSLContext | None = None) -> Iterator[HttpCamera]:
    """A running camera."""
    camera = HttpCamera(auth=auth, fault=fault, tls=tls)
    camera.start()
    try:
        yield camera
    finally:
        camera.stop()
