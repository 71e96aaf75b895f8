"""Credentials that lie ready: what a process of the centre works with when the authority's key is not its business.

Under one supervisor every process may open the authority and issue what it needs. In production each has its own user
and only the signer may read pki/ca.key: `sandi-center credentials` has issued everything beforehand, and systemd hands
each process its own files in a private directory (LoadCredential=), named by SANDI_CENTER_CREDENTIALS.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from center.broker import ALERTS_NAME, INGEST_NAME, Trust
from center.config import CenterConfig
from center.credentials import ClientCredentials
from center.errors import PkiError

VARIABLE = "SANDI_CENTER_CREDENTIALS"
"""Files there go before those of DATA/pki: server.key, or ca.crt, client.crt and client.key."""
_PEM_LIST = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)
"""One for each authority that is trusted."""


@dataclass(frozen=True, slots=True)
class ReadyServer:
    """The broker's side of TLS as files that exist, without anything that could sign."""

    ca_certificate: Path
    server_certificate: Path
    server_key: Path
    revocations: Path

    def revoked_serials(self) -> frozenset[str]:
        """Serials on the revocation list; empty when there is none yet."""
        from cryptography import x509

        if not self.revocations.exists():
            return frozenset()
        lists = (x509.load_pem_x509_crl(found) for found in _PEM_LIST.findall(self.revocations.read_bytes()))
        return frozenset(f"{entry.serial_number:x}" for entries in lists for entry in entries)


def handed_over() -> Path | None:
    """The directory of credentials that whoever started this process made for it, if any."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def may_sign(data: Path) -> bool:
    """Whether this process can read the authority's key."""
    return os.access(data / "pki" / "ca.key", os.R_OK)


def server(data: Path, names: Iterable[str]) -> Trust:
    """What a listener shows: issued now where the authority's key can be read, else what lies ready.

    Raises:
        PkiError: the key cannot be read and nothing usable lies ready.
    """
    if may_sign(data):
        from center.pki import open_authority

        authority = open_authority(data / "pki")
        authority.issue_server(names)
        return authority
    pki = data / "pki"
    key = _handed("server.key", pki)
    found = ReadyServer(pki / "ca.crt", pki / "server.crt", key, pki / "crl.pem")
    _require(data, (found.ca_certificate, found.server_certificate, found.server_key))
    return found


def client(data: Path, name: str) -> ClientCredentials:
    """The credentials of the centre's process `name`, by the same rule.

    Raises:
        PkiError: as `server`.
    """
    if may_sign(data):
        from center.pki import open_authority

        return open_authority(data / "pki").issue_center(name)
    found = ClientCredentials(name, client_directory(data, name))
    _require(data, (found.ca, found.certificate, found.key))
    return found


def client_directory(data: Path, name: str) -> Path:
    """Where ca.crt, client.crt and client.key of the centre's process `name` are for this process."""
    handed = handed_over()
    return handed if handed is not None else data / "pki" / "clients" / name


def issue_all(data: Path, config: CenterConfig) -> list[str]:
    """Issue what the separate processes of the centre need; existing good ones stay. Returns the names.

    Raises:
        PkiError: this process cannot read the authority's key.
    """
    from center.pki import open_authority
    from center.setup import ENROL_PART, issue_servers

    authority = open_authority(data / "pki")
    issue_servers(authority, config)
    clients = [*(INGEST_NAME.format(number=number) for number in range(1, config.ingest.workers + 1)), ALERTS_NAME]
    for name in clients:
        authority.issue_center(name)
    return ["server", ENROL_PART, *clients]


def _handed(name: str, otherwise: Path) -> Path:
    handed = handed_over()
    return handed / name if handed is not None and (handed / name).exists() else otherwise / name


def _require(data: Path, files: Iterable[Path]) -> None:
    for file in files:
        if not os.access(file, os.R_OK):
            raise PkiError(
                f"neither {data / 'pki' / 'ca.key'} nor {file} can be read by this user; issue the credentials first: "
                f"sudo -u sandi-signer sandi-center credentials --data {data}, then start this through its unit",
                f"baik {data / 'pki' / 'ca.key'} maupun {file} tidak dapat dibaca pengguna ini; buat kredensialnya "
                f"dulu: sudo -u sandi-signer sandi-center credentials --data {data}, lalu jalankan lewat unitnya",
            )
