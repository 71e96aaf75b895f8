"""Every manner, good and bad, in which the HTTP camera of the tests gives its pictures."""

import io
import random
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from tests.agent.cameras.http_camera import HttpCamera

Manner = Callable[["HttpCamera", socket.socket, str], bool]
"""Give a picture to who asked for this target; True when the connection may go on."""
LONGEST_S = 60.0
"""What hangs does so for this long at most, whatever the test forgets."""


def with_size(picture: bytes, width: int, height: int) -> bytes:
    """The same file whose header announces another size: a bomb for whoever decodes it unlooked."""
    at = picture.index(b"\xff\xc0") + 5
    return picture[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + picture[at + 4 :]


def answer(connection: socket.socket, body: bytes, kind: str = "image/jpeg", *more: str, length: int = -1) -> None:
    """200 with a body; `length` announces something else than it has."""
    lines = "".join(f"{line}\r\n" for line in more)
    size = len(body) if length < 0 else length
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{lines}Content-Length: {size}\r\n\r\n"
    connection.sendall(head.encode() + body)


def _good(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    answer(connection, camera.picture(), "image/jpeg", *(f"{name}: {value}" for name, value in camera.headers))
    return True


def _stops_mid_body(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    answer(connection, picture[: len(picture) // 2], length=len(picture))
    camera.gone.wait(LONGEST_S)
    return False


def _cut_mid_body(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    answer(connection, picture[: len(picture) // 2], length=len(picture))
    return False


def _cut_without_length(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + picture[: len(picture) // 2])
    return False


def _without_length(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + camera.picture() + b"\r\n\r\n\0\0")
    return False


def _half_as_if_whole(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    answer(connection, picture[: len(picture) // 2])
    return True


def _resets_mid_body(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    answer(connection, picture[: len(picture) // 2], length=len(picture))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    return False


def _endless(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8")
    while not camera.gone.is_set():
        connection.sendall(b"\0" * 65_536)
    return False


def _drips(first: bytes, drop: bytes) -> Manner:
    def drip(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
        connection.sendall(first)
        while not camera.gone.wait(0.05):
            connection.sendall(drop)
            camera.drips += 1
        return False

    return drip


def _announces_too_much(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    answer(connection, b"\xff\xd8", length=10**12)
    camera.gone.wait(LONGEST_S)
    return False


def _chunked(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n")
    for begin in range(0, len(picture), 999):
        piece = picture[begin : begin + 999]
        connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    connection.sendall(b"0\r\n\r\n")
    return True


def _chunked_cut(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n")
    connection.sendall(b"1000\r\n" + camera.picture()[:999])
    return False


def _bad_chunks(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nsixteen\r\n" + camera.picture())
    return False


def _login_page(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    answer(connection, b"<!DOCTYPE html><html><form>Login</form></html>", "text/html; charset=utf-8")
    return True


def _wrong_type(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    answer(connection, camera.picture(), "text/plain")
    return True


def _png(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    target_file = io.BytesIO()
    Image.new("RGB", camera.size).save(target_file, "PNG")
    answer(connection, target_file.getvalue())
    return True


def _empty(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    answer(connection, b"")
    return True


def _redirect(to: str) -> Manner:
    def redirect(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
        if target == "/really.jpg":
            return _good(camera, connection, target)
        connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())
        return True

    return redirect


def _huge_header(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 200_000 + b"\r\n\r\n" + camera.picture())
    return False


def _many_headers(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 5000 + b"\r\n" + camera.picture())
    return False


def _bomb(width: int, height: int) -> Manner:
    def bomb(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
        answer(connection, with_size(camera.picture(), width, height))
        return True

    return bomb


def _corrupt_scan(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    """Its headers are good, its picture is noise."""
    picture = camera.picture()
    scan = picture.index(b"\xff\xda") + 14
    answer(connection, picture[:scan] + random.Random(3).randbytes(len(picture) - scan - 2) + b"\xff\xd9")
    return True


def _two_in_one(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    """The first half of one picture and the whole next one."""
    picture = camera.picture()
    answer(connection, picture[: len(picture) // 2] + camera.picture())
    return True


def _trailer(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    answer(connection, b"\r\n" + camera.picture() + b"\0\0DHPT" + bytes(range(256)))
    return True


def _corrupt_head(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    picture = camera.picture()
    answer(connection, picture[:2] + bytes(reversed(picture[2:200])) + picture[200:])
    return True


def says(status: str) -> Manner:
    """This status and nothing else."""

    def say(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        return True

    return say


def _multipart(*, length: bool, end: bool = True) -> Manner:
    def stream(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
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


def _raw(content: bytes) -> Manner:
    def send(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
        connection.sendall(content)
        return False

    return send


def _closes_kept(camera: "HttpCamera", connection: socket.socket, target: str) -> bool:
    """A good answer that promises to go on, and a closed connection."""
    _good(camera, connection, target)
    return False


FAULTS: dict[str, Manner] = {
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
    "busy": says("503 Service Unavailable"),
    "too many": says("429 Too Many Requests"),
    "forbidden": says("403 Forbidden"),
    "not found": says("404 Not Found"),
    "broken": says("500 Internal Server Error"),
    "switching": says("101 Switching Protocols"),
    "multipart": _multipart(length=True),
    "multipart without lengths": _multipart(length=False),
    "multipart that stops": _multipart(length=False, end=False),
    "not http": _raw(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"),
    "noise": _raw(random.Random(7).randbytes(5000)),
    "hangs up": _raw(b""),
    "closes kept": _closes_kept,
}
