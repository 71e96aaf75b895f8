"""One attempt to enrol against a listener that keeps the contract, and a real broker."""

import shutil
import socket
import threading
import time
from pathlib import Path

import pytest

from agent.enrol import brokertest, keys, openssl
from agent.enrol.door import Address, ask
from agent.enrol.errors import EnrolError
from agent.enrol.vault import FILES
from center.pki import create_authority
from tests.support.broker import RunningBroker
from tests.support.enrol_box import EnrolBox
from tests.support.enrolment_listener import Listener, listening
from tests.support.ports import free_port
from tests.support.processes import wait_until
from wire.enrolment import TRUST_PATH, Enrol
from wire.keys import key_line


def test_a_card_becomes_credentials_that_the_broker_takes_and_the_token_is_gone(
    box: EnrolBox, broker: RunningBroker
) -> None:
    seen = box.attempt()
    assert (seen.state, seen.code) == ("enrolled", "")
    assert {path.name for path in box.places.credentials.iterdir()} >= set(FILES)
    assert (box.places.credentials / "node.key").stat().st_mode & 0o777 == 0o600
    assert not box.token.exists()
    assert not (box.places.state / "pending").exists()
    held = box.vault.held()
    assert held is not None and held.node == box.node
    assert openssl.fingerprint(held.files["node.key"]) == seen.fingerprint
    [request] = box.listener.asked
    assert isinstance(request, Enrol)
    assert keys.sign_public(keys.seed_of(held.files["sign.key"])) == request.sign_key
    assert brokertest.test(box.ends.broker, box.places.credentials).verdict == "accepted"


@pytest.mark.parametrize(("vouched", "expected"), [("", "card"), ("centre", "centre"), ("other", "card")])
def test_the_card_s_command_keys_are_pinned_unless_the_authority_vouches_for_others(
    box: EnrolBox, vouched: str, expected: str
) -> None:
    lines = {name: key_line(name.ljust(32).encode()) for name in ("card", "centre", "other")} | {"": ""}
    box.places.command_keys.write_text(lines["card"])
    box.listener.command_keys, box.listener.vouched_keys = lines["centre"], lines[vouched]
    assert box.attempt().state == "enrolled"
    assert (box.places.credentials / "command.pub").read_text() == lines[expected]


@pytest.mark.parametrize("content", [b"\xff", b"rubbish", b"x" * 5000])
def test_damaged_command_keys_on_a_card_keep_no_box_out(box: EnrolBox, content: bytes) -> None:
    box.places.command_keys.write_bytes(content)
    assert box.attempt().state == "enrolled"
    assert (box.places.credentials / "command.pub").read_bytes() == b""


def test_an_enrolled_box_asks_nobody(box: EnrolBox) -> None:
    assert box.attempt().state == "enrolled"
    asked = len(box.listener.asked)
    assert box.attempt().state == "enrolled"
    assert len(box.listener.asked) == asked


def test_it_waits_for_the_operator_with_one_key_and_then_goes_on(box: EnrolBox) -> None:
    box.listener.confirm, box.listener.wait_s = True, 7
    first, second = box.attempt(), box.attempt()
    assert first.state == second.state == "waiting"
    assert (first.wait_s, first.fingerprint) == (7, second.fingerprint)
    assert box.token.exists()
    box.listener.confirm = False
    third = box.attempt()
    assert (third.state, third.fingerprint) == ("enrolled", first.fingerprint)


def test_a_lost_answer_is_asked_for_again_and_is_the_same_certificate(box: EnrolBox) -> None:
    box.listener.cut = 1
    lost = box.attempt()
    assert (lost.state, lost.code) in {("unreachable", "cut"), ("unreachable", "answer"), ("unreachable", "tls")}
    [made] = [pem for (node, _), pem in box.listener.issued.items() if node == box.node]
    assert box.attempt().state == "enrolled"
    assert (box.places.credentials / "node.crt").read_text() == made


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("token_unknown", "token_refused"), ("token_revoked", "token_refused"), ("token_expired", "token_expired"),
        ("token_used", "token_used"), ("declined", "declined"), ("revoked", "revoked"), ("rate", "refused"),
        ("unavailable", "refused"), ("csr", "refused"), ("name", "refused"), ("request", "refused"),
        ("of_a_newer_centre", "refused"),
    ],
)  # fmt: skip
def test_every_refusal_is_a_state_of_its_own(box: EnrolBox, code: str, state: str) -> None:
    box.listener.refuse = code
    seen = box.attempt()
    assert (seen.state, seen.code) == (state, code)
    assert box.token.exists() and box.vault.held() is None


def test_a_copied_card_is_told_that_another_box_used_it(box: EnrolBox, tmp_path: Path, broker: RunningBroker) -> None:
    thief = EnrolBox(tmp_path / "thief", box.listener, broker.port, node=box.node)
    shutil.copytree(box.places.card, thief.places.card, dirs_exist_ok=True)
    assert thief.attempt().state == "enrolled"
    assert (box.attempt().state, box.vault.held()) == ("token_used", None)


def test_who_is_not_of_the_cards_authority_gets_no_token(box: EnrolBox, tmp_path: Path) -> None:
    with listening(create_authority(tmp_path / "foreign"), port=free_port()) as foreign:
        foreign.tokens = box.listener.tokens
        (box.places.card / "node.toml").write_text(
            (box.places.card / "node.toml").read_text().replace(str(box.listener.port), str(foreign.port))
        )
        seen = box.attempt()
        assert (seen.state, seen.code) == ("wrong_ca", "issuer")
        assert foreign.asked == []


def test_a_listener_of_another_name_is_not_believed(box: EnrolBox) -> None:
    box.new_card(host="127.0.0.2")
    text = (box.places.card / "node.toml").read_text()
    assert "127.0.0.2" in text
    seen = box.attempt()
    assert seen.state in ("wrong_ca", "unreachable")
    assert box.listener.asked == []


def test_nobody_there_is_said_to_be_unreachable(box: EnrolBox) -> None:
    (box.places.card / "node.toml").write_text(
        (box.places.card / "node.toml").read_text().replace(str(box.listener.port), str(free_port()))
    )
    assert (box.attempt().state, box.attempt().code) == ("unreachable", "closed")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, b""), (202, b"{}"), (500, b"[" * 50_000), (200, b'{"state":"issued"}'), (200, b"x" * 100_000),
        (302, b"\xff\xfe"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_no_answer(box: EnrolBox, status: int, said: bytes) -> None:
    box.listener.say = (status, said)
    seen = box.attempt()
    assert (seen.state, seen.code) == ("unreachable", "answer")
    assert box.token.exists() and box.vault.held() is None


def test_a_certificate_for_another_key_is_not_taken(box: EnrolBox, tmp_path: Path, broker: RunningBroker) -> None:
    other = EnrolBox(tmp_path / "other", box.listener, broker.port, node=box.node)
    assert other.attempt().state == "enrolled"
    mine = keys.kept_or_new(box.places.state / "pending", box.node)
    [pem] = [pem for (node, _), pem in box.listener.issued.items() if node == box.node]
    box.listener.issued[box.node, mine.fingerprint] = pem
    seen = box.attempt()
    assert (seen.state, seen.code) == ("refused", "certificate")
    assert box.vault.held() is None


def test_a_bundle_without_the_cards_authority_is_not_taken(box: EnrolBox, tmp_path: Path) -> None:
    box.listener.trust = create_authority(tmp_path / "foreign").ca_certificate.read_text()
    seen = box.attempt()
    assert (seen.state, seen.code) == ("wrong_ca", "bundle")
    assert box.vault.held() is None


def test_keys_of_another_node_keep_a_card_from_being_used(box: EnrolBox, listener: Listener) -> None:
    assert box.attempt().state == "enrolled"
    before = box.node
    box.new_card("opd-diskominfo")
    asked = len(listener.asked)
    seen = box.attempt()
    assert (seen.state, seen.code, seen.detail) == ("card_reused", "node", f"{before} / opd-diskominfo")
    assert len(listener.asked) == asked and box.token.exists()


def test_a_new_card_for_the_same_node_enrols_anew_and_keeps_the_signing_key(box: EnrolBox) -> None:
    assert box.attempt().state == "enrolled"
    first = box.vault.held()
    box.new_card()
    assert box.attempt().state == "enrolled"
    second = box.vault.held()
    assert first is not None and second is not None
    assert first.files["node.key"] != second.files["node.key"]
    assert first.files["sign.key"] == second.files["sign.key"]
    assert not box.token.exists()


def test_an_answer_that_trickles_is_cut_at_the_deadline_and_leaves_no_thread(box: EnrolBox) -> None:
    authorities = box.places.authorities.read_bytes()
    box.listener.slow_s, box.listener.say = 0.05, (200, b"x" * 20_000)  # a quarter of an hour
    began_s = time.monotonic()
    with pytest.raises(EnrolError) as caught:
        ask(box.ends.listener, authorities, "GET", TRUST_PATH, deadline_s=1.0)
    assert (caught.value.seen.state, caught.value.seen.code) == ("unreachable", "timeout")
    assert time.monotonic() - began_s < 120
    wait_until(lambda: not [one for one in threading.enumerate() if one.name == "enrol-exchange"], "the thread's end")


def test_a_listener_that_never_ends_its_handshake_is_cut_at_the_deadline(box: EnrolBox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = Address("127.0.0.1", mute.getsockname()[1])
        with pytest.raises(EnrolError) as caught:
            ask(address, box.places.authorities.read_bytes(), "GET", TRUST_PATH, deadline_s=0.5)
        assert (caught.value.seen.state, caught.value.seen.code) == ("unreachable", "timeout")
        wait_until(lambda: not [one for one in threading.enumerate() if one.name == "enrol-exchange"], "its end")
