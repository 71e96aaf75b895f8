"""Renewal against a listener that keeps the contract and a real broker: the old stays until the new is proven."""

import subprocess
import sys
from datetime import timedelta
from functools import partial

import pytest

from agent.enrol import brokertest, openssl
from agent.enrol.renewal import renew
from tests.support.broker import RunningBroker
from tests.support.enrol_box import EnrolBox
from tests.support.processes import wait_until
from wire.enrolment import Renew
from wire.keys import key_line


@pytest.fixture
def enrolled(box: EnrolBox) -> EnrolBox:
    assert box.attempt().state == "enrolled"
    box.listener.asked.clear()
    return box


def test_a_young_certificate_stays(enrolled: EnrolBox) -> None:
    before = (enrolled.places.credentials / "node.crt").read_bytes()
    outcome = renew(enrolled.places, enrolled.ends)
    assert (outcome.seen.state, outcome.reason, outcome.done) == ("enrolled", "", False)
    assert enrolled.listener.asked == ["trust"]
    assert (enrolled.places.credentials / "node.crt").read_bytes() == before


def test_renewal_brings_a_new_key_and_keeps_the_signing_key_and_the_old_version(enrolled: EnrolBox) -> None:
    before = enrolled.vault.held()
    outcome = renew(enrolled.places, enrolled.ends, asked_for=True)
    assert (outcome.seen.state, outcome.reason, outcome.done) == ("enrolled", "asked", True)
    after = enrolled.vault.held()
    assert before is not None and after is not None
    assert before.files["node.key"] != after.files["node.key"]
    assert before.files["sign.key"] == after.files["sign.key"]
    folder = enrolled.places.credentials
    assert (folder / "previous" / "node.key").read_bytes() == before.files["node.key"]
    assert (folder / "installed").read_text().strip() == (folder / "current").readlink().name
    assert brokertest.test(enrolled.ends.broker, folder).verdict == "accepted"
    assert not (enrolled.places.state / "renewal").exists()
    assert renew(enrolled.places, enrolled.ends, asked_for=True).done
    assert len([path for path in folder.glob("v*") if path.is_dir()]) == 2
    assert enrolled.vault.back()
    assert (folder / "node.key").read_bytes() == after.files["node.key"]


def test_command_keys_come_with_a_certificate_and_only_vouched_for(enrolled: EnrolBox) -> None:
    """A box of before there were commands, then a change of keys, then a listener that was taken over."""
    pinned, listener = enrolled.places.credentials / "command.pub", enrolled.listener
    assert pinned.read_bytes() == b""

    def renewed(keys: str, vouched: str) -> str:
        listener.command_keys, listener.vouched_keys = keys, vouched
        assert renew(enrolled.places, enrolled.ends, asked_for=True).done
        return pinned.read_text()

    first, second = (key_line(bytes([number]) * 32) for number in (1, 2))
    assert renewed(first, first) == first
    assert renewed(first + second, first + second) == first + second
    assert renewed(second, first) == first + second
    assert renewed(second, "") == first + second
    assert renewed("", "") == first + second
    assert enrolled.vault.back()
    assert pinned.read_text() == first + second


def test_a_broker_that_does_not_answer_keeps_the_new_one_out_and_the_same_key_asks_again(
    enrolled: EnrolBox, broker: RunningBroker
) -> None:
    before = enrolled.vault.held()
    broker.stop()
    try:
        outcome = renew(enrolled.places, enrolled.ends, asked_for=True)
    finally:
        broker.start()
    assert (outcome.seen.state, outcome.seen.code) == ("renewing", "broker_silent")
    held = enrolled.vault.held()
    assert before is not None and held is not None and held.files == before.files
    assert renew(enrolled.places, enrolled.ends, asked_for=True).done
    asked = [request for request in enrolled.listener.asked if isinstance(request, Renew)]
    assert len(asked) == 2
    assert len(enrolled.listener.keys[enrolled.node]) == 2


def test_a_certificate_that_is_over_is_renewed(enrolled: EnrolBox) -> None:
    for seconds in (2, 10, 40):  # it has to be shown to the broker before it is over
        enrolled.listener.issued.clear()
        enrolled.listener.validity = timedelta(seconds=seconds)
        if renew(enrolled.places, enrolled.ends, asked_for=True).done:
            break
    enrolled.listener.validity = timedelta(days=731)
    shown = partial(brokertest.test, enrolled.ends.broker, enrolled.places.credentials)
    wait_until(lambda: shown().verdict == "refused", "its end", 120)
    outcome = renew(enrolled.places, enrolled.ends)
    assert (outcome.reason, outcome.done, outcome.seen.state) == ("expired", True, "enrolled")


@pytest.mark.parametrize(
    ("code", "state"), [("revoked", "revoked"), ("node_unknown", "renewing"), ("rate", "renewing")]
)
def test_a_refusal_leaves_everything_as_it_was(enrolled: EnrolBox, code: str, state: str) -> None:
    before = enrolled.vault.held()
    enrolled.listener.refuse = code
    outcome = renew(enrolled.places, enrolled.ends, asked_for=True)
    assert (outcome.seen.state, outcome.seen.code, outcome.done) == (state, code, False)
    after = enrolled.vault.held()
    assert before is not None and after is not None and after.files == before.files


@pytest.mark.full
def test_several_at_once_take_turns_and_one_whole_version_counts(enrolled: EnrolBox) -> None:
    commands = [
        subprocess.Popen(
            (sys.executable, "-m", "agent.cli", *enrolled.arguments("renew", "--force")),
            env=enrolled.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for _ in range(3)
    ]  # fmt: skip
    assert [command.wait(120) for command in commands] == [0, 0, 0]
    assert len(enrolled.listener.keys[enrolled.node]) == 4, "each got its own"
    held = enrolled.vault.held()
    assert held is not None
    assert openssl.facts(held.files["node.crt"]).public_der == openssl.public_der(held.files["node.key"])
    assert brokertest.test(enrolled.ends.broker, enrolled.places.credentials).verdict == "accepted"
