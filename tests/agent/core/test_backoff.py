"""Waits between connection attempts."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.backoff import Backoff, BackoffPolicy

POLICY = BackoffPolicy()
chances = st.floats(0, 1, exclude_max=True)


@given(st.integers(0, 10_000), chances)
def test_every_wait_lies_between_the_bounds(failures: int, chance: float) -> None:
    assert POLICY.min_s <= Backoff(failures).delay_s(POLICY, chance) <= POLICY.max_s


def test_the_limit_doubles_up_to_five_minutes() -> None:
    limits = [Backoff(failures).delay_s(POLICY, 0.999_999) for failures in range(12)]
    assert [round(limit) for limit in limits] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_a_fleet_does_not_come_back_in_one_second() -> None:
    waits = [Backoff(8).delay_s(POLICY, number / 110) for number in range(110)]
    per_second = [sum(second <= wait < second + 1 for wait in waits) for second in range(257)]
    assert max(per_second) <= 2


def test_a_minute_of_stability_forgives() -> None:
    tired = Backoff(7)
    assert tired.after_session(POLICY, None).failures == 8
    assert tired.after_session(POLICY, 59.9).failures == 8
    assert tired.after_session(POLICY, 60.0).failures == 1


def test_a_session_in_which_the_centre_took_something_was_worth_it() -> None:
    assert Backoff(7).after_session(POLICY, 2.0, progressed=True).failures == 1
    assert Backoff(7).after_session(POLICY, 2.0, progressed=False).failures == 8
