"""A line that damages everything: nothing wrong is accepted, nothing whole is lost, nothing is kept without bound."""

import pytest

from agent.core.framing import LONGEST_BYTES
from tests.agent.kiosk_serial.fuzz import run
from tests.support.torture import often


def judge(count: int, seed: int) -> int:
    """How many damaged frames were judged."""
    tally = run(count, seed)
    assert tally.accepted >= tally.whole > 0
    assert (tally.wrong, tally.lost) == (0, 0), tally
    assert tally.most_held_bytes <= LONGEST_BYTES
    return tally.damaged


def test_of_forty_thousand_damaged_frames_none_is_accepted_and_no_whole_one_between_them_lost() -> None:
    assert judge(40_000, seed=1) == 40_000


@pytest.mark.full
def test_of_a_million_damaged_frames_none_is_accepted_and_no_whole_one_between_them_lost() -> None:
    """Of a quarter as many where SANDI_TORTURE does not ask for all."""
    count = often(250_000, 1_000_000)
    assert judge(count, seed=20_261_127) == count
