"""Names in certificates, compared with what the cryptography library writes; and certificates judged by hand."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from agent.core.observation import Reason
from agent.probes.certnames import common_name, fault, matches, names

KEY = ec.generate_private_key(ec.SECP256R1())
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def certificate(
    common: str | None = "kel-3673011001",
    hosts: tuple[str, ...] = (),
    *,
    begins: datetime = NOW - timedelta(days=1),
    ends: datetime = NOW + timedelta(days=1),
    critical: bool = False,
) -> x509.Certificate:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Kota Serang")]
    if common is not None:
        attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, common))
    builder = x509.CertificateBuilder(x509.Name([]), x509.Name(attributes), KEY.public_key(), 7, begins, ends)
    builder = builder.add_extension(x509.BasicConstraints(False, None), True)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([general(host) for host in hosts]), critical)
    return builder.sign(KEY, hashes.SHA256())


def general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def der(*given_: object, **more: object) -> bytes:
    return certificate(*given_, **more).public_bytes(Encoding.DER)  # type: ignore[arg-type]


@given(st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True), st.lists(st.ip_addresses().map(str), max_size=5))
def test_names_are_what_another_implementation_wrote(common: str, addresses: list[str]) -> None:
    hosts = ("a.example", *addresses)
    found = names(der(common, hosts))
    assert found is not None
    assert (found.common, found.hosts) == (common, hosts)


def test_names_are_optional_and_a_critical_extension_is_read_too() -> None:
    found = names(der(None))
    assert found is not None
    assert (found.common, found.hosts) == ("", ())
    found = names(der("x", ("Pusat.Example",), critical=True))
    assert found is not None
    assert found.hosts == ("pusat.example",)


def test_the_name_of_a_pem_file_is_that_of_its_first_certificate() -> None:
    pem = certificate("kec-367301").public_bytes(Encoding.PEM).decode()
    assert common_name(pem + certificate("other").public_bytes(Encoding.PEM).decode()) == "kec-367301"
    assert common_name("") == ""


@pytest.mark.parametrize(
    ("host", "hosts", "is_its"),
    [
        ("sandi.serangkota.go.id", ("sandi.serangkota.go.id",), True),
        ("SANDI.serangkota.go.id.", ("sandi.serangkota.go.id",), True),
        ("sandi.serangkota.go.id", ("*.serangkota.go.id",), True),
        ("a.b.serangkota.go.id", ("*.serangkota.go.id",), False),
        ("serangkota.go.id", ("*.serangkota.go.id",), False),
        ("example", ("*.example", "*."), False),
        ("a.id", ("*.id",), False),
        ("10.0.0.1", ("10.0.0.1",), True),
        ("10.0.0.1", ("*.0.0.1",), False),
        ("2001:DB8::1", ("2001:db8::1",), True),
        ("10.0.0.2", ("10.0.0.1",), False),
        ("other", (), False),
    ],
)
def test_a_host_is_one_of_the_names_or_is_not(host: str, hosts: tuple[str, ...], is_its: bool) -> None:
    assert matches(host, hosts) is is_its


@pytest.mark.parametrize(
    ("now", "host", "reason"),
    [
        (NOW, "pusat.example", Reason.NONE),
        (NOW - timedelta(days=2), "pusat.example", Reason.TLS_NOT_YET_VALID),
        (NOW + timedelta(days=2), "pusat.example", Reason.TLS_EXPIRED),
        (NOW, "kel-3673011001", Reason.TLS_HOSTNAME),
        (datetime(1970, 1, 2, tzinfo=UTC), "pusat.example", Reason.NONE),
    ],
)
def test_a_certificate_nobody_verified_is_judged_by_its_dates_and_names(
    now: datetime, host: str, reason: Reason
) -> None:
    assert fault(der(hosts=("pusat.example",)), host, now.timestamp()) is reason


@given(st.binary(max_size=400))
def test_any_bytes_are_names_or_none(data: bytes) -> None:
    assert names(data) is None or fault(data, "x", NOW.timestamp())


@given(st.integers(0, 600), st.integers(0, 255))
def test_a_damaged_certificate_does_no_harm(at: int, value: int) -> None:
    damaged = bytearray(der(hosts=("pusat.example", "10.0.0.1")))
    damaged[at % len(damaged)] = value
    for data in (bytes(damaged), bytes(damaged[: at % len(damaged)])):
        found = fault(data, "pusat.example", NOW.timestamp())
        assert found == fault(data, "pusat.example", NOW.timestamp())
