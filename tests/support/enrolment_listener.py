"""A small enrolment listener that keeps the contract of `wire.enrolment`, with the centre's own authority behind it.

It stands in for the real one where a test wants an answer the real one gives only after a story (`refuse`, `wait`), or
never gives at all (`cut`, `say`).
"""

import base64
import hashlib
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from center.certificates import NODE_VALIDITY
from center.errors import PkiError
from center.pki import Authority
from tests.support.ports import free_port
from wire import enrolment
from wire.enrolment import STATUS, Enrol, Issued, Refused, Renew, Trust, Waiting
from wire.errors import WireError

SEAL_KEY = base64.b64encode(bytes(range(32))).decode()


class Listener:
    """Knobs a test turns while it runs; `asked` has every request that was read."""

    def __init__(self, authority: Authority, port: int) -> None:
        self.authority = authority
        self.port = port
        self.tokens: dict[str, str] = {}
        """Node of each token."""
        self.used: dict[str, str] = {}
        """Fingerprint of the key that used a token up."""
        self.issued: dict[tuple[str, str], str] = {}
        self.keys: dict[str, set[str]] = {}
        """Fingerprints of the keys of each node."""
        self.sign_keys: dict[str, str] = {}
        self.refuse = ""
        self.wait_s = 0
        self.confirm = False
        self.cut = 0
        """So many answers are made and never sent."""
        self.say: tuple[int, bytes] | None = None
        self.slow_s = 0.0
        self.validity = NODE_VALIDITY
        self.trust = ""
        self.command_keys = ""
        self.vouched_keys = ""
        """The lines the authority has signed; others than `command_keys` where the listener was taken over."""
        self.asked: list[Enrol | Renew | str] = []

    @property
    def bundle(self) -> str:
        return self.trust or self.authority.ca_certificate.read_text()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if self.say is not None:
            return self.say
        try:
            return self._answer(method, path, body)
        except (WireError, PkiError, ValueError) as error:
            return _refused("request", str(error)[:200])

    def _answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if (method, path) == ("GET", enrolment.TRUST_PATH):
            self.asked.append("trust")
            return 200, enrolment.encode(Trust(self.bundle))
        request: Enrol | Renew
        if (method, path) == ("POST", enrolment.ENROL_PATH):
            request = enrolment.parse(body, Enrol)
        elif (method, path) == ("POST", enrolment.RENEW_PATH):
            request = enrolment.parse(body, Renew)
        else:
            return _refused("request", "no such place")
        self.asked.append(request)
        if self.refuse:
            return _refused(self.refuse, "as asked", self.wait_s)
        csr = x509.load_pem_x509_csr(request.csr.encode())
        print_of_key = fingerprint(csr.public_key())
        trouble = self._judged(request, print_of_key)
        if trouble:
            return _refused(trouble)
        if self.confirm:
            return 202, enrolment.encode(Waiting(print_of_key, self.wait_s or 5))
        return 200, enrolment.encode(self._issued(request, print_of_key))

    def _judged(self, request: Enrol | Renew, print_of_key: str) -> str:
        if isinstance(request, Enrol):
            if self.tokens.get(request.token) != request.node:
                return "token_unknown"
            return "" if self.used.get(request.token, print_of_key) == print_of_key else "token_used"
        certificate = x509.load_pem_x509_certificate(request.certificate.encode())
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        if fingerprint(key) not in self.keys.get(request.node, set()):
            return "key_unknown"
        message = enrolment.RENEW_CONTEXT + request.csr.encode("ascii")
        try:
            key.verify(base64.b64decode(request.signature), message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return "key_unknown"
        return ""

    def _issued(self, request: Enrol | Renew, print_of_key: str) -> Issued:
        key = (request.node, print_of_key)
        if key not in self.issued:
            _, pem = self.authority.sign_csr(request.csr.encode(), request.node, self.validity)
            self.issued[key] = pem.decode()
        if isinstance(request, Enrol):
            self.used[request.token] = print_of_key
            self.sign_keys[request.node] = request.sign_key
        self.keys.setdefault(request.node, set()).add(print_of_key)
        certificate = x509.load_pem_x509_certificate(self.issued[key].encode())
        vouched = enrolment.vouched_keys(self.issued[key], self.vouched_keys)
        return Issued(
            self.issued[key], self.bundle, SEAL_KEY, int(certificate.not_valid_after_utc.timestamp() * 1000),
            command_keys=self.command_keys,
            command_keys_proof=base64.b64encode(self.authority.vouch(vouched)).decode() if self.vouched_keys else "",
        )  # fmt: skip


def fingerprint(key: object) -> str:
    """As `wire.enrolment.Fingerprint`."""
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _refused(code: str, detail: str = "", wait_s: int = 0) -> tuple[int, bytes]:
    return STATUS.get(code, 400), enrolment.encode(Refused(code, detail, wait_s))


@contextmanager
def listening(authority: Authority, *, port: int = 0, days: float | None = None) -> Iterator[Listener]:
    """One that answers on 127.0.0.1 with the broker's certificate."""
    listener = Listener(authority, port or free_port())
    if days is not None:
        listener.validity = timedelta(days=days)

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), enrolment.MAX_REQUEST_BYTES))
            status, answer = listener.answer(self.command, self.path, body)
            if listener.cut:
                listener.cut -= 1
                self.connection.close()
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if listener.slow_s:
                for byte in answer:
                    self.wfile.write(bytes((byte,)))
                    time.sleep(listener.slow_s)
            else:
                self.wfile.write(answer)

        do_GET = do_POST = _do  # noqa: N815 - names of the standard library

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    authority.issue_server(("localhost", "127.0.0.1"))
    server = Server(("127.0.0.1", listener.port), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.server_certificate, authority.server_key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join(10)
        with suppress(OSError):
            server.server_close()


def write_card(folder: Path, node: str, listener: Listener, token: str, *, host: str = "127.0.0.1") -> None:
    """What the first run leaves in /etc/sandi."""
    from wire.card import Card, card_text

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "enrol").mkdir(mode=0o750, exist_ok=True)
    card = Card(node=node, model="pi-4b", role="opd", host=host, port=listener.port)
    (folder / "node.toml").write_text(card_text(card))
    (folder / "enrol" / "token").write_text(token + "\n")
    (folder / "enrol" / "token").chmod(0o600)
    (folder / "enrol" / "ca.crt").write_bytes(listener.authority.ca_certificate.read_bytes())
