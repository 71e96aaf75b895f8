"""Round trips as one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.sparkline import BLOCKS, LOST_BLOCK, LOST_SIGN, SIGNS, sparkline

RTTS = st.lists(st.none() | st.floats(0, 1e6), max_size=100)


def test_an_even_line_is_even_and_a_peak_stands_out() -> None:
    line = sparkline([10.0, 10.0, 10.0, 40.0, None, 10.0], 10)
    assert line[0] == line[1] == line[2] == line[5]
    assert BLOCKS.index(line[3]) > BLOCKS.index(line[0]) + 3
    assert line[4] == LOST_BLOCK


@pytest.mark.parametrize("width", [0, -3])
def test_no_room_no_line(width: int) -> None:
    assert sparkline([1.0, 2.0], width) == ""


@given(RTTS, st.integers(0, 90), st.booleans())
def test_it_has_one_character_for_each_of_the_newest(rtts_ms: list[float | None], width: int, plain: bool) -> None:
    line = sparkline(rtts_ms, width, ascii_only=plain)
    shown = rtts_ms[-width:] if width else []
    assert len(line) == len(shown)
    allowed = SIGNS + LOST_SIGN if plain else BLOCKS + LOST_BLOCK
    assert set(line) <= set(allowed)
    assert line.isascii() or not plain
    assert [char in (LOST_BLOCK, LOST_SIGN) for char in line] == [rtt_ms is None for rtt_ms in shown]
