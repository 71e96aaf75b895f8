"""The measure of costs tells what grows faster than its input from what does not."""

import pytest

from tests.support.growth import in_proportion, no_dearer


def spend(steps: int) -> int:
    return sum(step * step for step in range(steps))


def test_what_grows_with_its_input_passes_and_what_grows_with_the_square_does_not() -> None:
    in_proportion(spend, 400_000)
    with pytest.raises(AssertionError, match="an eighth costs"):
        in_proportion(lambda size: spend(size * size), 1_600)


def test_what_is_many_times_as_dear_as_honest_input_is_told() -> None:
    no_dearer(lambda: spend(200_000), lambda: spend(100_000), 10)
    with pytest.raises(AssertionError, match="honest costs"):
        no_dearer(lambda: spend(1_000_000), lambda: spend(20_000), 10)
