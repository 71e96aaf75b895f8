"""An HTTP camera of the tests: a real server with every way of logging in and every bad manner cameras have.

It reckons its Digest answers with urllib's own parser and hashlib, sharing no code with the agent.
"""

import base64
import hashlib
import io
import random
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.request import parse_http_list, parse_keqv_list

from PIL import Image

from tests.support.ports import free_port
from tests.support.serving import read_request

USER, PASSWORD = "pengamat", "Rahasia:äöü-42"
LONGEST_S = 60.0
"""What hangs does so for this long at most, whatever the test forgets."""


def jpeg(size: tuple[int, int] = (160, 120), seed: int = 1, quality: int = 70) -> bytes:
    """Some picture that differs by its seed."""
    pixels = random.Random(seed).randbytes(size[0] * size[1] * 3)
    target = io.BytesIO()
    Image.frombytes("RGB", size, pixels).save(target, "JPEG", quality=quality)
    return target.getvalue()


def with_size(picture: bytes, width: int, height: int) -> bytes:
    """The same file whose header announces another size: a bomb for whoever decodes it unlooked."""
    at = picture.index(b"\xff\xc0") + 5
    return picture[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + picture[at + 4 :]


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
        return _says("405 Method Not Allowed")(self, connection, target)

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
        self.seen.append((target, _kind(given)))
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


def _kind(given: str) -> str:
    if not given.lower().startswith("digest"):
        return given.partition(" ")[0].lower()
    return f"digest {_fields(given).get('algorithm', 'MD5')}".lower()


def _fields(given: str) -> dict[str, str]:
    return parse_keqv_list(parse_http_list(given.partition(" ")[2]))


def refuse(connection: socket.socket, offers: list[str], status: str = "401 Unauthorized") -> None:
    """The refusal with its page; the connection goes on."""
    lines = "".join(f"WWW-Authenticate: {offer}\r\n" for offer in offers)
    page = b"<html>no</html>"
    connection.sendall(f"HTTP/1.1 {status}\r\n{lines}Content-Length: {len(page)}\r\n\r\n".encode() + page)


def answer(connection: socket.socket, body: bytes, kind: str = "image/jpeg", *more: str, length: int = -1) -> None:
    """200 with a body; `length` announces something else than it has."""
    lines = "".join(f"{line}\r\n" for line in more)
    size = len(body) if length < 0 else length
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{lines}Content-Length: {size}\r\n\r\n"
    connection.sendall(head.encode() + body)


# --- logging in ---


def _open(camera: HttpCamera, method: str, target: str, given: str) -> bool:
    return True


def _basic(camera: HttpCamera, method: str, target: str, given: str) -> bool:
    scheme, _, pair = given.partition(" ")
    return scheme == "Basic" and base64.b64decode(pair) == f"{camera.user}:{camera.password}".encode()


def _digest(*algorithms: str) -> Callable[[HttpCamera, str, str, str], bool]:
    def judge(camera: HttpCamera, method: str, target: str, given: str) -> bool:
        return given.startswith("Digest ") and digest_is_right(camera, method, target, given, algorithms)

    return judge


def digest_is_right(camera: HttpCamera, method: str, target: str, given: str, algorithms: tuple[str, ...]) -> bool:
    """RFC 7616, 3.4, from the server's side: nonce known, count rising, response right."""
    fields = _fields(given)
    name = fields.get("algorithm", "MD5")
    if name not in algorithms or fields["nonce"] not in camera.nonces or fields["uri"] != target:
        return False
    used = hashlib.sha256 if name.startswith("SHA-256") else hashlib.md5

    def hashed(text: bytes) -> bytes:
        return used(text).hexdigest().encode()

    user = fields["username"].encode("latin-1")
    nonce = fields["nonce"].encode()
    first = hashed(user + b":" + fields["realm"].encode("latin-1") + b":" + camera.password.encode())
    if name.lower().endswith("-sess"):
        first = hashed(first + b":" + nonce + b":" + fields["cnonce"].encode())
    second = f"{method}:{target}".encode()
    if fields.get("qop") == "auth-int":
        second += b":" + hashed(b"")
    middle = nonce
    if "qop" in fields:
        count = int(fields["nc"], 16)
        if count <= camera.nonces[fields["nonce"]]:
            return False
        camera.nonces[fields["nonce"]] = count
        middle = b":".join([nonce, fields["nc"].encode(), fields["cnonce"].encode(), fields["qop"].encode()])
    right = hashed(first + b":" + middle + b":" + hashed(second)).decode()
    return user == camera.user.encode() and fields["response"] == right


def _one_use(camera: HttpCamera, method: str, target: str, given: str) -> bool:
    """Each nonce is good for one request."""
    right = _digest("MD5")(camera, method, target, given)
    if given:
        camera.nonces.pop(_fields(given)["nonce"], None)
    return right


def _never(camera: HttpCamera, method: str, target: str, given: str) -> bool:
    return False


def _offer(camera: HttpCamera, algorithm: str, qop: str = 'qop="auth"', stale: bool = False) -> str:
    named = f", algorithm={algorithm}" if algorithm else ""
    asked = f", {qop}" if qop else ""
    old = ", stale=true" if stale else ""
    return f'Digest realm="Kamera \\"depan\\"", nonce="{camera.new_nonce()}", opaque="0a"{named}{asked}{old}'


AUTHS: dict[str, Callable[[HttpCamera, str, str, str], bool]] = {
    "none": _open,
    "basic": _basic,
    "md5": _digest("MD5"),
    "md5-old": _digest("MD5"),
    "md5-sess": _digest("MD5-sess"),
    "auth-int": _digest("MD5"),
    "sha256": _digest("SHA-256"),
    "sha256-sess": _digest("SHA-256-sess"),
    "both": _digest("MD5", "SHA-256"),
    "both-one-header": _digest("MD5", "SHA-256"),
    "sha256-reckoned-wrong": _digest("MD5"),
    "basic-alone-works": _basic,
    "stale": _one_use,
    "stale-silent": _one_use,
    "always-stale": _never,
    "unknown-ways": _never,
    "offers-nothing": _never,
}
CHALLENGES: dict[str, Callable[..., list[str]]] = {
    "none": lambda camera, stale: [],
    "basic": lambda camera, stale: ['Basic realm="Kamera"'],
    "md5": lambda camera, stale: [_offer(camera, "MD5", 'qop="auth,auth-int"')],
    "md5-old": lambda camera, stale: [_offer(camera, "", "")],
    "md5-sess": lambda camera, stale: [_offer(camera, "MD5-sess")],
    "auth-int": lambda camera, stale: [_offer(camera, "MD5", 'qop="auth-int"')],
    "sha256": lambda camera, stale: [_offer(camera, "SHA-256")],
    "sha256-sess": lambda camera, stale: [_offer(camera, "SHA-256-sess")],
    "both": lambda camera, stale: [_offer(camera, "MD5"), _offer(camera, "SHA-256")],
    "both-one-header": lambda camera, stale: [f'Basic realm="Kamera", {_offer(camera, "SHA-256", "qop=auth")}'],
    "sha256-reckoned-wrong": lambda camera, stale: [_offer(camera, "SHA-256"), _offer(camera, "MD5")],
    "basic-alone-works": lambda camera, stale: [_offer(camera, "MD5"), 'Basic realm="Kamera"'],
    "stale": lambda camera, stale: [_offer(camera, "MD5", stale=stale)],
    "stale-silent": lambda camera, stale: [_offer(camera, "MD5")],
    "always-stale": lambda camera, stale: [_offer(camera, "MD5", stale=True)],
    "unknown-ways": lambda camera, stale: ["Negotiate", 'Bearer realm="x"', _offer(camera, "MD6")],
    "offers-nothing": lambda camera, stale: [],
}

# --- manners ---


def _good(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    answer(connection, camera.picture(), "image/jpeg", *(f"{name}: {value}" for name, value in camera.headers))
    return True


def _stops_mid_body(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    answer(connection, picture[: len(picture) // 2], length=len(picture))
    camera.gone.wait(LONGEST_S)
    return False


def _cut_mid_body(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    answer(connection, picture[: len(picture) // 2], length=len(picture))
    return False


def _cut_without_length(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + picture[: len(picture) // 2])
    return False


def _without_length(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + camera.picture() + b"\r\n\r\n\0\0")
    return False


def _half_as_if_whole(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    answer(connection, picture[: len(picture) // 2])
    return True


def _resets_mid_body(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    answer(connection, picture[: len(picture) // 2], length=len(picture))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    return False


def _endless(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8")
    while not camera.gone.is_set():
        connection.sendall(b"\0" * 65_536)
    return False


def _drips(first: bytes, drop: bytes) -> Callable[[HttpCamera, socket.socket, str], bool]:
    def drip(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
        connection.sendall(first)
        while not camera.gone.wait(0.05):
            connection.sendall(drop)
        return False

    return drip


def _announces_too_much(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    answer(connection, b"\xff\xd8", length=10**12)
    camera.gone.wait(LONGEST_S)
    return False


def _chunked(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n")
    for begin in range(0, len(picture), 999):
        piece = picture[begin : begin + 999]
        connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    connection.sendall(b"0\r\n\r\n")
    return True


def _chunked_cut(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n")
    connection.sendall(b"1000\r\n" + camera.picture()[:999])
    return False


def _bad_chunks(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nsixteen\r\n" + camera.picture())
    return False


def _login_page(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    answer(connection, b"<!DOCTYPE html><html><form>Login</form></html>", "text/html; charset=utf-8")
    return True


def _wrong_type(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    answer(connection, camera.picture(), "text/plain")
    return True


def _png(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    target_file = io.BytesIO()
    Image.new("RGB", camera.size).save(target_file, "PNG")
    answer(connection, target_file.getvalue())
    return True


def _empty(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    answer(connection, b"")
    return True


def _redirect(to: str) -> Callable[[HttpCamera, socket.socket, str], bool]:
    def redirect(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
        if target == "/really.jpg":
            return _good(camera, connection, target)
        connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())
        return True

    return redirect


def _huge_header(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 200_000 + b"\r\n\r\n" + camera.picture())
    return False


def _many_headers(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 5000 + b"\r\n" + camera.picture())
    return False


def _bomb(width: int, height: int) -> Callable[[HttpCamera, socket.socket, str], bool]:
    def bomb(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
        answer(connection, with_size(camera.picture(), width, height))
        return True

    return bomb


def _corrupt_scan(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    """Its headers are good, its picture is noise."""
    picture = camera.picture()
    scan = picture.index(b"\xff\xda") + 14
    answer(connection, picture[:scan] + random.Random(3).randbytes(len(picture) - scan - 2) + b"\xff\xd9")
    return True


def _two_in_one(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    """The first half of one picture and the whole next one."""
    picture = camera.picture()
    answer(connection, picture[: len(picture) // 2] + camera.picture())
    return True


def _trailer(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    answer(connection, b"\r\n" + camera.picture() + b"\0\0DHPT" + bytes(range(256)))
    return True


def _corrupt_head(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    answer(connection, picture[:2] + bytes(reversed(picture[2:200])) + picture[200:])
    return True


def _says(status: str) -> Callable[[HttpCamera, socket.socket, str], bool]:
    def says(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        return True

    return says


def _multipart(*, length: bool, end: bool = True) -> Callable[[HttpCamera, socket.socket, str], bool]:
    def stream(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
        connection.sendall(
            b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=--frame\r\n\r\nsome preamble\r\n"
        )
        while not camera.gone.is_set():
            picture = camera.picture()
            said = f"Content-Length: {len(picture)}\r\n" if length else ""
            connection.sendall(f"--frame\r\nContent-Type: image/jpeg\r\n{said}\r\n".encode())
            connection.sendall(picture + b"\r\n" if end else picture[:-200])
            if not end:
                camera.gone.wait(LONGEST_S)
            time.sleep(0.01)  # some hundred pictures a second are enough
        return False

    return stream


def _raw(content: bytes) -> Callable[[HttpCamera, socket.socket, str], bool]:
    def send(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
        connection.sendall(content)
        return False

    return send


def _closes_kept(camera: HttpCamera, connection: socket.socket, target: str) -> bool:
    """A good answer that promises to go on, and a closed connection."""
    _good(camera, connection, target)
    return False


FAULTS: dict[str, Callable[[HttpCamera, socket.socket, str], bool]] = {
    "": _good,
    "silent": _good,  # is so before it looks at who asks
    "stops mid-body": _stops_mid_body,
    "cut mid-body": _cut_mid_body,
    "cut without a length": _cut_without_length,
    "half as if whole": _half_as_if_whole,
    "resets mid-body": _resets_mid_body,
    "without a length": _without_length,
    "endless": _endless,
    "drips its body": _drips(b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8", b"\0"),
    "drips its header": _drips(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
    "announces too much": _announces_too_much,
    "chunked": _chunked,
    "chunked, cut": _chunked_cut,
    "bad chunks": _bad_chunks,
    "login page": _login_page,
    "wrong type": _wrong_type,
    "png": _png,
    "empty": _empty,
    "redirect": _redirect("/really.jpg"),
    "redirect loop": _redirect("/snapshot.jpg?channel=1"),
    "redirect elsewhere": _redirect("http://127.0.0.2:1/x.jpg"),
    "redirect nowhere": _redirect("gopher://[:::/"),
    "huge header": _huge_header,
    "many headers": _many_headers,
    "bomb": _bomb(10_000, 5_000),
    "bomb within the sides": _bomb(8_000, 6_500),
    "bomb without size": _bomb(0, 5_000),
    "corrupt head": _corrupt_head,
    "corrupt scan": _corrupt_scan,
    "two in one": _two_in_one,
    "trailer": _trailer,
    "busy": _says("503 Service Unavailable"),
    "too many": _says("429 Too Many Requests"),
    "forbidden": _says("403 Forbidden"),
    "not found": _says("404 Not Found"),
    "broken": _says("500 Internal Server Error"),
    "switching": _says("101 Switching Protocols"),
    "multipart": _multipart(length=True),
    "multipart without lengths": _multipart(length=False),
    "multipart that stops": _multipart(length=False, end=False),
    "not http": _raw(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"),
    "noise": _raw(random.Random(7).randbytes(5000)),
    "hangs up": _raw(b""),
    "closes kept": _closes_kept,
}


@contextmanager
def http_camera(*, auth: str = "none", fault: str = "", tls: ssl.SSLContext | None = None) -> Iterator[HttpCamera]:
    """A running camera."""
    camera = HttpCamera(auth=auth, fault=fault, tls=tls)
    camera.start()
    try:
        yield camera
    finally:
        camera.stop()
