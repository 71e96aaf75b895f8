"""The measure of costs tells what grows faster than its input from what does not."""

from tests.support.growth import PROPORTION, dearness, growth


def spend(steps: int) -> int:
    return sum(step * step for step in range(steps))


def test_what_grows_with_its_input_is_told_from_what_grows_with_the_square() -> None:
    assert growth(spend, 400_000) < PROPORTION
    assert growth(lambda size: spend(size * size), 1_600) > PROPORTION


def test_what_is_many_times_as_dear_as_honest_input_is_told() -> None:
    assert dearness(lambda: spend(200_000), lambda: spend(100_000)) < 10
    assert dearness(lambda: spend(1_000_000), lambda: spend(20_000)) > 10
