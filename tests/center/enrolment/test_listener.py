"""The centre's side of enrolment end to end: real TLS, the real listener, the real signer, a real database."""

from collections.abc import Iterator

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.support.enrolment import NODE, Box, EnrolmentCentre, enrolment_centre, expect
from wire.enrolment import TRUST_PATH, Issued, Refused, Trust, parse


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnrolmentCentre]:
    with enrolment_centre(tmp_path_factory.mktemp("enrolment")) as running:
        yield running


def test_a_box_with_a_token_gets_a_certificate_for_its_own_key(centre: EnrolmentCentre) -> None:
    from center.sites.models import Node

    box, token = Box(), centre.new_token()
    issued = expect(centre.ask(box.enrol(token)), Issued)
    certificate = x509.load_pem_x509_certificate(issued.certificate.encode())
    assert certificate.public_key() == box.key.public_key()
    assert certificate.subject.rfc4514_string() == f"CN={NODE}"
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert issued.ca == centre.ca.read_text()
    assert issued.seal_key == (centre.data / "keys" / "seal.pub").read_text().strip()
    node = Node.objects.get(pk=NODE)
    assert (node.sign_key, node.retired) == (box.sign_key, False)
    assert centre.authority.book()[-1]["serial"] == node.certificate_serial == f"{certificate.serial_number:x}"
    assert centre.ask(box.enrol(token)) == issued, "the answer was lost: the same again"
    assert expect(centre.ask(Box().enrol(token)), Refused).code == "token_used"


def test_a_box_renews_with_a_new_key(centre: EnrolmentCentre) -> None:
    box = Box()
    issued = expect(centre.ask(box.enrol(centre.new_token())), Issued)
    new = Box(sign=box.sign)
    renewed = expect(centre.ask(new.renew(box, issued.certificate)), Issued)
    certificate = x509.load_pem_x509_certificate(renewed.certificate.encode())
    assert certificate.public_key() == new.key.public_key()
    assert centre.ask(new.renew(box, issued.certificate)) == renewed


def test_whoever_asks_is_told_whom_to_trust(centre: EnrolmentCentre) -> None:
    status, body = centre.call("GET", TRUST_PATH)
    assert (status, parse(body, Trust).ca) == (200, centre.ca.read_text())
