"""Guessing is slow: locks, their growth, and what an honest citizen does not lose."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from center.core.guess_limits import DAY_MS, LIMITS, MINUTE_MS, Tries, given_back, locked_ms, tried

CODE, ADDRESS, ALL = LIMITS["code"], LIMITS["address"], LIMITS["all"]
NOW = 1_790_000_000_000


def wrong(times: int, tries: Tries, limit: Any, now_ms: int) -> Tries:
    for _ in range(times):
        assert locked_ms(tries, limit, now_ms) == 0
        tries = tried(tries, limit, now_ms)
    return tries


def test_five_wrong_pins_lock_a_code_for_ten_minutes_then_twenty_then_forty_and_never_for_more_than_a_day() -> None:
    tries, now = Tries(), NOW
    for minutes in (10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440):
        tries = wrong(4, tries, CODE, now)
        assert locked_ms(tries, CODE, now) == 0
        tries = wrong(1, tries, CODE, now)
        assert locked_ms(tries, CODE, now) == minutes * MINUTE_MS
        now += minutes * MINUTE_MS
        assert locked_ms(tries, CODE, now - 1) == 1


def test_a_try_that_fitted_was_none() -> None:
    tries = wrong(4, Tries(), CODE, NOW)
    fifth = tried(tries, CODE, NOW)
    assert locked_ms(fifth, CODE, NOW) > 0
    assert locked_ms(given_back(fifth), CODE, NOW) == 0
    assert given_back(fifth).wrong == 4
    assert given_back(Tries()).wrong == 0


def test_an_address_is_locked_by_twenty_within_ten_minutes_and_not_by_twenty_in_a_day() -> None:
    assert locked_ms(wrong(20, Tries(), ADDRESS, NOW), ADDRESS, NOW) == 10 * MINUTE_MS
    tries = Tries()
    for number in range(200):
        now = NOW + number * MINUTE_MS
        assert locked_ms(tries, ADDRESS, now) == 0
        tries = tried(tries, ADDRESS, now)
    assert tries.locks == 0


def test_slow_guessing_of_one_code_is_counted_for_a_week_not_for_ten_minutes() -> None:
    tries, now, guesses = Tries(), NOW, 0
    while now < NOW + 7 * DAY_MS:
        if locked_ms(tries, CODE, now) == 0:
            tries = tried(tries, CODE, now)
            guesses += 1
        now += 3 * MINUTE_MS
    assert guesses < 80


def test_a_quiet_week_is_a_new_beginning() -> None:
    tries = wrong(5, wrong(5, Tries(), CODE, NOW), CODE, NOW + 10 * MINUTE_MS)
    later = tried(tries, CODE, NOW + 8 * DAY_MS)
    assert (later.wrong, later.locks) == (1, 0)


@given(st.lists(st.integers(0, 3 * DAY_MS), max_size=120), st.sampled_from(["code", "address", "all"]))
def test_whatever_the_pace_no_window_holds_more_than_the_limit(steps: list[int], kind: str) -> None:
    limit, tries, now, made = LIMITS[kind], Tries(), NOW, []
    for step in steps:
        now += step
        if locked_ms(tries, limit, now) == 0:
            tries = tried(tries, limit, now)
            made.append(now)
        assert 0 <= locked_ms(tries, limit, now) <= limit.most_ms
    for at in made:
        assert sum(at <= other < at + limit.lock_ms for other in made) < 2 * limit.wrong


def test_a_clock_set_back_does_not_lengthen_a_lock() -> None:
    tries = wrong(5, Tries(), CODE, NOW)
    assert locked_ms(tries, CODE, NOW - DAY_MS) == 10 * MINUTE_MS
