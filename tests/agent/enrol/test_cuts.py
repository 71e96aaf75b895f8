"""Power cuts of the whole of enrolment and renewal: the next run comes through, with the same key."""

import signal
import subprocess
import sys

import pytest

from agent.enrol import brokertest
from agent.enrol.attempt import STEPS
from agent.enrol.renewal import renew
from tests.support.enrol_box import EnrolBox
from tests.support.torture import often
from wire.enrolment import Enrol, Renew


def cut(box: EnrolBox, what: str, step: str) -> tuple[int, str]:
    """Run it in a program of its own that dies there; exit code and last line."""
    done = subprocess.run(
        (
            sys.executable, "-m", "tests.support.enrol_dies_at", step, what, str(box.folder),
            str(box.ends.broker.port), str(box.listener.port),
        ),
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout.strip()


def full_but(steps: tuple[str, ...], *daily: str) -> list[object]:
    return [step if step in daily else pytest.param(step, marks=pytest.mark.full) for step in steps]


@pytest.mark.parametrize("step", full_but(STEPS, "asked", "installed"))
def test_enrolment_goes_on_after_a_cut_at_each_step(box: EnrolBox, step: str) -> None:
    assert cut(box, "enrol", step) == (-signal.SIGKILL, "")
    seen = box.attempt()
    assert seen.state == "enrolled"
    asked = {request.csr for request in box.listener.asked if isinstance(request, Enrol)}
    assert len(asked) in (1, 2)
    assert list(box.listener.used.values()) == [seen.fingerprint]
    assert len(box.listener.issued) == 1
    assert not box.token.exists()
    assert {path.name for path in box.places.state.iterdir()} == set()
    assert brokertest.test(box.ends.broker, box.places.credentials).verdict == "accepted"


@pytest.mark.parametrize("step", full_but(STEPS[:-1], "staged"))
def test_renewal_goes_on_after_a_cut_at_each_step(box: EnrolBox, step: str) -> None:
    assert box.attempt().state == "enrolled"
    assert cut(box, "renew", step) == (-signal.SIGKILL, "")
    assert brokertest.test(box.ends.broker, box.places.credentials).verdict == "accepted"
    outcome = renew(box.places, box.ends, asked_for=True)
    assert outcome.done
    certificates = {request.certificate for request in box.listener.asked if isinstance(request, Renew)}
    # Cut behind the swap the new one counts already, and this is one more renewal.
    assert len(certificates) == (2 if step == "installed" else 1)
    assert brokertest.test(box.ends.broker, box.places.credentials).verdict == "accepted"


@pytest.mark.full
@pytest.mark.parametrize("what", ["enrol", "renew"])
def test_a_cut_before_any_change_on_the_disk_is_made_good(box: EnrolBox, what: str) -> None:
    if what == "renew":
        seen = box.attempt()
        assert seen.state == "enrolled", seen
    number = 0
    while True:
        if what == "enrol" and number:
            box.new_card()  # for the same node: a whole enrolment again
        code, said = cut(box, what, str(number))
        if code == 0:
            assert said.startswith("enrolled "), said
            break
        assert code == -signal.SIGKILL, (number, said)
        if what == "enrol":
            assert box.attempt().state == "enrolled", number
        assert renew(box.places, box.ends).well, number
        assert brokertest.test(box.ends.broker, box.places.credentials).verdict == "accepted", number
        number += often(7, 1)
    assert number > 20
