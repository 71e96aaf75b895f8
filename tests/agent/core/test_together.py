"""Timers on one grid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.together import until_next


@given(st.floats(0, 1e7), st.sampled_from([0.25, 0.5, 1.0, 2.5, 5.0, 10.0]))
def test_the_wait_is_above_zero_and_at_most_the_period_and_ends_on_the_grid(now_s: float, every_s: float) -> None:
    wait_s = until_next(now_s, every_s)
    assert 0 < wait_s <= every_s
    off_s = (now_s + wait_s) % every_s
    assert min(off_s, every_s - off_s) == pytest.approx(0, abs=1e-6)


def test_a_timer_of_five_seconds_falls_on_one_of_a_second() -> None:
    assert 12.3 + until_next(12.3, 5.0) == pytest.approx(15.0)
    assert 14.2 + until_next(14.2, 1.0) == pytest.approx(15.0)
