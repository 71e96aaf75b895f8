"""The end of a certificate, compared with what the cryptography library reads."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from agent.probes.tlsdates import days_left, first_der, not_after_s

KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kel-3673011001")])


def certificate(end: datetime) -> x509.Certificate:
    builder = x509.CertificateBuilder(NAME, NAME, KEY.public_key(), 1, datetime(2000, 1, 1, tzinfo=UTC), end)
    return builder.sign(KEY, hashes.SHA256())


@given(st.datetimes(datetime(2000, 1, 2), datetime(2099, 1, 1), timezones=st.just(UTC)))
def test_the_end_is_what_another_implementation_reads(end: datetime) -> None:
    end = end.replace(microsecond=0)
    assert not_after_s(certificate(end).public_bytes(Encoding.DER)) == int(end.timestamp())


def test_days_are_counted_and_negative_afterwards() -> None:
    der = certificate(datetime(2030, 1, 11, tzinfo=UTC)).public_bytes(Encoding.DER)
    now = datetime(2030, 1, 1, tzinfo=UTC)
    assert days_left(der, now.timestamp()) == 10.0
    assert days_left(der, (now + timedelta(days=12)).timestamp()) == -2.0


def test_a_pem_file_gives_its_first_certificate() -> None:
    made = certificate(datetime(2030, 1, 1, tzinfo=UTC))
    pem = made.public_bytes(Encoding.PEM).decode()
    assert first_der("# comment\n" + pem + pem) == made.public_bytes(Encoding.DER)
    assert first_der("") == first_der("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----") == b""


@given(st.binary(max_size=400))
def test_any_bytes_are_a_date_or_none(data: bytes) -> None:
    assert _is_a_date_or_none(not_after_s(data))


def _is_a_date_or_none(end_s: int | None) -> bool:
    """Four digits have room for the years 0 to 9999."""
    return end_s is None or -62_167_219_200 <= end_s < 253_402_300_800


@given(st.integers(0, 500), st.integers(0, 255))
def test_a_damaged_certificate_is_a_date_or_none(at: int, value: int) -> None:
    whole = certificate(datetime(2030, 1, 1, tzinfo=UTC)).public_bytes(Encoding.DER)
    der = bytearray(whole)
    at %= len(der)
    der[at] = value
    found = not_after_s(bytes(der))
    assert _is_a_date_or_none(found)
    if at >= len(der) - 50:  # in the signature, which is not looked at
        assert found == not_after_s(whole)
    assert not_after_s(bytes(der[:at])) is None
