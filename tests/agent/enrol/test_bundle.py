"""Which authorities the centre can teach a box, and how a change of authority reaches it."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path

import pytest

from agent.enrol import brokertest, bundle, openssl
from agent.enrol.door import Address
from agent.enrol.errors import EnrolError
from agent.enrol.renewal import Ends, renew
from center.broker import BrokerConfig
from center.pki import Authority, create_authority
from tests.support.broker import RunningBroker
from tests.support.enrol_box import EnrolBox
from tests.support.enrolment_listener import listening
from tests.support.ports import free_port


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> list[Authority]:
    """Three authorities: of before, of now, and of somebody else."""
    folder = tmp_path_factory.mktemp("authorities")
    return [create_authority(folder / name, name) for name in ("Kota Lama", "Kota Baru", "Orang Lain")]


def pem(*authorities: Authority) -> str:
    return "".join(authority.ca_certificate.read_text() for authority in authorities)


def test_a_newer_authority_comes_in_beside_the_one_that_is_trusted(city: list[Authority]) -> None:
    before, now, _ = city
    taken = bundle.accepted(pem(before).encode(), "noise between\n" + pem(now, before))
    assert openssl.split(taken, 8) == openssl.split(pem(now, before).encode(), 8)
    assert bundle.newest(taken) == openssl.split(pem(now).encode(), 1)[0]
    assert not bundle.same(taken, pem(before).encode()) and bundle.same(taken, pem(now, before).encode())


def test_a_bundle_without_one_that_is_trusted_is_another_city(city: list[Authority], tmp_path: Path) -> None:
    before, now, other = city
    now.issue_node("kec-367301", tmp_path / "node", seal_public_key=bytes(32))
    end = (tmp_path / "node" / "node.crt").read_text()
    cut_off = pem(before)[:200]
    for offered in (
        pem(other),
        pem(now, other),
        "",
        "x" * 30_000,
        end,
        pem(before) + end,
        cut_off,
        pem(before) * 9,
        "é",
    ):
        with pytest.raises(EnrolError) as caught:
            bundle.accepted(pem(before).encode(), offered)
        assert (caught.value.seen.state, caught.value.seen.code) == ("wrong_ca", "bundle")


def test_an_old_authority_that_is_no_longer_offered_goes(city: list[Authority]) -> None:
    before, now, _ = city
    assert bundle.accepted(pem(now, before).encode(), pem(now)) == openssl.split(pem(now).encode(), 1)[0]


@pytest.fixture
def box_of_before(city: list[Authority], tmp_path: Path) -> Iterator[EnrolBox]:
    with listening(city[0]) as listener:
        yield EnrolBox(tmp_path / "box", listener, free_port())


def test_a_change_of_authority_reaches_a_box_with_overlap_and_is_never_taken_blindly(
    box_of_before: EnrolBox, city: list[Authority], tmp_path: Path
) -> None:
    box, old, new = box_of_before, city[0], city[1]
    assert box.attempt().state == "enrolled"
    box.listener.trust, box.listener.authority = pem(new, old), new

    # The city signs with the new one already, its broker has not heard of it: nothing changes.
    with broker_knowing(tmp_path / "old", shows=old, believes=pem(old)) as port:
        for _ in range(10):
            refused = renew(box.places, ends_at(box, box.listener.port, port))
            if refused.seen.code != "broker_silent":
                break  # else the refusal of a busy broker came too late to be heard
    assert (refused.reason, refused.seen.state, refused.seen.code) == ("authority", "renewing", "broker_refused")
    assert made_by(box, old) and trusts(box, old)

    # The broker knows both, and still shows a certificate of the old one.
    with broker_knowing(tmp_path / "both", shows=old, believes=pem(new, old)) as port:
        ends = ends_at(box, box.listener.port, port)
        outcome = renew(box.places, ends)
        assert (outcome.reason, outcome.done, outcome.seen.state) == ("authority", True, "enrolled")
        assert made_by(box, new) and trusts(box, new, old)
        assert renew(box.places, ends).reason == ""

        # The listener stops offering the old one too early: the broker would not be believed.
        box.listener.trust = pem(new)
        early = renew(box.places, ends)
        assert (early.taught, early.seen.state, early.seen.code) == (False, "enrolled", "broker_unbelieved")
        assert trusts(box, new, old)

    # The overlap ends.
    with broker_knowing(tmp_path / "new", shows=new, believes=pem(new)) as port:
        outcome = renew(box.places, ends_at(box, box.listener.port, port))
        assert (outcome.taught, outcome.done, outcome.seen.state) == (True, False, "enrolled")
        assert trusts(box, new)
        assert brokertest.test(Address("127.0.0.1", port), box.places.credentials).verdict == "accepted"


def made_by(box: EnrolBox, authority: Authority) -> bool:
    return openssl.made_by((box.places.credentials / "node.crt").read_bytes(), pem(authority).encode())


def trusts(box: EnrolBox, *authorities: Authority) -> bool:
    return bundle.same((box.places.credentials / "ca.crt").read_bytes(), pem(*authorities).encode())


def ends_at(box: EnrolBox, listener_port: int, broker_port: int) -> Ends:
    return Ends(Address("127.0.0.1", listener_port), Address("127.0.0.1", broker_port))


@contextmanager
def broker_knowing(folder: Path, *, shows: Authority, believes: str) -> Iterator[int]:
    """A broker with a certificate of one authority that believes these; its port."""
    folder.mkdir()
    shows.issue_server(("localhost", "127.0.0.1"))
    both = copy(shows)
    both.ca_certificate = folder / "authorities.crt"
    both.ca_certificate.write_text(believes)
    config = BrokerConfig(host="127.0.0.1", port=free_port())
    running = RunningBroker(folder, config, both)
    running.start()
    try:
        yield config.port
    finally:
        running.stop()
