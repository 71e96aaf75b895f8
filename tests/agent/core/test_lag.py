"""Lag: one stall is nothing, several within minutes are said, and they are forgotten again."""

from agent.core.lag import WITHIN_S, LagWatch


def test_a_single_stall_however_long_says_nothing() -> None:
    lag = LagWatch()
    lag.ticked(0, 30)
    assert lag.condition(30) is None
    assert lag.worst_s == 30


def test_several_stalls_are_said_with_their_number_and_the_worst_and_pass() -> None:
    lag = LagWatch()
    for due_s, came_s in ((0, 2.5), (10, 14), (20, 22.1), (30, 30.1)):
        lag.ticked(due_s, came_s)
    assert lag.condition(31) == "3 x > 2 s / 5 min, max 4.0 s"
    assert lag.condition(3 + WITHIN_S) is None


def test_a_loop_that_is_late_by_less_is_only_busy() -> None:
    lag = LagWatch()
    for second in range(100):
        lag.ticked(second, second + 1.9)
    assert lag.condition(100) is None
