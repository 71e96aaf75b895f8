"""Stillness: what should move and does not, and what only had no chance to."""

from agent.core.stillness import Progress, Stillness


def test_what_moves_is_never_still_for_too_long() -> None:
    now_s = 0.0
    still = Stillness(Progress(lambda: now_s // 50, 60), now_s, 5)
    for _ in range(1000):
        now_s += 5
        assert not still.too_long(now_s)


def test_what_stands_is_too_long_still_after_what_it_declared() -> None:
    still = Stillness(Progress(lambda: 0, 60), 100, 5)
    looks = [still.too_long(100 + 5.0 * look) for look in range(1, 15)]
    assert looks == [False] * 12 + [True] * 2


def test_a_box_that_slept_for_a_night_has_nothing_stuck_in_the_morning() -> None:
    still = Stillness(Progress(lambda: 0, 60), 0, 5)
    assert not still.too_long(5)
    assert not still.too_long(40_000)
    assert still.for_s == 15


def test_it_wants_to_be_asked_at_least_twice_within_what_is_declared() -> None:
    assert Stillness(Progress(lambda: 0, 1), 0, 5).look_every_s == 0.5
