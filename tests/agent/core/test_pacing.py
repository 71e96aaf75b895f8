"""The backlog's pace."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.pacing import Pacing


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(1, 50_000)), max_size=60))
def test_no_more_passes_than_burst_and_rate_allow(steps: list[tuple[float, int]]) -> None:
    pacing, now_s, sent, largest = Pacing(1000.0, 5000.0), 0.0, 0, 0
    for pause_s, size in steps:
        now_s += pause_s
        if pacing.ready(now_s):
            pacing.spend(size, now_s)
            sent += size
            largest = max(largest, size)
    assert sent <= 5000 + 1000 * now_s + largest + 1


def test_the_wait_it_names_is_long_enough() -> None:
    pacing = Pacing(1000.0, 5000.0)
    pacing.spend(9000, 10.0)
    wait_s = pacing.wait_s(10.0)
    assert 4.0 <= wait_s <= 4.01
    assert not pacing.ready(10.0 + wait_s - 0.1)
    assert pacing.ready(10.0 + wait_s + 0.01)
    assert pacing.wait_s(20.0) == 0.0
