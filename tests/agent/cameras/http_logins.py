"""Every way of logging in that the HTTP camera of the tests knows: what it offers, and who gets in.

It reckons its Digest answers with urllib's own parser and hashlib, sharing no code with the agent.
"""

import base64
import hashlib
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.request import parse_http_list, parse_keqv_list

if TYPE_CHECKING:
    from tests.agent.cameras.http_camera import HttpCamera

Judge = Callable[["HttpCamera", str, str, str], bool]
"""Whether a request with this method, target and "Authorization" header gets in."""


def way_of(given: str) -> str:
    """Which way of logging in a request took; "" for none."""
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


def _open(camera: "HttpCamera", method: str, target: str, given: str) -> bool:
    return True


def _basic(camera: "HttpCamera", method: str, target: str, given: str) -> bool:
    scheme, _, pair = given.partition(" ")
    return scheme == "Basic" and base64.b64decode(pair) == f"{camera.user}:{camera.password}".encode()


def _digest(*algorithms: str) -> Judge:
    def judge(camera: "HttpCamera", method: str, target: str, given: str) -> bool:
        return given.startswith("Digest ") and digest_is_right(camera, method, target, given, algorithms)

    return judge


def digest_is_right(camera: "HttpCamera", method: str, target: str, given: str, algorithms: tuple[str, ...]) -> bool:
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


def _one_use(camera: "HttpCamera", method: str, target: str, given: str) -> bool:
    """Each nonce is good for one request."""
    right = _digest("MD5")(camera, method, target, given)
    if given:
        camera.nonces.pop(_fields(given)["nonce"], None)
    return right


def _never(camera: "HttpCamera", method: str, target: str, given: str) -> bool:
    return False


def _offer(camera: "HttpCamera", algorithm: str, qop: str = 'qop="auth"', stale: bool = False) -> str:
    named = f", algorithm={algorithm}" if algorithm else ""
    asked = f", {qop}" if qop else ""
    old = ", stale=true" if stale else ""
    return f'Digest realm="Kamera \\"depan\\"", nonce="{camera.new_nonce()}", opaque="0a"{named}{asked}{old}'


AUTHS: dict[str, Judge] = {
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
