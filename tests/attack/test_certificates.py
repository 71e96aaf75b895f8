"""Certificates and requests that claim more than they may: what the authority signs, whom broker and boxes believe."""

import base64
import ipaddress
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agent.enrol.door import context_for
from agent.probes.nodetls import node_context
from agent.uplink.config import UplinkConfig
from agent.uplink.connecting import _tls as uplink_tls
from center.certificates import key_pem
from center.errors import PkiError
from center.pki import Authority, create_authority
from tests.support.broker import RunningBroker
from tests.support.mqtt import Peer, peer
from tests.support.serving import serving
from wire import topics

NODE, OTHER = "kel-3673011001", "kel-3673011002"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = create_authority(tmp_path_factory.mktemp("pki") / "pki")
    made.issue_server({"127.0.0.1"})
    return made


def request(*names: str, key: object | None = None, **more: x509.ExtensionType) -> bytes:
    """A signing request for these common names, with whatever extensions."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for extension in more.values():
        builder = builder.add_extension(extension, critical=True)
    key = key or ec.generate_private_key(ec.SECP256R1())
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, digest).public_bytes(Encoding.PEM)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "names",
    [
        (OTHER,), ("center-ingest-1",), ("center-alerts-1",), ("sandi-center",), (NODE, OTHER), (OTHER, NODE), (),
        (NODE.upper(),), (f"{NODE} ",), (f"{NODE}\n",), (f"{NODE}\x00",), (f"{NODE}-2",), ("+",), ("#",), ("*",),
    ],
)  # fmt: skip
def test_no_request_gets_another_name_than_the_box_s(authority: Authority, names: tuple[str, ...]) -> None:
    before = len(authority.book())
    with pytest.raises(PkiError, match="another name"):
        authority.sign_csr(request(*names), NODE)
    assert len(authority.book()) == before


@pytest.mark.parametrize("name", ["center-ingest-1", "center-signer-1", "sandi-center", "kel-1", "+", "#", ""])
def test_no_name_but_a_node_s_is_signed_for_a_box_whoever_asks(authority: Authority, name: str) -> None:
    with pytest.raises(PkiError):
        authority.sign_csr(request(name or "x"), name)


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa.generate_private_key(65537, 2048),
        lambda: ec.generate_private_key(ec.SECP384R1()),
        lambda: ec.generate_private_key(ec.SECP256K1()),
        ed25519.Ed25519PrivateKey.generate,
    ],
    ids=["rsa", "p384", "secp256k1", "ed25519"],
)
def test_no_other_kind_of_key_is_signed(authority: Authority, make: Callable[[], object]) -> None:
    with pytest.raises(PkiError, match="P-256"):
        authority.sign_csr(request(NODE, key=make()), NODE)


def test_a_request_without_the_key_it_names_is_refused(authority: Authority) -> None:
    whole = x509.load_pem_x509_csr(request(NODE)).public_bytes(Encoding.DER)
    for cut in (whole[:-1] + bytes((whole[-1] ^ 1,)), whole[:-20]):
        kind = b"CERTIFICATE REQUEST-----\n"
        pem = b"-----BEGIN " + kind + base64.encodebytes(cut) + b"-----END " + kind
        with pytest.raises(PkiError):
            authority.sign_csr(pem, NODE)


def test_what_a_request_asks_for_besides_is_not_taken_over(authority: Authority) -> None:
    greedy = request(
        NODE,
        ca=x509.BasicConstraints(ca=True, path_length=None),
        names=x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.DNSName("center-ingest-1")]),
        purposes=x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CODE_SIGNING]),
    )
    certificate = x509.load_pem_x509_certificate(authority.sign_csr(greedy, NODE)[1])
    extensions = certificate.extensions
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and not usage.key_cert_sign and not usage.crl_sign
    with pytest.raises(x509.ExtensionNotFound):
        extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert [attribute.value for attribute in certificate.subject] == [NODE]


# -- boxes, and an impostor who has a box's certificate ----------------------------------------------------------------


def impostor(authority: Authority, folder: Path, *, names_us: bool) -> ssl.SSLContext:
    """A server with a box's certificate; `names_us`: with one that even names our host, which no box can get."""
    authority.issue_node(OTHER, folder, seal_public_key=bytes(32), replace=True)
    if names_us:
        key = load_pem_private_key((folder / "node.key").read_bytes(), None)
        own = x509.load_pem_x509_certificate((folder / "node.crt").read_bytes())
        builder = (
            x509.CertificateBuilder()
            .subject_name(own.subject)
            .issuer_name(own.issuer)
            .public_key(own.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime.now(UTC) + timedelta(days=9))
        )
        for extension in own.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        signer = load_pem_private_key((authority.directory / "ca.key").read_bytes(), None)
        made = builder.sign(signer, hashes.SHA256())  # type: ignore[arg-type]
        (folder / "node.crt").write_bytes(made.public_bytes(Encoding.PEM))
        (folder / "node.key").write_bytes(key_pem(key))  # type: ignore[arg-type]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "node.crt", folder / "node.key")
    return context


@pytest.mark.parametrize("names_us", [False, True], ids=["its own", "one that names the centre"])
@pytest.mark.parametrize("door", ["broker", "line tests", "enrolment"])
def test_a_box_s_certificate_makes_no_broker(authority: Authority, tmp_path: Path, names_us: bool, door: str) -> None:
    authority.issue_node(NODE, tmp_path / "mine", seal_public_key=bytes(32))
    config = UplinkConfig(host="127.0.0.1", credentials=tmp_path / "mine")
    context = {
        "broker": lambda: uplink_tls(config),
        "line tests": lambda: node_context(tmp_path / "mine"),
        "enrolment": lambda: context_for((tmp_path / "mine" / "ca.crt").read_bytes()),
    }[door]()
    got: list[bytes] = []
    evil = impostor(authority, tmp_path / "evil", names_us=names_us)
    with (
        serving(lambda talk: got.append(talk.recv(100)), evil) as port,
        socket.create_connection(("127.0.0.1", port), 60) as plain,
        pytest.raises(ssl.SSLCertVerificationError) as no,
    ):
        context.wrap_socket(plain, server_hostname="127.0.0.1")
    assert got == []
    assert "purpose" in no.value.verify_message


# -- the broker --------------------------------------------------------------------------------------------------------


@pytest.mark.broker
def test_an_expired_certificate_and_one_of_another_city_stay_outside(broker: RunningBroker, tmp_path: Path) -> None:
    seal = bytes(32)
    expired = tmp_path / "expired"
    broker.authority.issue_node(NODE, expired, seal_public_key=seal, validity=-timedelta(days=1))
    foreign = tmp_path / "foreign"
    create_authority(tmp_path / "other", "Sandi Kota Serang").issue_node(NODE, foreign, seal_public_key=seal)
    (foreign / "ca.crt").write_bytes((expired / "ca.crt").read_bytes())
    crossed = tmp_path / "crossed"  # a good certificate with the key of another
    broker.authority.issue_node(OTHER, crossed, seal_public_key=seal)
    for stolen in (expired, foreign):
        with pytest.raises(OSError), peer(broker, stolen):
            pass
    (crossed / "node.crt").write_bytes((broker.issue_node(NODE) / "node.crt").read_bytes())
    with pytest.raises(ssl.SSLError):
        broker.tls_context(crossed)
    with peer(broker, broker.issue_node(NODE)) as honest:
        assert not honest.publish(topics.up(NODE, "event")).is_failure


@pytest.mark.broker
def test_the_broker_s_own_certificate_opens_no_session(broker: RunningBroker) -> None:
    """Whoever took it from a captured broker cannot come in with it: it is for servers."""
    context = ssl.create_default_context(cafile=broker.authority.ca_certificate)
    context.load_cert_chain(broker.authority.server_certificate, broker.authority.server_key)
    with pytest.raises(OSError):
        Peer(broker.host, broker.port, context, "x").connect()
