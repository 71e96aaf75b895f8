"""Which press is which: numbers that begin again, repeats from before the turn, restarts of the box at any time."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.panel_sequence import BOOTS_KEPT, QUARTER, ROUND, Mark, SequenceBook


@given(
    st.integers(0, 3 * ROUND),
    st.lists(st.tuples(st.integers(0, 9000), st.booleans(), st.booleans()), max_size=60),
)
def test_every_press_keeps_its_own_place_over_turns_and_restarts(
    first: int, steps: list[tuple[int, bool, bool]]
) -> None:
    """`first`: where the panel stands; each step goes on by so many, is said twice, and the box restarts after it."""
    book = SequenceBook((Mark("p", 1, first),))
    true_place = first
    for ahead, twice, restart in steps:
        true_place += ahead
        for _ in range(1 + twice):
            assert book.place("p", 1, true_place % ROUND) == true_place
        if book.unsaved:
            saved = book.marks()
        if restart:
            book = SequenceBook(saved if "saved" in locals() else (Mark("p", 1, first),))


def test_a_repeat_from_just_before_the_turn_is_no_press_of_the_new_round() -> None:
    book = SequenceBook()
    for seq in range(0, ROUND, 1000):
        book.place("p", 1, seq)
    assert book.place("p", 1, ROUND - 1) == ROUND - 1
    assert book.place("p", 1, 0) == ROUND
    assert book.place("p", 1, ROUND - 1) == ROUND - 1
    assert book.place("p", 1, 1) == ROUND + 1


def test_each_boot_of_each_panel_counts_for_itself() -> None:
    book = SequenceBook()
    for seq in range(0, ROUND, 5000):
        book.place("p", 1, seq)
    book.place("p", 1, 0)
    assert book.place("p", 2, 0) == 0
    assert book.place("q", 1, 0) == 0
    assert book.place("p", 1, 3) == ROUND + 3


def test_a_panel_is_noted_once_in_a_quarter_of_a_round() -> None:
    book = SequenceBook()
    noted = 0
    for count in range(ROUND + 10):
        book.place("p", 1, count % ROUND)
        if book.unsaved:
            noted += 1
            assert book.marks() == (Mark("p", 1, count),)
    assert noted == ROUND // QUARTER


def test_a_panel_that_begins_anywhere_is_told_apart_after_a_restart_too() -> None:
    book = SequenceBook()
    assert book.place("p", 9, 60_000) == 60_000
    assert book.unsaved
    assert SequenceBook(book.marks()).place("p", 9, 4) == ROUND + 4


def test_no_more_boots_are_kept_than_there_is_room_for() -> None:
    book = SequenceBook()
    for boot in range(10 * BOOTS_KEPT):
        book.place("p", boot, QUARTER + 1)
    assert len(book.marks()) == BOOTS_KEPT
