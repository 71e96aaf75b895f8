"""The centre's side of enrolment end to end: real TLS, the real listener, the real signer, a real database."""

import os
import socket
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from center.certificates import sign_client
from center.core.enrolment import WAIT_S
from center.pki import create_authority, serial_of
from tests.support.enrolment import NODE, OTHER, Box, EnrolmentCentre, enrolment_centre, expect
from tests.support.postgresql_center import migrated_postgresql
from tests.support.processes import wait_until
from wire.enrolment import ENROL_PATH, STATUS, TRUST_PATH, Issued, Refused, Trust, Waiting, encode, parse


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def centre(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnrolmentCentre]:
    folder = tmp_path_factory.mktemp("enrolment")
    if request.param == "sqlite":
        with enrolment_centre(folder) as running:
            yield running
        return
    with migrated_postgresql() as url, enrolment_centre(folder, postgresql=url) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_known(centre: EnrolmentCentre) -> None:
    """No tokens, no boxes."""
    from center.enrolment.models import EnrolmentRefusal, Renewal, Token
    from center.sites.models import Node

    for model in (Token, Node, Renewal, EnrolmentRefusal):
        model.objects.all().delete()


def code(answer: object) -> str:
    return expect(answer, Refused).code


def certificate_of(issued: Issued) -> x509.Certificate:
    return x509.load_pem_x509_certificate(issued.certificate.encode())


def change_token(**fields: Any) -> None:
    from center.enrolment.models import Token

    assert Token.objects.update(**fields) == 1


def enrolled(centre: EnrolmentCentre, box: Box) -> Issued:
    return expect(centre.ask(box.enrol(centre.new_token(box.node))), Issued)


def test_a_box_with_a_token_gets_a_certificate_for_its_own_key(centre: EnrolmentCentre) -> None:
    from center.sites.models import Node

    box = Box()
    issued = enrolled(centre, box)
    certificate = certificate_of(issued)
    assert certificate.public_key() == box.key.public_key()
    assert certificate.subject.rfc4514_string() == f"CN={NODE}"
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert issued.ca == centre.ca.read_text()
    assert issued.seal_key == (centre.data / "keys" / "seal.pub").read_text().strip()
    assert issued.expires_at_ms == int(certificate.not_valid_after_utc.timestamp() * 1000)
    node = Node.objects.get(pk=NODE)
    assert (node.sign_key, node.retired, node.site_id) == (box.sign_key, False, NODE)
    assert centre.authority.book()[-1]["serial"] == node.certificate_serial == serial_of(certificate)


def test_the_same_key_gets_the_same_answer_also_after_the_tokens_last_day(centre: EnrolmentCentre) -> None:
    box, token = Box(), centre.new_token()
    first = centre.ask(box.enrol(token))
    change_token(expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert centre.ask(box.enrol(token, csr=box.csr())) == first, "a request signed anew is the same key's"
    assert code(centre.ask(Box().enrol(token))) == "token_used"
    assert centre.new_token(), "a newer card changes nothing for who has a certificate"
    assert centre.ask(box.enrol(token)) == first


def test_a_token_that_opens_nothing_says_why(centre: EnrolmentCentre) -> None:
    token = centre.new_token()
    assert code(centre.ask(Box().enrol("0" * 32))) == "token_unknown"
    assert code(centre.ask(Box(OTHER).enrol(token))) == "token_unknown", "another node's is as good as none"
    change_token(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert code(centre.ask(Box().enrol(token))) == "token_expired"
    newer = centre.new_token()
    assert code(centre.ask(Box().enrol(token))) == "token_revoked"
    assert isinstance(centre.ask(Box().enrol(newer)), Issued)


def test_only_a_p256_key_of_this_very_name_is_signed(centre: EnrolmentCentre) -> None:
    token, box = centre.new_token(), Box()
    before = len(centre.authority.book())
    for name in ("center", "center-ingest-1", OTHER, "sandi-center", "KEL-3673011001"):
        assert code(centre.ask(box.enrol(token, csr=box.csr(name)))) == "name"
    for key in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
        assert code(centre.ask(box.enrol(token, csr=box.csr(key=key)))) == "csr"
    twice = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in (NODE, "center-ingest-1")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(twice).sign(box.key, hashes.SHA256())
    assert code(centre.ask(box.enrol(token, csr=csr.public_bytes(Encoding.PEM).decode()))) == "name"
    lines = box.csr().splitlines()
    lines[-3] = lines[-3][:20] + ("A" if lines[-3][20] != "A" else "B") + lines[-3][21:]
    for text in ("nonsense", "\n".join(lines), centre.ca.read_text(), "ü" * 100):
        assert code(centre.ask(box.enrol(token, csr=text))) == "csr"
    assert len(centre.authority.book()) == before
    assert isinstance(centre.ask(box.enrol(token)), Issued), "none of that has used the token up"


def test_what_a_request_asks_for_besides_is_not_taken_over(centre: EnrolmentCentre) -> None:
    box, token = Box(), centre.new_token()
    name = x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "center"), x509.NameAttribute(NameOID.COMMON_NAME, NODE),
    ])  # fmt: skip
    csr = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("center-ingest-1")]), critical=False)
        .sign(box.key, hashes.SHA256())
    )
    issued = expect(centre.ask(box.enrol(token, csr=csr.public_bytes(Encoding.PEM).decode())), Issued)
    certificate = certificate_of(issued)
    assert certificate.subject.rfc4514_string() == f"CN={NODE}"
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_a_key_waits_until_an_operator_has_compared_it(centre: EnrolmentCentre) -> None:
    from center.enrolment import deciding
    from center.errors import CenterError

    box, thief, token = Box(), Box(), centre.new_token(confirm=True)
    waiting = expect(centre.ask(box.enrol(token)), Waiting)
    assert (waiting.fingerprint, waiting.wait_s) == (box.fingerprint, WAIT_S)
    assert isinstance(centre.ask(thief.enrol(token)), Waiting)
    assert [one.fingerprint for one in deciding.pending()] == [box.fingerprint, thief.fingerprint]
    assert centre.ask(box.enrol(token)) == waiting, "asking again is no confirmation"
    found = deciding.find_waiting(NODE, box.fingerprint[:16].upper())
    deciding.confirm(found.pk, "cli:test")
    assert deciding.pending() == []
    assert code(centre.ask(thief.enrol(token))) == "token_used"
    change_token(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    issued = expect(centre.ask(box.enrol(token)), Issued)
    deciding.confirm(found.pk, "cli:test")
    assert centre.ask(box.enrol(token)) == issued
    with pytest.raises(CenterError, match="confirmed already"):
        deciding.decline(found.pk, "cli:test")


def test_a_declined_key_gets_nothing_and_the_true_one_still_does(centre: EnrolmentCentre) -> None:
    from center.enrolment import deciding

    box, thief, token = Box(), Box(), centre.new_token(confirm=True)
    centre.ask(thief.enrol(token))
    deciding.decline(deciding.find_waiting(NODE, thief.fingerprint).pk, "cli:test")
    assert code(centre.ask(thief.enrol(token))) == "declined"
    centre.ask(box.enrol(token))
    deciding.confirm(deciding.find_waiting(NODE, box.fingerprint[:16]).pk, "cli:test")
    assert isinstance(centre.ask(box.enrol(token)), Issued)


def test_a_copied_card_cannot_make_thousands_of_keys_wait(centre: EnrolmentCentre) -> None:
    token = centre.new_token(confirm=True)
    assert all(isinstance(centre.ask(Box().enrol(token)), Waiting) for _ in range(8))
    refused = expect(centre.ask(Box().enrol(token)), Refused)
    assert (refused.code, refused.wait_s) == ("rate", 3600)


def test_a_replacement_takes_back_what_the_node_had(centre: EnrolmentCentre) -> None:
    from center.enrolment.models import Purpose

    old, new = Box(), Box()
    before = certificate_of(enrolled(centre, old))
    token = centre.new_token(purpose=Purpose.REPLACE)
    assert serial_of(before) not in centre.authority.revoked_serials()
    issued = expect(centre.ask(new.enrol(token)), Issued)
    assert serial_of(before) in centre.authority.revoked_serials()
    assert serial_of(certificate_of(issued)) not in centre.authority.revoked_serials()
    assert centre.ask(new.enrol(token)) == issued


def test_a_box_renews_with_a_new_key_and_the_old_one_stays_good(centre: EnrolmentCentre) -> None:
    from center.sites.models import Node

    box = Box()
    issued = enrolled(centre, box)
    new = Box(sign=box.sign)
    renewed = expect(centre.ask(new.renew(box, issued.certificate)), Issued)
    certificate = certificate_of(renewed)
    assert certificate.public_key() == new.key.public_key()
    assert centre.ask(new.renew(box, issued.certificate)) == renewed, "the answer was lost: the same again"
    node = Node.objects.get(pk=NODE)
    assert (node.certificate_serial, node.sign_key) == (serial_of(certificate), box.sign_key)
    assert node.certificate_expires_at == certificate.not_valid_after_utc
    assert not centre.authority.revoked_serials() & {serial_of(certificate_of(one)) for one in (issued, renewed)}


def test_an_expired_certificate_renews(centre: EnrolmentCentre) -> None:
    box = Box()
    enrolled(centre, box)
    signer = centre.authority._signer
    over = sign_client(signer, NODE, box.key.public_key(), datetime.now(UTC) - timedelta(days=3))
    centre.authority._record(over, NODE)
    pem = over.public_bytes(Encoding.PEM).decode()
    assert isinstance(centre.ask(Box().renew(box, pem)), Issued)


def test_a_renewal_that_nobody_vouches_for_is_refused(centre: EnrolmentCentre, tmp_path: Any) -> None:
    box, other = Box(), Box(OTHER)
    issued, others = enrolled(centre, box), enrolled(centre, other)
    new = Box()
    assert code(centre.ask(new.renew(new, issued.certificate))) == "key_unknown", "signed with another key"
    assert code(centre.ask(new.renew(box, issued.certificate, signature="bm8="))) == "key_unknown"
    assert code(centre.ask(new.renew(other, others.certificate))) == "key_unknown", "another node's certificate"
    assert code(centre.ask(new.renew(box, "nonsense"))) == "key_unknown"
    foreign = create_authority(tmp_path / "pki", "Sandi Kota Serang")
    pem = foreign.sign_csr(box.csr().encode(), NODE)[1].decode()
    assert code(centre.ask(new.renew(box, pem))) == "key_unknown", "an authority of the same name is not ours"
    unbooked = sign_client(centre.authority._signer, NODE, box.key.public_key(), datetime.now(UTC) + timedelta(9))
    pem = unbooked.public_bytes(Encoding.PEM).decode()
    assert code(centre.ask(new.renew(box, pem))) == "key_unknown", "the book does not know it"
    stranger = Box("kel-3673011003")
    assert code(centre.ask(stranger.renew(stranger, issued.certificate))) == "node_unknown"
    assert code(centre.ask(new.renew(box, issued.certificate, csr=new.csr("center-web-1")))) == "name"
    assert code(centre.ask(new.renew(box, issued.certificate, csr="nonsense"))) == "csr"


def test_a_revoked_node_renews_nothing_from_that_moment(centre: EnrolmentCentre) -> None:
    from center.sites.enrolment import revoke_node

    box, token = Box(), centre.new_token()
    issued = expect(centre.ask(box.enrol(token)), Issued)
    open_token = centre.new_token()
    revoke_node(NODE, centre.data)
    assert code(centre.ask(Box().renew(box, issued.certificate))) == "revoked"
    assert code(centre.ask(box.enrol(token))) == "token_revoked"
    assert code(centre.ask(Box().enrol(open_token))) == "token_revoked"


def test_a_node_renews_four_times_a_day(centre: EnrolmentCentre) -> None:
    box = Box()
    issued = enrolled(centre, box)
    made = [centre.ask(Box().renew(box, issued.certificate)) for _ in range(5)]
    assert [isinstance(one, Issued) for one in made] == [True] * 4 + [False]
    refused = expect(made[4], Refused)
    assert (refused.code, refused.wait_s) == ("rate", 3600)


def test_whoever_asks_is_told_whom_to_trust(centre: EnrolmentCentre) -> None:
    status, body = centre.call("GET", TRUST_PATH)
    assert (status, parse(body, Trust).ca) == (200, centre.ca.read_text())


def test_a_refusal_comes_with_its_status_and_is_counted_in_few_rows(centre: EnrolmentCentre) -> None:
    from center.enrolment.models import EnrolmentRefusal

    box, again = Box("opd-diskominfo"), centre.again
    status, body = centre.call("POST", ENROL_PATH, encode(box.enrol("0" * 32)))
    assert (status, parse(body, Refused).code) == (STATUS["token_unknown"], "token_unknown") == (401, "token_unknown")
    for raw in (b"{}", b"[" * 100, b"\xff", b"", encode(Box("kel-3673011001-2").enrol("0" * 32)) + b"x"):
        assert centre.call("POST", ENROL_PATH, raw)[0] == 400
    assert centre.call("GET", "/")[0] == centre.call("DELETE", ENROL_PATH)[0] == 400
    for _ in range(20):
        centre.ask(box.enrol("0" * 32))

    def counted() -> dict[tuple[str, str, str], int]:
        found: dict[tuple[str, str, str], int] = {}
        for row in EnrolmentRefusal.objects.all():  # at the turn of an hour there are two rows
            key = (row.code, row.node, row.address)
            found[key] = found.get(key, 0) + row.count
        return found

    key = ("token_unknown", "opd-diskominfo", "127.0.0.1")
    wait_until(lambda: counted().get(key, 0) >= 21, "the rows", 60, lambda: str(counted()))
    wait_until(lambda: counted().get(("request", "", "127.0.0.1"), 0) >= 7, "the rows", 60, lambda: str(counted()))
    wait_until(lambda: "enrolment-refused code=token_unknown" in centre.signer.output, "a line in the log", 60)
    assert 21 <= counted()[key] <= 21 + centre.again - again


def test_a_stranger_on_the_signers_socket_is_cut_and_the_signer_goes_on(centre: EnrolmentCentre) -> None:
    path = centre.data / "run" / "signer.sock"
    assert path.stat().st_mode & 0o777 == 0o660
    for raw in (b"", b"\xff\xff\xff\xff", struct.pack(">I", 7) + b"nothing", struct.pack(">I", 2) + b"{}"):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.settimeout(60)
            stranger.connect(str(path))
            stranger.sendall(raw)
            stranger.shutdown(socket.SHUT_WR)
            assert stranger.recv(100) == b""
    assert centre.call("GET", TRUST_PATH)[0] == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_another_user_may_not_ask_the_signer_even_where_the_file_would_let_it(centre: EnrolmentCentre) -> None:
    run = centre.data / "run"
    run.chmod(0o711)
    (run / "signer.sock").chmod(0o666)
    child = os.fork()
    if child == 0:
        outcome = "never connected"
        try:
            os.chdir(run)
            os.setuid(65534)
            stranger = socket.socket(socket.AF_UNIX)
            stranger.connect("signer.sock")
            outcome = "connected"
            stranger.sendall(struct.pack(">I", 2) + b"{}")
            outcome = "answered" if stranger.recv(100) else "cut"
        except ConnectionError:
            outcome = "cut" if outcome == "connected" else outcome
        finally:
            os._exit(0 if outcome == "cut" else 1)
    code_of_child = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    run.chmod(0o700)
    assert code_of_child == 0
    wait_until(lambda: "signer-stranger user=65534" in centre.signer.output, "a line in the log", 60)


def test_while_the_signer_is_away_boxes_are_told_to_come_back(centre: EnrolmentCentre) -> None:
    centre.signer.process.kill()
    centre.signer.wait()
    token, box = centre.new_token(), Box()
    refused = expect(centre.ask(box.enrol(token), signer_is_away=True), Refused)
    assert (refused.code, refused.wait_s) == ("unavailable", 15)
    with centre.signer_process() as again:
        wait_until(lambda: isinstance(centre.ask(box.enrol(token), signer_is_away=True), Issued), "the next signer", 60,
                   lambda: again.output)  # fmt: skip
