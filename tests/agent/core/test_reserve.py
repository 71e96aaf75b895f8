"""How much of the reserve to hold or to give back."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.reserve import MARGIN_BYTES, STEP_BYTES, needed, target, to_give_back, to_take

MIB = 1024 * 1024
sizes = st.integers(0, 100 * MIB)


@given(sizes, sizes, st.integers(0, 2 * MIB))
def test_what_is_given_back_is_enough_or_all_there_is(free: int, held: int, incoming: int) -> None:
    back = to_give_back(free, held, needed(incoming))
    assert 0 <= back <= held
    assert free + back >= needed(incoming) or back == held
    assert back == 0 or back < needed(incoming) - free + STEP_BYTES, "no more than a step too much"


@given(sizes, sizes, sizes)
def test_filling_leaves_more_room_than_makes_it_give_back_again(free: int, held: int, wanted: int) -> None:
    more = to_take(free, held, wanted)
    assert more >= 0
    assert held + more <= max(held, wanted)
    assert more == 0 or to_give_back(free - more, held + more, needed(0)) == 0
    assert more == 0 or free - more >= 2 * MARGIN_BYTES


def test_with_room_to_spare_it_is_filled_to_the_brim() -> None:
    assert to_take(100 * MIB, 0, 64 * MIB) == 64 * MIB
    assert to_take(100 * MIB, 64 * MIB - 1, 64 * MIB) == 1
    assert to_take(100 * MIB, 64 * MIB, 64 * MIB) == 0


def test_on_a_card_smaller_than_expected_half_of_it_is_enough() -> None:
    assert target(64 * MIB, 32_000 * MIB) == 64 * MIB
    assert target(64 * MIB, 100 * MIB) == 50 * MIB
