"""Certificates for the laboratory's centre and sites: with any dates, names and authority."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from center.certificates import Key, Signer, key_pem, make_authority, new_key


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


def signer_in(directory: Path) -> Signer:
    """The authority in a directory of `center.pki`."""
    key = load_pem_private_key((directory / "ca.key").read_bytes(), None)
    assert isinstance(key, Key)
    return Signer(x509.load_pem_x509_certificate((directory / "ca.crt").read_bytes()), key)


def stranger() -> Signer:
    """An authority nobody trusts."""
    return make_authority("Bukan otoritas kota", datetime.now(UTC))


def issue(
    signer: Signer,
    path: Path,
    names: Sequence[str],
    *,
    begins_days: float = -30.0,
    days: float = 365.0,
    client: bool = False,
) -> Pair:
    """A certificate valid from `begins_days` to `days` from now for these host names and addresses (or a client)."""
    key, now = new_key(), datetime.now(UTC)
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
        .issuer_name(signer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins_days))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    if not client:
        builder = builder.add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
    made = Pair(path.with_suffix(".crt"), path.with_suffix(".key"))
    made.certificate.write_bytes(builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.PEM))
    made.key.write_bytes(key_pem(key))
    return made


def _name(text: str) -> x509.GeneralName:
    import ipaddress

    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
