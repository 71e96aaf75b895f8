"""Another authority takes the present one's place: real mosquitto, and nobody who did as told is ever locked out."""

import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from center.authorities import rotation_of, take_over, take_step, trusted
from center.core.rotation import StepError
from center.errors import PkiError
from center.pki import create_authority, open_authority
from center.rotation.servers import renew_own
from tests.support.broker import RunningBroker, running_broker
from tests.support.mqtt import peer
from wire import topics

A, B, C, D, LATE = (f"kel-367301100{number}" for number in range(1, 6))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with running_broker(tmp_path) as running:
        yield running


def step(broker: RunningBroker, name: str) -> None:
    """A step, as the command takes it, and the restart the supervisor makes of it."""
    pki = broker.authority.directory
    take_step(pki, name, used={entry["authority"] for entry in broker.authority.book()})  # type: ignore[arg-type]
    broker.authority = open_authority(pki)
    renew_own(broker.authority)
    broker.restart()


def gets_in(broker: RunningBroker, credentials: Path, node: str) -> bool:
    try:
        with peer(broker, credentials) as connected:
            return not connected.publish(topics.up(node, "event")).is_failure
    except (OSError, ssl.SSLError):
        return False


@pytest.mark.broker
def test_boxes_with_old_and_new_certificates_are_served_all_through_and_revoked_ones_never(
    broker: RunningBroker, tmp_path: Path
) -> None:
    def copy(credentials: Path, name: str) -> Path:
        shutil.copytree(credentials, tmp_path / name)
        return tmp_path / name

    ingest = broker.issue_center("center-ingest-1")
    a, c, late = (copy(broker.issue_node(node), f"old-{node}") for node in (A, C, LATE))
    broker.authority.revoke(C)
    broker.restart()
    assert [gets_in(broker, *who) for who in ((a, A), (c, C), (late, LATE))] == [True, False, True]

    step(broker, "prepare")
    b, d = copy(broker.issue_node(B), "new-b"), copy(broker.issue_node(D), "new-d")
    assert len(x509.load_pem_x509_certificates((b / "ca.crt").read_bytes())) == 2
    assert [gets_in(broker, *who) for who in ((a, A), (b, B), (d, D), (c, C))] == [True, True, True, False]
    broker.authority.revoke(D)  # of the following authority; the list of the present one holds C
    broker.restart()
    assert [gets_in(broker, *who) for who in ((a, A), (b, B), (d, D), (c, C))] == [True, True, False, False]
    with peer(broker, ingest):  # the centre's own clients too, with what they had and with what they get now
        pass
    with peer(broker, broker.issue_center("center-ingest-1")):
        pass

    renewed = copy(broker.issue_node(A), "renewed-a")
    assert gets_in(broker, renewed, A)
    step(broker, "switch")
    assert [gets_in(broker, *who) for who in ((renewed, A), (b, B), (d, D), (c, C))] == [True, True, False, False]
    assert not gets_in(broker, late, LATE)  # it does not know who answers: it was not there during the overlap
    step(broker, "undo")
    assert [gets_in(broker, *who) for who in ((renewed, A), (b, B), (late, LATE))] == [True, True, True]

    step(broker, "switch")
    step(broker, "retire")
    assert [gets_in(broker, *who) for who in ((renewed, A), (b, B), (d, D), (c, C))] == [True, True, False, False]
    assert not gets_in(broker, late, LATE)
    assert not gets_in(broker, a, A)
    assert len(trusted(broker.authority.directory)) == 1
    assert gets_in(broker, broker.issue_node(LATE), LATE)  # a new card brings it back


def test_a_change_that_is_called_off_leaves_boxes_with_new_certificates_welcome(tmp_path: Path) -> None:
    pki = tmp_path / "pki"
    first = create_authority(pki)
    take_step(pki, "prepare")
    assert rotation_of(pki).signs != rotation_of(pki).serves
    assert take_step(pki, "undo", used=set()).stage == "single"  # nothing was signed by it: it was never there
    assert len(trusted(pki)) == 1
    assert open_authority(pki).is_same(first)
    take_step(pki, "prepare")
    open_authority(pki).issue_node(A, tmp_path / "a", seal_public_key=bytes(32))
    used = {entry["authority"] for entry in open_authority(pki).book()}
    after = take_step(pki, "undo", used=used)
    assert (after.stage, after.signs, len(trusted(pki))) == ("withdrawn", after.present, 2)
    assert take_step(pki, "retire").stage == "single"
    assert rotation_of(pki).dropped == (after.following,)


def test_steps_out_of_order_are_refused_and_steps_taken_twice_change_nothing(tmp_path: Path) -> None:
    pki = tmp_path / "pki"
    create_authority(pki)
    for name in ("switch", "undo"):
        with pytest.raises(StepError):
            take_step(pki, name)  # type: ignore[arg-type]
    assert take_step(pki, "retire").stage == "single"
    first = take_step(pki, "prepare")
    assert take_step(pki, "prepare") == first
    with pytest.raises(StepError):
        take_step(pki, "retire")
    second = take_step(pki, "switch")
    assert take_step(pki, "switch") == second
    with pytest.raises(StepError):
        take_step(pki, "prepare")


@pytest.mark.parametrize("lost", ["ca.crt", "ca.key"])
def test_a_step_that_was_cut_off_is_finished_by_whoever_opens_the_authority(tmp_path: Path, lost: str) -> None:
    pki = tmp_path / "pki"
    create_authority(pki)
    before = (pki / lost).read_bytes()
    after = take_step(pki, "prepare")
    whole = (pki / lost).read_bytes()
    (pki / lost).write_bytes(before)
    authority = open_authority(pki)
    assert (pki / lost).read_bytes() == whole
    authority.issue_node(A, tmp_path / "a", seal_public_key=bytes(32))
    assert authority.book()[-1]["authority"] == after.following


def test_who_has_opened_the_authority_before_signs_by_the_stage_of_now(tmp_path: Path) -> None:
    pki = tmp_path / "pki"
    long_running = create_authority(pki)
    after = take_step(pki, "prepare")
    long_running.issue_node(A, tmp_path / "a", seal_public_key=bytes(32))
    assert long_running.book()[-1]["authority"] == after.following
    long_running.revoke(A)
    assert (pki / "crl.pem").read_bytes().count(b"BEGIN X509 CRL") == 2


def test_a_second_change_follows_on_the_first(tmp_path: Path) -> None:
    pki = tmp_path / "pki"
    create_authority(pki)
    names = set()
    for _ in range(2):
        take_step(pki, "prepare")
        take_step(pki, "switch")
        take_step(pki, "retire")
        names.add(trusted(pki)[0].subject.rfc4514_string())
    assert names == {"CN=Sandi Kota Serang G2", "CN=Sandi Kota Serang G3"}
    assert len(rotation_of(pki).dropped) == 2


def test_a_restore_does_not_take_the_change_back(tmp_path: Path) -> None:
    pki, older = tmp_path / "pki", tmp_path / "older"
    create_authority(pki)
    shutil.copytree(pki, older)
    take_step(pki, "prepare")
    later = take_step(pki, "switch")
    assert take_over(older, pki)
    assert rotation_of(older) == later
    assert open_authority(older).is_same(open_authority(pki))
    assert (older / "ca.crt").read_bytes() == (pki / "ca.crt").read_bytes()
    other = tmp_path / "other"
    create_authority(other)
    assert not take_over(other, pki)
    assert rotation_of(other).stage == "single"


def test_a_restored_backup_keeps_the_stage_and_what_was_taken_back_since(tmp_path: Path) -> None:
    from center.backup.trust import carry_over, check_keys

    data, new = tmp_path / "data", tmp_path / "new"
    create_authority(data / "pki").issue_node(A, tmp_path / "a", seal_public_key=bytes(32))
    shutil.copytree(data / "pki", new / "pki")  # the backup of before
    take_step(data / "pki", "prepare")
    authority = open_authority(data / "pki")
    authority.issue_node(B, tmp_path / "b", seal_public_key=bytes(32))
    authority.revoke(A)
    trust = carry_over(data, new)
    restored = open_authority(new / "pki")
    assert (trust.merged, trust.retired, trust.later) == (True, (A,), (B,))
    assert rotation_of(new / "pki") == rotation_of(data / "pki")
    assert restored.revoked_serials() == authority.revoked_serials()
    assert (new / "pki" / "crl.pem").read_bytes().count(b"BEGIN X509 CRL") == 2
    whole = tmp_path / "whole"
    shutil.copytree(data / "pki", whole / "pki")  # a backup in the middle of a change, on an empty machine
    assert len(trusted(whole / "pki")) == 2
    assert open_authority(whole / "pki").is_same(authority)
    with pytest.raises(Exception, match="keys are incomplete"):
        check_keys(whole)  # only of the sealing keys, which this test does not have


def test_a_file_of_the_stage_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    create_authority(tmp_path / "pki")
    (tmp_path / "pki" / "rotation.json").write_text('{"stage": "gone"}')
    with pytest.raises(PkiError, match="put it back from a backup"):
        open_authority(tmp_path / "pki")
