"""Guessing PINs is slow, and a lock tells nothing."""

from hypothesis import given
from hypothesis import strategies as st

from agent.kiosk.limits import LOCK_S, WRONG_IN_ALL, WRONG_PER_CODE, PinLimiter


def test_five_wrong_pins_lock_the_code_for_ten_minutes_and_no_other() -> None:
    limiter = PinLimiter()
    for count in range(1, WRONG_PER_CODE + 1):
        assert limiter.code_locked_for("A", 0) == 0
        assert limiter.wrong("A", 0) == count
    assert limiter.code_locked_for("A", 1) == LOCK_S - 1
    assert limiter.code_locked_for("B", 1) == 0
    assert limiter.code_locked_for("A", LOCK_S) == 0


def test_after_a_lock_five_more_may_be_tried() -> None:
    limiter = PinLimiter()
    for _ in range(WRONG_PER_CODE):
        limiter.wrong("A", 0)
    assert limiter.wrong("A", LOCK_S) == 1
    assert limiter.code_locked_for("A", LOCK_S) == 0


def test_the_right_pin_clears_the_count() -> None:
    limiter = PinLimiter()
    for _ in range(WRONG_PER_CODE - 1):
        limiter.wrong("A", 0)
    limiter.wrong("A", 0)  # noted before it was compared
    limiter.right("A")
    assert limiter.code_locked_for("A", 0) == 0


def test_a_restart_does_not_shorten_a_lock() -> None:
    limiter = PinLimiter()
    assert limiter.code_locked_for("A", 0, wrong_before=WRONG_PER_CODE) == LOCK_S
    assert limiter.code_locked_for("A", 100, wrong_before=WRONG_PER_CODE) == LOCK_S - 100
    assert PinLimiter().code_locked_for("B", 0, wrong_before=WRONG_PER_CODE - 1) == 0


def test_a_restart_does_not_forget_earlier_wrong_pins() -> None:
    limiter = PinLimiter()
    limiter.code_locked_for("A", 0, wrong_before=4)
    assert limiter.wrong("A", 0) == 5
    assert limiter.code_locked_for("A", 0) == LOCK_S


def test_thirty_wrong_pins_over_many_codes_lock_the_kiosk() -> None:
    limiter = PinLimiter()
    for index in range(WRONG_IN_ALL):
        assert limiter.kiosk_locked_for(index) == 0
        limiter.wrong(f"code-{index}", index)
    assert limiter.kiosk_locked_for(WRONG_IN_ALL) == LOCK_S - WRONG_IN_ALL
    assert limiter.kiosk_locked_for(LOCK_S) == 0


def test_looking_up_ones_own_ticket_often_locks_nothing() -> None:
    limiter = PinLimiter()
    for index in range(100):
        assert limiter.kiosk_locked_for(index) == 0 and limiter.code_locked_for("A", index) == 0
        limiter.wrong("A", index)
        limiter.right("A")


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.floats(0, 400)), max_size=150))
def test_no_code_gets_more_than_five_guesses_in_ten_minutes(tries: list[tuple[str, float]]) -> None:
    limiter, now_s, guessed = PinLimiter(), 0.0, {"A": [], "B": [], "C": []}  # type: ignore[var-annotated]
    for code, pause_s in tries:
        now_s += pause_s
        if limiter.kiosk_locked_for(now_s) or limiter.code_locked_for(code, now_s):
            continue
        limiter.wrong(code, now_s)
        guessed[code].append(now_s)
    for times in guessed.values():
        for fifth, sixth in zip(times[4::5], times[5::5], strict=False):
            assert sixth - fifth >= LOCK_S
