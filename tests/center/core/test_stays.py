"""Stays over all time, as a box tells them and as they count."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from center.core.facts import Span
from center.core.maintenance import LONGEST_MS, Notice
from center.core.stays import MOST_MS, stays

HOUR = 3_600_000


def notice(hour: float, lasts: float = 2, active: bool = True) -> Notice:
    return Notice("n", int(hour * HOUR), active, int(lasts * HOUR))


def hours(*spans: tuple[float, float]) -> tuple[Span, ...]:
    return tuple(Span(int(start * HOUR), int(end * HOUR)) for start, end in spans)


def test_a_stay_ends_at_its_moment_or_when_the_box_says_that_it_is_over() -> None:
    assert stays([notice(1), notice(10), notice(11, 0, active=False)]) == hours((1, 3), (10, 11))


def test_no_single_notice_holds_for_longer_than_a_working_day() -> None:
    assert stays([notice(0, 100)]) == (Span(0, LONGEST_MS),)


def test_a_renewed_stay_counts_for_a_day_from_its_first_notice_and_a_new_one_after_a_pause() -> None:
    renewed = [notice(hour, 3) for hour in range(0, 60, 2)]
    assert stays(renewed) == hours((0, 24))
    assert stays([*renewed, notice(70)]) == hours((0, 24), (70, 72))


def test_what_a_person_ended_does_not_come_back_by_renewal() -> None:
    assert stays([notice(0, 4), notice(2, 4), notice(4, 4)], [3 * HOUR]) == hours((0, 3))
    assert stays([notice(0, 4), notice(20)], [3 * HOUR]) == hours((0, 3), (20, 22))


def test_an_end_that_meets_no_stay_changes_nothing() -> None:
    assert stays([notice(1)], [0, 5 * HOUR]) == hours((1, 3))


def test_of_two_notices_of_one_moment_the_end_holds() -> None:
    assert stays([notice(1), notice(1, 0, active=False)]) == ()


NOTICES = st.lists(
    st.builds(Notice, st.just("n"), st.integers(0, 80 * HOUR), st.booleans(), st.integers(-HOUR, 40 * HOUR)),
    max_size=12,
)


@given(NOTICES, st.lists(st.integers(0, 100 * HOUR), max_size=3), st.randoms())
def test_stays_are_apart_bounded_and_the_same_in_any_order(
    notices: list[Notice], ended: list[int], chance: object
) -> None:
    found = stays(notices, ended)
    shuffled = sorted(notices, key=lambda _one: chance.random())  # type: ignore[attr-defined]
    assert stays([*shuffled, *notices], reversed(ended)) == found
    assert all(span.start_ms < span.end_ms <= span.start_ms + MOST_MS for span in found)
    assert all(one.end_ms <= after.start_ms for one, after in itertools.pairwise(found))
