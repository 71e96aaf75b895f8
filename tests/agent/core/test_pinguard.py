"""How often a PIN may be tried."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.pinguard import (
    FIRST_WAIT_S,
    HOUR_S,
    LONGEST_WAIT_S,
    MOST_ADDRESSES,
    TRIES,
    TRIES_TOGETHER,
    Guard,
    tried,
    wait_s,
)


def wrong(guard: Guard, address: str, times: int, now_s: float = 0.0) -> Guard:
    for _ in range(times):
        guard = tried(guard, address, right=False, now_s=now_s)
    return guard


def test_five_wrong_ones_make_an_address_wait_and_each_row_longer() -> None:
    guard = wrong(Guard(), "a", TRIES - 1)
    assert wait_s(guard, "a", 0.0) == 0
    guard = wrong(guard, "a", 1)
    assert wait_s(guard, "a", 0.0) == FIRST_WAIT_S
    assert wait_s(guard, "b", 0.0) == 0
    assert wait_s(guard, "a", FIRST_WAIT_S) == 0
    guard = wrong(guard, "a", TRIES, FIRST_WAIT_S)
    assert wait_s(guard, "a", FIRST_WAIT_S) == 2 * FIRST_WAIT_S


def test_a_right_one_clears_its_address() -> None:
    guard = tried(wrong(Guard(), "a", TRIES - 1), "a", right=True, now_s=1.0)
    assert wait_s(wrong(guard, "a", TRIES - 1, 2.0), "a", 2.0) == 0


def test_many_addresses_together_are_bounded_too() -> None:
    guard = Guard()
    for number in range(TRIES_TOGETHER):
        guard = tried(guard, f"10.0.0.{number}", right=False, now_s=float(number))
    assert wait_s(guard, "10.0.1.1", 30.0) == HOUR_S - 30.0
    assert wait_s(guard, "10.0.1.1", HOUR_S) == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(0, 100)), max_size=80))
def test_who_keeps_to_the_waits_gets_no_more_than_the_bound_an_hour(steps: list[tuple[str, bool, float]]) -> None:
    guard, now_s, wrong_at = Guard(), 0.0, list[float]()
    for address, right, pause_s in steps:
        now_s += pause_s
        waited = wait_s(guard, address, now_s)
        assert 0 <= waited <= max(LONGEST_WAIT_S, HOUR_S)
        if waited:
            continue
        guard = tried(guard, address, right=right, now_s=now_s)
        wrong_at += [] if right else [now_s]
        assert sum(now_s - at < HOUR_S for at in wrong_at) <= TRIES_TOGETHER


def test_what_is_remembered_is_bounded() -> None:
    guard = Guard()
    for number in range(3 * MOST_ADDRESSES):
        guard = tried(guard, str(number), right=False, now_s=float(number * 1000))
    assert len(guard.records) == MOST_ADDRESSES
    assert len(guard.wrong_at_s) <= TRIES_TOGETHER
