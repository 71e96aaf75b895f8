"""A line that damages everything: nothing wrong is accepted, nothing whole is lost, nothing is kept without bound."""

import pytest

from agent.core.framing import LONGEST_BYTES
from tests.agent.kiosk_serial.fuzz import run


def judge(count: int, seed: int) -> None:
    tally = run(count, seed)
    assert tally.damaged == count
    assert tally.accepted >= tally.whole > 0
    assert (tally.wrong, tally.lost) == (0, 0), tally
    assert tally.most_held_bytes <= LONGEST_BYTES


def test_of_forty_thousand_damaged_frames_none_is_accepted_and_no_whole_one_between_them_lost() -> None:
    judge(40_000, seed=1)


@pytest.mark.full
def test_of_a_million_damaged_frames_none_is_accepted_and_no_whole_one_between_them_lost() -> None:
    judge(1_000_000, seed=20_261_127)
