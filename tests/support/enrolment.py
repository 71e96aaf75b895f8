"""The centre's side of enrolment as its two real processes, and boxes that ask by hand.

`enrolment_centre` prepares a centre's data (authority, sealing key, sites), runs `sandi-center signer` and
`sandi-center enrol` on it, and gives what a box or a test needs. Django works on the same data in this process.
"""

import base64
import http.client
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from center.certificates import fingerprint
from center.pki import Authority, create_authority
from tests.support.center import center_database, lay
from tests.support.ports import free_port
from tests.support.postgresql_center import center_on_postgresql
from tests.support.processes import Program, program, wait_until
from wire.enrolment import (
    ENROL_PATH,
    RENEW_CONTEXT,
    RENEW_PATH,
    Enrol,
    Issued,
    Refused,
    Renew,
    Waiting,
    encode,
    parse_answer,
)

NODE, OTHER = "kel-3673011001", "kel-3673011002"
NAMES = ("localhost", "127.0.0.1", "::1")
Answer = Issued | Waiting | Refused
T = TypeVar("T")
PATIENCE_S = 90.0
"""So long somebody whom a busy machine kept waiting asks again."""


@dataclass(slots=True)
class Box:
    """A box: its keys, and what it asks."""

    node: str = NODE
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    sign: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def fingerprint(self) -> str:
        """Of its public key, 64 hexadecimal digits."""
        return fingerprint(self.key.public_key())

    @property
    def sign_key(self) -> str:
        """The public half of its signing key, base64."""
        return base64.b64encode(self.sign.public_key().public_bytes_raw()).decode()

    def csr(self, name: str | None = None, key: Any = None) -> str:
        """A request for a certificate, for this name and key or its own."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name or self.node)])
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        return builder.sign(key or self.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    def enrol(self, token: str, **other: Any) -> Enrol:
        """What it asks first."""
        return Enrol(**{"node": self.node, "token": token, "csr": self.csr(), "sign_key": self.sign_key, **other})

    def renew(self, old: "Box", certificate: str, **other: Any) -> Renew:
        """The request for this box's key, vouched for by the key of `old`."""
        csr = other.get("csr") or self.csr()
        signature = old.key.sign(RENEW_CONTEXT + csr.encode(), ec.ECDSA(hashes.SHA256()))
        text = base64.b64encode(signature).decode()
        return Renew(**{"node": self.node, "csr": csr, "certificate": certificate, "signature": text, **other})


@dataclass(slots=True)
class EnrolmentCentre:
    """A running listener and signer. `ca` is the file a box pins."""

    data: Path
    host: str
    port: int
    ca: Path
    authority: Authority
    signer: Program
    listener: Program
    environment: dict[str, str]
    again: int = 0
    """How often it was asked once more: what was refused may have been counted as often besides."""

    def new_token(self, node: str = NODE, *, days: int = 14, confirm: bool = False, **other: Any) -> str:
        """A token for this node's card."""
        from center.enrolment.tokens import new_token

        given = {"role": "opd", "model": "pi-4b", "by": "cli:test", **other}
        return new_token(node, days=days, confirm=confirm, **given)

    def tls(self) -> ssl.SSLContext:
        """A client that trusts this centre's authority alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.ca)
        return context

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """One request by the standard library's client: status and body.

        As a box does, it comes again where it was cut without an answer: the listener gives a handshake five seconds,
        and a busy machine may stand still for longer.
        """
        end_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self._called(method, path, body)
            except (OSError, http.client.HTTPException):
                if time.monotonic() > end_s or self.listener.process.poll() is not None:
                    raise
                self.again += 1

    def _called(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=60, context=self.tls())
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask(self, message: Enrol | Renew, *, signer_is_away: bool = False) -> Answer:
        """What the centre answers to a box; a signer that is there and late is asked again."""
        path = ENROL_PATH if isinstance(message, Enrol) else RENEW_PATH
        end_s = time.monotonic() + PATIENCE_S
        while True:
            answer = parse_answer(*self.call("POST", path, encode(message)))
            late = isinstance(answer, Refused) and answer.code == "unavailable" and not signer_is_away
            if not late or time.monotonic() > end_s:
                return answer
            self.again += 1

    def signer_process(self, *words: str) -> AbstractContextManager[Program]:
        """Another signer on the same data, once the first has ended."""
        return program(*signer_command(self.data), *words, environment=self.environment)


def signer_command(data: Path) -> tuple[str, ...]:
    """The signer as a program."""
    return (sys.executable, "-m", "center.cli", "signer", "--data", str(data))


def expect(answer: object, kind: type[T]) -> T:
    """The answer, of this kind."""
    assert isinstance(answer, kind), answer
    return answer


@contextmanager
def enrolment_data(directory: Path, postgresql: str = "") -> Iterator[tuple[Path, Authority]]:
    """A centre's data with authority, sealing key and the city's sites; Django works on it in the block."""
    from center import sealing

    database = center_on_postgresql(postgresql, directory) if postgresql else center_database(directory)
    with database as data:
        from center.sites.seed_data import seed

        lay(data, "seeded", seed)
        authority = create_authority(data / "pki")
        authority.issue_server(NAMES)
        authority.issue_server(NAMES, "enrol")
        sealing.make_key_pair(data / "keys")
        yield data, authority


@contextmanager
def enrolment_centre(tmp_path: Path, *, config: str = "", postgresql: str = "") -> Iterator[EnrolmentCentre]:
    """Listener and signer for the length of the block. `config`: lines of `[enrolment]` in center.toml."""
    with enrolment_data(tmp_path / "center", postgresql) as (data, authority):
        url = f'[database]\nurl = "{postgresql}"\n' if postgresql else ""
        port = free_port()
        (data / "center.toml").write_text(
            f'{url}[enrolment]\nhost = "127.0.0.1"\nport = {port}\nper_address_per_minute = 100000\n'
            if "per_address_per_minute" not in config
            else f'{url}[enrolment]\nhost = "127.0.0.1"\nport = {port}\n'
        )
        with (data / "center.toml").open("a") as file:
            file.write(config)
        environment = {"SANDI_CENTER_DATA": str(data)}
        listen = (sys.executable, "-m", "center.cli", "enrol", "--data", str(data))
        with (
            program(*signer_command(data), environment=environment) as signer,
            program(*listen, environment=environment) as listener,
        ):
            socket = data / "run" / "signer.sock"
            wait_until(lambda: socket.exists() or signer.process.poll() is not None, "the signer",
                       60, lambda: signer.output)  # fmt: skip
            listener.wait_for_output("enrolment-listens", 60)
            ca = data / "pki" / "ca.crt"
            yield EnrolmentCentre(data, "127.0.0.1", port, ca, authority, signer, listener, environment)
