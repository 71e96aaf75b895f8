"""The city's own certificate authority: who may speak to the broker, and under which name.

A directory holds everything:

    ca.crt, ca.key        the authority; changed by a rotation alone (`center.authorities`: rotation.json, authorities/)
    server.crt/.key       the broker's
    enrol/                server.crt, server.key, ca.crt of the listener where boxes ask for certificates
    clients/NAME/         ca.crt, client.crt, client.key of the centre's own processes
    issued.jsonl          every certificate ever signed, written before the certificate leaves the authority
    crl.pem               what was taken back; kept outside the database, so a restored backup cannot undo it

A node's credentials are a directory: ca.crt, command.pub (`wire.keys`), node.crt, node.key, seal.pub (X25519, base64)
and sign.key (Ed25519 seed, base64).
"""

import base64
import json
import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from center.authorities import (
    issuer_of,
    load_key,
    revocation_lists,
    rotation_of,
    server_signer,
    settle,
    signer_of,
    trusted,
)
from center.certificates import (
    NODE_VALIDITY,
    Signer,
    key_pem,
    make_authority,
    new_key,
    read_request,
    server_names,
    sign_client,
    sign_server,
)
from center.credentials import ClientCredentials, Issued, IssuedNode, kept_sign_key, replace_directory
from center.errors import PkiError
from center.files import PRIVATE, PUBLIC, exclusive, make_directory, write_atomic
from wire.topics import is_node_id

__all__ = ["Authority", "ClientCredentials", "Issued", "IssuedNode", "create_authority", "open_authority"]

_CENTER_NAME = re.compile(r"center-[a-z]+-[1-9][0-9]?")
_RENEW_BEFORE = timedelta(days=60)


class Authority:
    """Signs names of the fleet and nothing else. Get one from `create_authority` or `open_authority`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ca_certificate = directory / "ca.crt"
        self.server_certificate = directory / "server.crt"
        self.server_key = directory / "server.key"
        self.revocations = directory / "crl.pem"

    @property
    def _signer(self) -> Signer:
        """Who signs now: read each time, for another authority may have taken over since a process began."""
        return signer_of(self.directory)

    def issue_server(self, names: Iterable[str], part: str = "") -> Path:
        """Make sure a server has a certificate for these host names and addresses; returns its path.

        The broker's lies in the directory itself; another server has a key of its own in the folder `part` ("enrol"),
        with the authority's certificate beside it. One that covers the names is kept: starting again changes nothing.
        """
        wanted = frozenset(names)
        if not wanted:
            raise PkiError("a server's certificate needs at least one host name or address")
        folder = self.directory / part
        certificate_path, key_path = folder / "server.crt", folder / "server.key"
        with exclusive(self.directory / ".lock"):
            if part:
                make_directory(folder, 0o700)
                _keep_same(folder / "ca.crt", self.trust_bundle())
            if key_path.exists() and certificate_path.exists():
                present = x509.load_pem_x509_certificate(certificate_path.read_bytes())
                key = load_key(key_path)
                if wanted <= server_names(present) and self._made(present, key.public_key(), serves=True):
                    return certificate_path
            key = new_key()
            certificate = sign_server(server_signer(self.directory), sorted(wanted), key.public_key())
            self._record(certificate, f"server-{part}" if part else "server")
            write_atomic(key_path, key_pem(key), PRIVATE)
            write_atomic(certificate_path, certificate.public_bytes(Encoding.PEM))
        return certificate_path

    def trust_bundle(self) -> bytes:
        """The authorities boxes are to trust, newest first, in PEM."""
        return self.ca_certificate.read_bytes()

    def issue_center(self, name: str) -> ClientCredentials:
        """Make sure the centre's process `center-<role>-<n>` has credentials; existing valid ones are kept."""
        if not _CENTER_NAME.fullmatch(name):
            raise PkiError(f"{name!r} is not a name of the centre such as center-ingest-1")
        credentials = ClientCredentials(name, self.directory / "clients" / name)
        with exclusive(self.directory / ".lock"):
            if credentials.certificate.exists() and credentials.key.exists():
                present = x509.load_pem_x509_certificate(credentials.certificate.read_bytes())
                if self._made(present, load_key(credentials.key).public_key()):
                    return credentials
            key = new_key()
            until = self._signer.certificate.not_valid_after_utc
            certificate = sign_client(self._signer, name, key.public_key(), until)
            self._record(certificate, name)
            files = {
                "ca.crt": (self.ca_certificate.read_bytes(), PUBLIC),
                "client.crt": (certificate.public_bytes(Encoding.PEM), PUBLIC),
                "client.key": (key_pem(key), PRIVATE),
            }
            make_directory(credentials.directory.parent, 0o700)
            replace_directory(credentials.directory, files)
        return credentials

    def issue_node(
        self,
        node: str,
        out_dir: Path,
        *,
        seal_public_key: bytes,
        command_keys: str = "",
        validity: timedelta = NODE_VALIDITY,
        replace: bool = False,
    ) -> IssuedNode:
        """Make a node's whole credential directory: all of it or nothing.

        Renewal is the same with `replace`: a new TLS key, the same signing key, so that pictures signed before
        the renewal and still waiting on the node can be verified afterwards.

        Raises:
            PkiError: not a node id, or `out_dir` is not empty and `replace` was not asked for.
        """
        if out_dir.exists() and (not out_dir.is_dir() or (any(out_dir.iterdir()) and not replace)):
            raise PkiError(
                f"{out_dir} is not an empty directory; choose another, or use --force to renew it",
                f"{out_dir} bukan direktori kosong; pilih yang lain, atau --force untuk memperpanjang",
            )
        sign_key = kept_sign_key(out_dir) or Ed25519PrivateKey.generate()
        key = new_key()
        certificate = self._sign_node(node, key.public_key(), validity)
        make_directory(out_dir.parent)
        replace_directory(
            out_dir,
            {
                "ca.crt": (self.ca_certificate.read_bytes(), PUBLIC),
                "command.pub": (command_keys.encode("ascii"), PUBLIC),
                "node.crt": (certificate.public_bytes(Encoding.PEM), PUBLIC),
                "node.key": (key_pem(key), PRIVATE),
                "seal.pub": (base64.b64encode(seal_public_key) + b"\n", PUBLIC),
                "sign.key": (base64.b64encode(sign_key.private_bytes_raw()) + b"\n", PRIVATE),
            },
        )
        public = base64.b64encode(sign_key.public_key().public_bytes_raw()).decode()
        return IssuedNode(node, serial_of(certificate), certificate.not_valid_after_utc, out_dir, public)

    def sign_csr(self, csr_pem: bytes, node: str, validity: timedelta = NODE_VALIDITY) -> tuple[Issued, bytes]:
        """Sign a request made on the node, whose key never leaves it; returns the certificate in PEM too.

        The request must be signed by its own P-256 key and ask for exactly this name; whatever else it asks
        for (extensions, other names) is not taken over.
        """
        certificate = self._sign_node(node, read_request(csr_pem, node), validity)
        issued = Issued(node, serial_of(certificate), certificate.not_valid_after_utc)
        return issued, certificate.public_bytes(Encoding.PEM)

    def vouch(self, content: bytes) -> bytes:
        """The authority's signature (ECDSA, SHA-256, DER) over `content`, which begins with a context of its own."""
        return self._signer.key.sign(content, ec.ECDSA(hashes.SHA256()))

    def revoke(self, name: str, *, keep: str = "") -> tuple[str, ...]:
        """Take back every certificate of a name but the one with the serial `keep`; returns the serials newly listed.

        The broker learns of it at its next start (it is restarted for it: a reload leaves live sessions alone).
        """
        with exclusive(self.directory / ".lock"):
            mine = {entry["serial"] for entry in self.book() if entry["name"] == name}
            return self._take_back(mine - {keep})

    def revoke_serials(self, serials: Iterable[str]) -> tuple[str, ...]:
        """Take back these certificates; returns the serials newly on the list."""
        with exclusive(self.directory / ".lock"):
            return self._take_back(frozenset(serials))

    def revoked_serials(self) -> frozenset[str]:
        """Serials on the revocation list; empty when there is none yet."""
        return frozenset(self.revoked())

    def revoked(self) -> dict[str, datetime]:
        """When each serial on the revocation list was taken back."""
        if not self.revocations.exists():
            return {}
        revocations = x509.load_pem_x509_crl(self.revocations.read_bytes())
        return {f"{entry.serial_number:x}": entry.revocation_date_utc for entry in revocations}

    def is_same(self, other: "Authority") -> bool:
        """Whether both directories hold one and the same authority, maybe of different days."""
        return bool(rotation_of(self.directory).known & rotation_of(other.directory).known)

    def take_over(self, other: "Authority") -> None:
        """Add what another state of this authority has signed and taken back: neither can be undone by a restore."""
        with exclusive(self.directory / ".lock"):
            known = {entry["serial"] for entry in self.book()}
            added = [entry for entry in other.book() if entry["serial"] not in known]
            if added:
                lines = "".join(f"{json.dumps(entry)}\n" for entry in [*self.book(), *added])
                write_atomic(self.directory / "issued.jsonl", lines.encode(), PRIVATE)
            mine = self.revoked()
            if both := {**other.revoked(), **mine}:
                self._publish(both)

    def book(self) -> list[dict[str, str]]:
        """Every certificate ever signed, in order: name, serial, issued_at, expires_at."""
        book = self.directory / "issued.jsonl"
        return [json.loads(line) for line in book.read_text().splitlines()] if book.exists() else []

    def vouches_for(self, certificate: x509.Certificate, name: str) -> bool:
        """Whether an authority that is trusted signed this certificate for this name, and it stands in the book; it may
        have expired or been taken back."""
        try:
            issuer = next(one for one in trusted(self.directory) if one.subject == certificate.issuer)
            certificate.verify_directly_issued_by(issuer)
        except Exception:  # noqa: BLE001 - any failure to verify means: not ours
            return False
        serial = serial_of(certificate)
        return any(entry["serial"] == serial and entry["name"] == name for entry in self.book())

    def _take_back(self, serials: AbstractSet[str]) -> tuple[str, ...]:
        already = self.revoked()
        fresh = serials - already.keys()
        if fresh:
            self._publish({**already, **dict.fromkeys(fresh, datetime.now(UTC))})
        return tuple(sorted(fresh))

    def _publish(self, revoked: dict[str, datetime]) -> None:
        write_atomic(self.revocations, revocation_lists(self.directory, revoked))

    def _sign_node(self, node: str, public_key: ec.EllipticCurvePublicKey, validity: timedelta) -> x509.Certificate:
        if not is_node_id(node):
            raise PkiError(f"{node!r} is not a node id such as kel-3673011001, kec-367301 or opd-diskominfo")
        with exclusive(self.directory / ".lock"):
            certificate = sign_client(self._signer, node, public_key, datetime.now(UTC) + validity)
            self._record(certificate, node)
        return certificate

    def _made(self, certificate: x509.Certificate, key: ec.EllipticCurvePublicKey, *, serves: bool = False) -> bool:
        """Whether this certificate is ours, belongs to the key, was not taken back and will last a while. `serves`: it
        is a server's, of the authority those show at this stage."""
        signer = server_signer(self.directory) if serves else self._signer
        try:
            certificate.verify_directly_issued_by(signer.certificate)
        except Exception:  # noqa: BLE001 - any failure to verify means: make a new one
            return False
        lasts = certificate.not_valid_after_utc - datetime.now(UTC) > _RENEW_BEFORE
        return lasts and certificate.public_key() == key and serial_of(certificate) not in self.revoked_serials()

    def _record(self, certificate: x509.Certificate, name: str) -> None:
        entry = {
            "name": name,
            "serial": serial_of(certificate),
            "issued_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "expires_at": certificate.not_valid_after_utc.isoformat(),
            "authority": issuer_of(certificate),
        }
        book = self.directory / "issued.jsonl"
        before = book.read_bytes() if book.exists() else b""
        write_atomic(book, before + json.dumps(entry).encode() + b"\n", PRIVATE)


def create_authority(directory: Path, name: str = "Sandi Kota Serang") -> Authority:
    """Open the authority in `directory`, or make it (P-256, ten years, key 0600) when there is none.

    Raises:
        PkiError: half of an authority that has signed something is there; it is never overwritten.
    """
    make_directory(directory, 0o700)
    with exclusive(directory / ".lock"):
        if not (directory / "ca.crt").exists():
            if (directory / "issued.jsonl").exists():
                raise PkiError(f"{directory} has lost ca.crt; put ca.crt and ca.key back from a backup")
            signer = make_authority(name, datetime.now(UTC))
            # The key goes first: a cut in between leaves a key that has signed nothing, and is made again.
            write_atomic(directory / "ca.key", key_pem(signer.key), PRIVATE)
            write_atomic(directory / "ca.crt", signer.certificate.public_bytes(Encoding.PEM))
    return open_authority(directory)


def open_authority(directory: Path) -> Authority:
    """Open an existing authority; PkiError says what is missing or does not fit."""
    settle(directory)
    try:
        signer_of(directory)
    except PkiError:  # a step was being taken just now
        settle(directory)
        signer_of(directory)
    return Authority(directory)


def _keep_same(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        write_atomic(path, content)


def serial_of(certificate: x509.Certificate) -> str:
    """A certificate's number as the book and the revocation list have it."""
    return f"{certificate.serial_number:x}"
