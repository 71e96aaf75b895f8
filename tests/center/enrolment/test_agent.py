"""The box's own program against the real listener, signer and broker: each state comes about for real."""

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from agent.core.enrolment import Seen
from agent.enrol import brokertest
from agent.enrol.attempt import attempt
from agent.enrol.door import Address
from agent.enrol.places import Places
from agent.enrol.renewal import Ends, Outcome, renew
from agent.enrol.vault import Vault
from center.broker import BrokerConfig
from center.certificates import sign_client
from center.core.enrolment import WAIT_S
from tests.support.broker import RunningBroker
from tests.support.enrolment import NODE, OTHER, EnrolmentCentre, enrolment_centre
from tests.support.ports import free_port
from wire.card import Card, card_text

T = TypeVar("T")
PATIENCE_S = 120.0
"""A box tries for ever. So long it tries here where nobody has answered: a busy machine stands still for seconds."""


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnrolmentCentre]:
    with enrolment_centre(tmp_path_factory.mktemp("enrolment")) as running:
        yield running


@pytest.fixture(scope="module")
def broker(centre: EnrolmentCentre, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    config = BrokerConfig(host="127.0.0.1", port=free_port())
    running = RunningBroker(tmp_path_factory.mktemp("broker"), config, centre.authority)
    running.start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def nothing_known(centre: EnrolmentCentre) -> None:
    from center.enrolment.models import EnrolmentRefusal, Renewal, Token
    from center.sites.models import Node

    for model in (Token, Node, Renewal, EnrolmentRefusal):
        model.objects.all().delete()


class Box:
    """One box with its card."""

    def __init__(self, folder: Path, centre: EnrolmentCentre, broker: RunningBroker) -> None:
        self.centre = centre
        self.places = Places(folder / "etc", folder / "etc" / "credentials", folder / "state")
        self.ends = Ends(Address(centre.host, centre.port), Address(broker.host, broker.port))
        self.places.state.mkdir(parents=True)

    def put(self, token: str, node: str = NODE) -> None:
        (self.places.card / "enrol").mkdir(parents=True, exist_ok=True)
        card = Card(node, "pi-4b", "opd", self.centre.host, self.centre.port)
        (self.places.card / "node.toml").write_text(card_text(card))
        (self.places.card / "enrol" / "token").write_text(token)
        shutil.copy(self.centre.ca, self.places.card / "enrol" / "ca.crt")

    def attempt(self) -> Seen:
        return until_answered(lambda: attempt(self.places, self.ends.broker), unanswered)

    def enrol(self) -> tuple[str, str]:
        seen = self.attempt()
        return seen.state, seen.code

    def renew(self, *, force: bool = True) -> Outcome:
        return until_answered(
            lambda: renew(self.places, self.ends, asked_for=force), lambda outcome: unanswered(outcome.seen)
        )

    def verdict(self) -> str:
        """What the broker says to the certificate."""
        tested = until_answered(
            lambda: brokertest.test(self.ends.broker, self.places.credentials),
            lambda tested: tested.verdict == "silent",
        )
        return tested.verdict

    def accepted(self) -> bool:
        return self.verdict() == "accepted"


def until_answered(work: Callable[[], T], is_open: Callable[[T], bool]) -> T:
    """What it brings, tried again as long as that is no answer yet."""
    end_s = time.monotonic() + PATIENCE_S
    while is_open(found := work()) and time.monotonic() < end_s:
        continue
    return found


def unanswered(seen: Seen) -> bool:
    """Nobody has said anything to the request, or to the new certificate: too late, cut off, or the listener without
    its signer."""
    return seen.code in {"timeout", "closed", "cut", "tls", "answer", "unavailable", "broker_silent"}


@pytest.fixture
def box(tmp_path: Path, centre: EnrolmentCentre, broker: RunningBroker) -> Box:
    return Box(tmp_path / "box", centre, broker)


def test_a_card_becomes_a_node_the_broker_takes_and_renews(box: Box) -> None:
    from center.sites.models import Node

    box.put(box.centre.new_token())
    assert box.enrol() == ("enrolled", "")
    first = Vault(box.places.credentials).held()
    assert first is not None and box.accepted()
    assert not (box.places.card / "enrol" / "token").exists()
    sign_key = Node.objects.get(pk=NODE).sign_key
    assert box.renew(force=False).reason == ""
    outcome = box.renew()
    assert (outcome.done, outcome.seen.state) == (True, "enrolled")
    second = Vault(box.places.credentials).held()
    assert second is not None and second.files["node.key"] != first.files["node.key"] and box.accepted()
    assert Node.objects.get(pk=NODE).sign_key == sign_key
    assert second.files["seal.pub"].decode().strip() == (box.centre.data / "keys" / "seal.pub").read_text().strip()


def test_command_keys_come_with_the_first_certificate_and_a_change_of_them_with_the_next(box: Box) -> None:
    from center.commander.keys import KeyRing, published

    ring = KeyRing(box.centre.data / "commander")
    ring.make(1)
    pinned = box.places.credentials / "command.pub"
    try:
        box.put(box.centre.new_token())
        assert box.enrol() == ("enrolled", "")
        assert pinned.read_text() == published(box.centre.data) != ""
        ring.prepare(2)
        ring.switch()
        ring.retire()
        assert pinned.read_text() != published(box.centre.data)
        assert box.renew().done
        assert pinned.read_text() == published(box.centre.data)
    finally:
        shutil.rmtree(ring.directory)


def test_an_operator_compares_the_fingerprint_and_the_box_goes_on(box: Box) -> None:
    from center.enrolment import deciding

    box.put(box.centre.new_token(confirm=True))
    seen = box.attempt()
    assert (seen.state, seen.wait_s) == ("waiting", WAIT_S)
    deciding.confirm(deciding.find_waiting(NODE, seen.fingerprint[:16]).pk, "cli:test")
    assert box.enrol() == ("enrolled", "")


def test_an_operator_declines(box: Box) -> None:
    from center.enrolment import deciding

    box.put(box.centre.new_token(confirm=True))
    assert box.enrol() == ("waiting", "")
    deciding.decline(deciding.pending()[0].pk, "cli:test")
    assert box.enrol() == ("declined", "declined")


def test_tokens_that_open_nothing_are_told_apart(
    box: Box, tmp_path: Path, centre: EnrolmentCentre, broker: RunningBroker
) -> None:
    from center.enrolment.models import Token

    box.put(centre.new_token(OTHER))
    assert box.enrol() == ("token_refused", "token_unknown"), "another node's"
    token = centre.new_token()
    box.put(token)
    thief = Box(tmp_path / "thief", centre, broker)
    thief.put(token)
    assert thief.enrol() == ("enrolled", "")
    assert box.enrol() == ("token_used", "token_used")
    box.put(centre.new_token())
    Token.objects.filter(used_at=None).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert box.enrol() == ("token_expired", "token_expired")
    centre.new_token()
    assert box.enrol() == ("token_refused", "token_revoked")
    box.put(centre.new_token())
    assert box.enrol() == ("enrolled", "")


def test_a_certificate_that_is_over_renews_by_itself(box: Box, centre: EnrolmentCentre) -> None:
    box.put(centre.new_token())
    assert box.enrol() == ("enrolled", "")
    vault = Vault(box.places.credentials)
    held = vault.held()
    assert held is not None
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

    key = load_pem_private_key(held.files["node.key"], None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    over = sign_client(centre.authority._signer, NODE, key.public_key(), datetime.now(UTC) - timedelta(days=3))
    centre.authority._record(over, NODE)
    vault.stage({**held.files, "node.crt": over.public_bytes(Encoding.PEM)}, held.about)
    vault.install()
    assert box.verdict() == "refused"
    outcome = box.renew(force=False)
    assert (outcome.reason, outcome.done, outcome.seen.state) == ("expired", True, "enrolled")
    assert box.accepted()


def test_a_revoked_box_learns_it_from_broker_and_listener_and_a_new_card_heals_it(
    box: Box, centre: EnrolmentCentre, broker: RunningBroker
) -> None:
    from center.sites.enrolment import revoke_node

    box.put(centre.new_token())
    assert box.enrol() == ("enrolled", "")
    revoke_node(NODE, centre.data)
    broker.restart()
    outcome = until_answered(lambda: box.renew(force=False), lambda outcome: not outcome.reason)
    assert (outcome.reason, outcome.seen.state, outcome.done) == ("refused", "revoked", False)
    box.put(centre.new_token())
    assert box.enrol() == ("enrolled", "")
    assert box.accepted()


def test_a_signer_that_is_away_is_waited_for(box: Box, centre: EnrolmentCentre) -> None:
    box.put(centre.new_token())
    socket = centre.data / "run" / "signer.sock"
    socket.rename(socket.with_suffix(".away"))
    try:
        seen = until_answered(lambda: attempt(box.places, box.ends.broker), lambda seen: seen.state == "unreachable")
    finally:
        socket.with_suffix(".away").rename(socket)
    assert (seen.state, seen.code) == ("refused", "unavailable")
    assert seen.wait_s > 0
    assert box.enrol() == ("enrolled", "")
