"""What our ping measures is what the line really did, and agrees with fping on the same line at the same time."""

import shutil
from collections.abc import Iterator

import pytest

from tests.netlab.accuracy import CONDITIONS, Condition, Measured, bad_line, compare
from tests.netlab.conftest import skip_unless_possible
from tests.netlab.line import Line
from tests.support.lab import Box

pytestmark = pytest.mark.netns
_QUICK = {"20 ms, jitter 8 ms", "5 % lost", "about 10 % lost, in bursts of 4"}


@pytest.fixture(scope="module")
def line() -> Iterator[tuple[Box, Line]]:
    skip_unless_possible()
    if shutil.which("fping") is None:
        pytest.skip("fping is not installed: apt install fping")
    with bad_line() as built:
        yield built


def _cases() -> list[object]:
    return [pytest.param(one, id=one.name, marks=() if one.name in _QUICK else pytest.mark.full) for one in CONDITIONS]


@pytest.mark.parametrize("condition", _cases())
def test_loss_is_true_and_the_median_agrees_with_fping(line: tuple[Box, Line], condition: Condition) -> None:
    found: dict[str, Measured] = {}
    untrue: list[str] = []
    for seed in range(9):  # medians of a busy machine: until one is calm
        found = compare(*line, condition, 300, seed)
        ours, fping = found["ours"], found["fping"]
        assert ours.sent == fping.sent == 300
        assert ours.asked >= 300
        if not ours.is_true:  # a machine that stood still for longer than answers are waited for
            untrue.append(f"{ours.lost} of {ours.sent} lost; the line dropped {ours.dropped} of {ours.asked}")
        elif abs(ours.median_ms - fping.median_ms) < 0.5:
            break
    assert found["ours"].is_true, untrue
    assert len(untrue) <= 1, untrue
    assert abs(found["ours"].median_ms - found["fping"].median_ms) < 0.5
