"""The authority: whom it signs, what it keeps, what it takes back."""

import base64
import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from center.certificates import common_name, server_names
from center.errors import PkiError
from center.pki import Authority, create_authority, open_authority

NODE = "kel-3673011001"
SEAL = bytes(range(32))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return create_authority(tmp_path / "pki")


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def request_for(name: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )


def test_the_authority_is_a_ten_year_p256_key_that_only_its_owner_reads(authority: Authority) -> None:
    certificate = load(authority.ca_certificate)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert certificate.not_valid_after_utc - datetime.now(UTC) > timedelta(days=3650)
    assert stat.S_IMODE((authority.directory / "ca.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(authority.directory.stat().st_mode) == 0o700


def test_making_it_again_opens_the_same_one(authority: Authority) -> None:
    before = authority.ca_certificate.read_bytes()
    assert create_authority(authority.directory).ca_certificate.read_bytes() == before


def test_a_key_that_signed_nothing_yet_is_made_again_after_a_cut(tmp_path: Path) -> None:
    create_authority(tmp_path)
    (tmp_path / "ca.crt").unlink()
    create_authority(tmp_path).issue_server({"localhost"})
    (tmp_path / "ca.crt").unlink()
    with pytest.raises(PkiError, match="backup"):
        create_authority(tmp_path)


def test_a_certificate_with_another_authority_s_key_is_refused(tmp_path: Path) -> None:
    create_authority(tmp_path / "a")
    create_authority(tmp_path / "b")
    (tmp_path / "a" / "ca.key").write_bytes((tmp_path / "b" / "ca.key").read_bytes())
    with pytest.raises(PkiError, match="does not belong"):
        open_authority(tmp_path / "a")


def test_a_node_s_directory_holds_all_it_needs_and_hides_its_keys(authority: Authority, tmp_path: Path) -> None:
    issued = authority.issue_node(NODE, tmp_path / "out", seal_public_key=SEAL)
    modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in (tmp_path / "out").iterdir()}
    public = dict.fromkeys(("ca.crt", "command.pub", "node.crt", "seal.pub"), 0o644)
    assert modes == {**public, "node.key": 0o600, "sign.key": 0o600}
    assert base64.b64decode((tmp_path / "out" / "seal.pub").read_bytes()) == SEAL
    seed = base64.b64decode((tmp_path / "out" / "sign.key").read_bytes())
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert issued.sign_key == base64.b64encode(public).decode()


def test_a_node_s_certificate_names_it_begins_in_2020_and_cannot_pose_as_the_broker(
    authority: Authority, tmp_path: Path
) -> None:
    issued = authority.issue_node(NODE, tmp_path / "out", seal_public_key=SEAL)
    certificate = load(tmp_path / "out" / "node.crt")
    certificate.verify_directly_issued_by(load(authority.ca_certificate))
    assert common_name(certificate.subject) == NODE
    assert certificate.not_valid_before_utc == datetime(2020, 1, 1, tzinfo=UTC)
    assert timedelta(days=729) < certificate.not_valid_after_utc - datetime.now(UTC) < timedelta(days=732)
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert issued.serial == f"{certificate.serial_number:x}"


@pytest.mark.parametrize("name", ["center", "center-ingest-1", "admin", "kel-1", "+", "#", "kel-3673011001/x", ""])
def test_only_names_of_the_fleet_are_signed_for_nodes(authority: Authority, tmp_path: Path, name: str) -> None:
    with pytest.raises(PkiError, match="not a node id"):
        authority.issue_node(name, tmp_path / "out", seal_public_key=SEAL)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", [NODE, "center", "center-ingest", "center-ingest-0", "center-Ingest-1", "../x-1"])
def test_only_names_of_the_centre_are_signed_for_the_centre(authority: Authority, name: str) -> None:
    with pytest.raises(PkiError, match="not a name of the centre"):
        authority.issue_center(name)


def test_credentials_of_the_centre_are_kept_until_they_stop_fitting(authority: Authority) -> None:
    first = authority.issue_center("center-ingest-1")
    before = first.certificate.read_bytes()
    assert authority.issue_center("center-ingest-1").certificate.read_bytes() == before
    first.key.write_bytes(authority.issue_center("center-ingest-2").key.read_bytes())
    assert authority.issue_center("center-ingest-1").certificate.read_bytes() != before


def test_the_broker_s_certificate_is_kept_until_a_name_is_missing(authority: Authority) -> None:
    path = authority.issue_server({"localhost", "127.0.0.1", "::1"})
    before = path.read_bytes()
    assert authority.issue_server({"localhost"}).read_bytes() == before
    assert authority.issue_server({"localhost", "sandi.example"}).read_bytes() != before
    assert server_names(load(path)) == {"localhost", "sandi.example"}


def test_renewal_needs_asking_makes_a_new_tls_key_and_keeps_the_signing_key(
    authority: Authority, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    first = authority.issue_node(NODE, out, seal_public_key=SEAL)
    tls = (out / "node.key").read_bytes()
    with pytest.raises(PkiError, match="--force"):
        authority.issue_node(NODE, out, seal_public_key=SEAL)
    second = authority.issue_node(NODE, out, seal_public_key=SEAL, replace=True)
    assert second.serial != first.serial
    assert second.sign_key == first.sign_key
    assert (out / "node.key").read_bytes() != tls
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".out")] == []


def test_a_request_is_signed_for_the_name_it_proves_and_nothing_else(authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    issued, pem = authority.sign_csr(request_for(NODE, key), NODE)
    certificate = x509.load_pem_x509_certificate(pem)
    assert common_name(certificate.subject) == issued.name == NODE
    assert certificate.public_key() == key.public_key()
    with pytest.raises(PkiError, match="another name"):
        authority.sign_csr(request_for("kel-3673011002", key), NODE)
    with pytest.raises(PkiError, match="P-256"):
        authority.sign_csr(request_for(NODE, ec.generate_private_key(ec.SECP384R1())), NODE)
    with pytest.raises(PkiError, match="not a certificate signing request"):
        authority.sign_csr(b"nonsense", NODE)
    with pytest.raises(PkiError, match="not a node id"):
        authority.sign_csr(request_for("center-ingest-1", key), "center-ingest-1")


def test_revoking_takes_back_every_certificate_of_the_name_once(authority: Authority, tmp_path: Path) -> None:
    serials = {
        authority.issue_node(NODE, tmp_path / out, seal_public_key=SEAL, replace=True).serial for out in ("a", "a", "b")
    }
    other = authority.issue_node("kel-3673011002", tmp_path / "c", seal_public_key=SEAL).serial
    assert set(authority.revoke(NODE)) == serials
    assert authority.revoke(NODE) == ()
    assert authority.revoke("kel-3673011009") == ()
    again = authority.issue_node(NODE, tmp_path / "d", seal_public_key=SEAL).serial
    assert authority.revoked_serials() == serials
    assert not {again, other} & authority.revoked_serials()
    listed = x509.load_pem_x509_crl(authority.revocations.read_bytes())
    assert listed.next_update_utc == load(authority.ca_certificate).not_valid_after_utc


def test_every_certificate_is_in_the_book(authority: Authority, tmp_path: Path) -> None:
    issued = authority.issue_node(NODE, tmp_path / "out", seal_public_key=SEAL)
    book = [json.loads(line) for line in (authority.directory / "issued.jsonl").read_text().splitlines()]
    assert {"name": NODE, "serial": issued.serial}.items() <= book[-1].items()


def test_a_failed_write_leaves_the_old_credentials_whole(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    authority.issue_node(NODE, out, seal_public_key=SEAL)
    before = {entry.name: entry.read_bytes() for entry in out.iterdir()}
    real, calls = os.fsync, 0

    def full_disk(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 6:  # the book is written; the new directory is half there
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        authority.issue_node(NODE, out, seal_public_key=SEAL, replace=True)
    assert {entry.name: entry.read_bytes() for entry in out.iterdir()} == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["out", "pki"]
