"""How the centre's certificates are made: P-256 throughout, private authority, no I/O."""

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from center.errors import RequestError

NOT_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
"""Certificates begin in 2020: a Raspberry Pi has no clock battery, and a clock in the past must not lock it out."""
AUTHORITY_VALIDITY = timedelta(days=3653)
NODE_VALIDITY = timedelta(days=731)

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Signer:
    """The authority's certificate and key, together."""

    certificate: x509.Certificate
    key: Key


def new_key() -> Key:
    """A fresh P-256 key: every TLS library of the last ten years has it, and handshakes are cheap on a Pi."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: Key) -> bytes:
    """PKCS#8 without a passphrase; the file's mode protects it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_request(csr_pem: bytes, node: str) -> ec.EllipticCurvePublicKey:
    """The key a request made on a node is for. Whatever else it asks for (extensions, other names) is not looked at.

    Raises:
        RequestError: not a request for a P-256 key that is signed by it ("csr"), or for another name ("name").
    """
    try:
        request = x509.load_pem_x509_csr(csr_pem)
        key = request.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            raise RequestError("csr", f"the request for {node} must have a P-256 key")
        if not request.is_signature_valid:
            raise RequestError("csr", f"the request for {node} is not signed by its own key")
        name = common_name(request.subject)
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise RequestError("csr", f"the request for {node} is not a certificate signing request: {error}") from error
    if name != node:
        raise RequestError("name", f"the request asks for another name than {node}")
    return key


def fingerprint(key: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 of a public key (SubjectPublicKeyInfo, DER), lower-case hexadecimal."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def make_authority(name: str, now: datetime) -> Signer:
    """A self-signed authority that may sign end certificates only (path length 0)."""
    key = new_key()
    subject = _name(name)
    certificate = (
        _builder(subject, subject, key.public_key(), now + AUTHORITY_VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Signer(certificate, key)


def sign_client(signer: Signer, name: str, public_key: ec.EllipticCurvePublicKey, until: datetime) -> x509.Certificate:
    """A certificate that can only be used to connect, never to pose as the broker."""
    return _sign_end(signer, name, public_key, until, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)


def sign_server(signer: Signer, names: Iterable[str], public_key: ec.EllipticCurvePublicKey) -> x509.Certificate:
    """The broker's certificate for these host names and addresses, valid as long as the authority.

    Its key lies beside the authority's on the same disk, so a shorter life would add outages and no safety.
    """
    alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
    until = signer.certificate.not_valid_after_utc
    return _sign_end(
        signer,
        "sandi-center",
        public_key,
        until,
        purpose=ExtendedKeyUsageOID.SERVER_AUTH,
        alternatives=alternatives,
    )


def sign_revocations(signer: Signer, revoked: Mapping[int, datetime]) -> x509.CertificateRevocationList:
    """The revocation list: serials and when each was taken back.

    It expires with the authority: an expired list makes the broker refuse every node.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signer.certificate.subject)
        .last_update(NOT_BEFORE)
        .next_update(signer.certificate.not_valid_after_utc)
    )
    for serial in sorted(revoked):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(revoked[serial]).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(signer.key, hashes.SHA256())


def server_names(certificate: x509.Certificate) -> frozenset[str]:
    """The host names and addresses a server certificate is good for."""
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = alternatives.get_values_for_type(x509.IPAddress)
    return frozenset([*alternatives.get_values_for_type(x509.DNSName), *(str(address) for address in addresses)])


def common_name(subject: x509.Name) -> str:
    """The one common name of a subject, or an empty string when there is none or more than one."""
    values = [attribute.value for attribute in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return str(values[0]) if len(values) == 1 else ""


def _sign_end(
    signer: Signer,
    name: str,
    public_key: ec.EllipticCurvePublicKey,
    until: datetime,
    *,
    purpose: x509.ObjectIdentifier,
    alternatives: x509.SubjectAlternativeName | None = None,
) -> x509.Certificate:
    until = min(until, signer.certificate.not_valid_after_utc)
    authority_key = signer.key.public_key()
    builder = (
        _builder(_name(name), signer.certificate.subject, public_key, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key), critical=False)
    )
    if alternatives is not None:
        builder = builder.add_extension(alternatives, critical=False)
    return builder.sign(signer.key, hashes.SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(until)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
