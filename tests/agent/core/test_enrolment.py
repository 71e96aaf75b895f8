"""When a box that is not enrolled tries again: never at once, never never, and as the centre wishes."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.enrolment import MOST_WAIT_S, STATES, TERMINAL, Course, Seen, Standing, state_of_refusal, wait_s
from wire.enrolment import MAX_WAIT_S, STATUS

CHANCE = st.floats(0, 1, exclude_max=True)
START = Course(Standing("unprovisioned", 1_000, 1_000, "kel-3673011001"))


@given(st.sampled_from(STATES), st.integers(0, 10_000), CHANCE, st.integers(0, MAX_WAIT_S))
def test_every_state_is_tried_again_and_none_at_once(state: str, failures: int, chance: float, wished_s: int) -> None:
    seconds = wait_s(Seen(state, wait_s=wished_s), failures, chance)  # type: ignore[arg-type]
    assert 1 <= seconds <= MOST_WAIT_S
    assert seconds >= wished_s


@given(st.sampled_from(TERMINAL), st.integers(0, 100), CHANCE)
def test_what_only_a_person_can_change_is_asked_about_once_an_hour(state: str, failures: int, chance: float) -> None:
    assert 3000 <= wait_s(Seen(state), failures, chance) <= 4200  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
def test_two_days_without_network_end_within_a_minute_of_its_coming(seed: int) -> None:
    drawn = random.Random(seed)
    course, now_ms, attempts = START, 0, 0
    while now_ms < 2 * 86_400_000:
        course = course.after(Seen("no_network", "no_route"), now_ms, drawn.random())
        assert course.standing.retry_s <= 60
        now_ms += course.standing.retry_s * 1000
        attempts += 1
    assert attempts < 2 * 86_400 / 20
    assert course.standing.since_ms == 0
    course = course.after(Seen("enrolled", expires_at_ms=5), now_ms, 0.5)
    assert (course.standing.state, course.standing.retry_s, course.standing.since_ms) == ("enrolled", 0, now_ms)


def test_waits_grow_while_the_same_comes_again_and_start_anew_with_something_else() -> None:
    course, waits = START, []
    for _ in range(12):
        course = course.after(Seen("unreachable", "closed"), 0, 0.999)
        waits.append(course.standing.retry_s)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (8, 300)
    assert course.after(Seen("wrong_ca", "issuer"), 0, 0.999).standing.retry_s == 60
    again = course.after(Seen("no_network", "no_route"), 0, 0.0).after(Seen("unreachable", "closed"), 0, 0.999)
    assert again.standing.retry_s == 8


@pytest.mark.parametrize("code", ["rate", "unavailable"])
@given(chance=CHANCE)
def test_a_wait_the_centre_names_is_kept_and_spread(code: str, chance: float) -> None:
    waited = wait_s(Seen("refused", code, wait_s=1800), 0, chance)
    assert 1800 <= waited <= 2160


@given(CHANCE)
def test_who_waits_for_an_operator_asks_when_told(chance: float) -> None:
    assert 30 <= wait_s(Seen("waiting", wait_s=30), 9, chance) <= 36


def test_a_clock_that_is_set_back_leaves_no_beginning_in_the_future() -> None:
    course = START.after(Seen("waiting"), 1_900_000_000_000, 0.5).after(Seen("waiting"), 5_000, 0.5)
    assert course.standing.since_ms == 5_000


def test_the_fingerprint_and_the_node_stay_known() -> None:
    course = START.after(Seen("waiting", fingerprint="ab" * 32), 0, 0.5).after(Seen("unreachable", "cut"), 1, 0.5)
    assert (course.standing.fingerprint, course.standing.node) == ("ab" * 32, "kel-3673011001")


def test_every_refusal_of_the_wire_leads_to_a_state() -> None:
    assert {state_of_refusal(code) for code in STATUS} <= set(STATES)
    assert state_of_refusal("of_a_newer_centre") == "refused"
