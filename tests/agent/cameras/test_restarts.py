"""A worker that keeps dying is started ever more rarely, and never more than five times a minute."""

from hypothesis import given
from hypothesis import strategies as st

from agent.cameras.keeping.restarts import LONGEST_DELAY_S, STARTS_PER_WINDOW, WINDOW_S, RestartBudget


def test_failures_in_a_row_wait_twice_as_long_up_to_the_longest() -> None:
    budget = RestartBudget()
    waits = [budget.failed() for _ in range(12)]
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert waits[-1] == LONGEST_DELAY_S


def test_a_picture_ends_the_row() -> None:
    budget = RestartBudget()
    budget.failed()
    budget.failed()
    budget.succeeded()
    assert budget.failed() == 1


def test_a_worker_that_ended_in_order_was_no_start_worth_counting() -> None:
    budget = RestartBudget()
    for now_s in range(20):
        assert budget.start_allowed_in(now_s) == 0
        budget.started(now_s)
        budget.ended_in_order()
    for now_s in range(20, 25):
        budget.started(now_s)
    assert budget.start_allowed_in(25) == 55


@given(st.lists(st.floats(0, 30), max_size=60))
def test_no_minute_sees_more_than_five_starts(pauses: list[float]) -> None:
    budget, now_s, starts = RestartBudget(), 0.0, []
    for pause_s in pauses:
        now_s += pause_s
        now_s += budget.start_allowed_in(now_s)
        budget.started(now_s)
        starts.append(now_s)
    for index in range(len(starts) - STARTS_PER_WINDOW):
        assert starts[index + STARTS_PER_WINDOW] - starts[index] >= WINDOW_S - 1e-6
