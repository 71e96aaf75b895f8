"""The signer is killed before any of its steps: the box that asks again gets its certificate, the book knows them all.

A child process is forked for each step and ends by kill -9 there. A step is whatever makes a change durable: a file
replaced or synced, a commit of the database.
"""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from center.enrolment.frames import Ask
from center.pki import Authority, serial_of
from tests.support.enrolment import NODE, Box, enrolment_data, expect
from tests.support.postgresql_center import migrated_postgresql
from wire.enrolment import ENROL_PATH, RENEW_PATH, STATUS, TRUST_PATH, Issued, Refused, parse, parse_answer

KEYS = Box()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def city(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator["City"]:
    folder = tmp_path_factory.mktemp("cut") / "center"
    if request.param == "sqlite":
        with enrolment_data(folder) as (data, authority):
            yield City(data, authority)
        return
    with migrated_postgresql() as url, enrolment_data(folder, url) as (data, authority):
        yield City(data, authority)


@dataclass
class City:
    data: Path
    authority: Authority

    def answering(self) -> Any:
        from center.enrolment.answering import Answering

        return Answering(self.authority, bytes(32), 731)

    def enrol(self, box: Box, token: str) -> Issued:
        reply = self.answering().enrol(box.enrol(token), "10.0.0.1")
        return expect(parse_answer(reply.status, reply.body), Issued)

    def renew(self, box: Box, old: Box, certificate: str) -> Issued:
        reply = self.answering().renew(box.renew(old, certificate))
        return expect(parse_answer(reply.status, reply.body), Issued)


@pytest.fixture(scope="module")
def token(city: City) -> str:
    from center.enrolment.tokens import new_token

    return new_token(NODE, role="opd", model="pi-4b", by="test", days=14, confirm=False)


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do `work` in a child that dies before this step, counted from 0; False when it has fewer steps."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            die_at(step)
            work()
        finally:
            os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def die_at(step: int) -> None:
    from django.db.backends.base.base import BaseDatabaseWrapper

    count = 0

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            nonlocal count
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1
            return original(*arguments, **options)

        return wrapped

    for owner, name in ((Path, "replace"), (os, "fsync"), (BaseDatabaseWrapper, "_commit")):
        setattr(owner, name, counted(getattr(owner, name)))


def serials_of(city: City, name: str = NODE) -> set[str]:
    return {entry["serial"] for entry in city.authority.book() if entry["name"] == name}


@pytest.mark.full
def test_whatever_step_an_enrolment_is_cut_at_the_box_gets_its_certificate(city: City) -> None:
    from center.enrolment.models import EnrolmentRequest, Purpose, State, Token
    from center.enrolment.tokens import new_token
    from center.sites.models import Node

    steps, kept = 0, ""
    while True:
        old = Box()
        token = new_token(NODE, role="opd", model="pi-4b", by="test", days=14, confirm=False)
        before = city.enrol(old, token)
        token = new_token(NODE, role="opd", model="pi-4b", by="test", days=14, confirm=False, purpose=Purpose.REPLACE)
        box, request = Box(), None
        cut = killed_at(steps, lambda box=box, token=token: city.enrol(box, token))
        request = EnrolmentRequest.objects.filter(fingerprint=box.fingerprint).first()
        if request is not None and request.certificate:  # what the book does not know was never written anywhere
            assert serial_of(x509.load_pem_x509_certificate(request.certificate.encode())) in serials_of(city)
        Token.objects.filter(used_key=box.fingerprint).update(expires_at="2020-01-01T00:00:00Z")
        kept = city.enrol(box, token).certificate
        serial = serial_of(x509.load_pem_x509_certificate(kept.encode()))
        revoked = city.authority.revoked_serials()
        assert serial in serials_of(city) and serial not in revoked
        assert serial_of(x509.load_pem_x509_certificate(before.certificate.encode())) in revoked, "the replaced box"
        node = Node.objects.get(pk=NODE)
        assert (node.certificate_serial, node.sign_key, node.retired) == (serial, box.sign_key, False)
        assert EnrolmentRequest.objects.get(fingerprint=box.fingerprint).state == State.ISSUED
        assert city.enrol(box, token).certificate == kept
        refused = parse(city.answering().enrol(Box().enrol(token), "10.0.0.1").body, Refused)
        assert refused.code == "token_used"
        if not cut:
            break
        steps += 1
    assert steps >= 8, "two files with their directories, two commits"


@pytest.mark.full
def test_whatever_step_a_renewal_is_cut_at_the_box_gets_its_certificate_and_the_old_one_stays(city: City) -> None:
    from center.enrolment.models import Renewal
    from center.enrolment.tokens import new_token
    from center.sites.models import Node

    steps = 0
    while True:
        Renewal.objects.all().delete()
        old, new = Box(), Box()
        first = city.enrol(old, new_token(NODE, role="opd", model="pi-4b", by="test", days=14, confirm=False))
        cut = killed_at(steps, lambda new=new, old=old, first=first: city.renew(new, old, first.certificate))
        renewed = city.renew(new, old, first.certificate)
        serial = serial_of(x509.load_pem_x509_certificate(renewed.certificate.encode()))
        assert serial in serials_of(city)
        assert Node.objects.get(pk=NODE).certificate_serial == serial
        assert city.renew(new, old, first.certificate) == renewed
        held = {serial, serial_of(x509.load_pem_x509_certificate(first.certificate.encode()))}
        assert not held & city.authority.revoked_serials()
        if not cut:
            break
        steps += 1
    assert steps >= 4, "the book with its directory, one commit"


texts = st.one_of(st.text(max_size=40), st.just("\0"), st.just("-----BEGIN CERTIFICATE REQUEST-----\nü\n"))


@settings(max_examples=60, deadline=None)
@given(
    route=st.sampled_from([ENROL_PATH, RENEW_PATH, TRUST_PATH]),
    fields=st.dictionaries(
        st.sampled_from(["node", "token", "csr", "sign_key", "board", "agent", "certificate", "signature", "sandi"]),
        st.one_of(texts, st.integers(), st.none(), st.lists(texts, max_size=2)),
    ),
    raw=st.binary(max_size=60),
    whole=st.booleans(),
)
def test_whatever_a_box_says_it_is_answered_and_nothing_breaks(
    city: City, token: str, route: Any, fields: dict[str, Any], raw: bytes, whole: bool
) -> None:
    from center.enrolment.refusals import Refusals
    from center.enrolment.signer import Signer

    box = Box(key=KEYS.key, sign=KEYS.sign)
    filled = msgspec.to_builtins(box.enrol(token) if route == ENROL_PATH else box.renew(box, "x")) | fields
    body = msgspec.json.encode(filled) if whole else raw
    reply = Signer(city.answering(), Refusals()).answer(Ask(route, "10.0.0.1", body))
    assert reply.status in {200, 202, *STATUS.values()} - {STATUS["unavailable"]}, reply


def test_a_node_that_is_revoked_while_it_is_signed_for_has_nothing_afterwards(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.enrolment.tokens import new_token
    from center.sites.enrolment import revoke_node

    old = Box()
    first = city.enrol(old, new_token(NODE, role="opd", model="pi-4b", by="test", days=14, confirm=False))
    token = new_token(NODE, role="opd", model="pi-4b", by="test", days=14, confirm=False)
    original = Authority.sign_csr

    def sign_and_revoke(self: Authority, *arguments: Any) -> Any:
        signed = original(self, *arguments)
        revoke_node(NODE, city.data)
        return signed

    monkeypatch.setattr(Authority, "sign_csr", sign_and_revoke)
    reply = city.answering().renew(Box().renew(old, first.certificate))
    assert parse(reply.body, Refused).code == "revoked"
    reply = city.answering().enrol(Box().enrol(token), "10.0.0.1")
    assert parse(reply.body, Refused).code == "token_revoked"
    assert serials_of(city) <= city.authority.revoked_serials()
