"""The survey's figures: an example by hand, the regulation's grades, and the arithmetic against a plain computation."""

import statistics
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core import days as calendar
from center.core.survey import ELEMENTS, GRADES, Index, Sums, SurveyError, grade, index, t_975
from center.core.survey_periods import PeriodError, around, beside, bounds, kind, months

ANSWER = st.tuples(*[st.integers(1, 4)] * 9)


def test_four_answers_come_out_as_computed_by_hand() -> None:
    # Totals 36, 27, 27, 30 of 36; sum 120. Mean of all answers 120 / 36 = 3.3333; times 25 = 83.33: B.
    # Own indexes 100, 75, 75, 83.333; mean 83.333, deviations 16.667, -8.333, -8.333, 0;
    # squares 277.78 + 69.44 + 69.44 = 416.67; / 3 = 138.89; standard error sqrt(138.89 / 4) = 5.8926;
    # t(3) = 3.182, half width 18.75: 64.58 to 102.08, which is cut at 100.
    answers = [(4,) * 9, (3,) * 9, (3,) * 9, (4, 4, 4, 3, 3, 3, 3, 3, 3)]
    found = index(Sums.of(answers), least=4)
    assert found == Index(
        4, True, "83.33", "B", "64.58", "100.00",
        ("3.50", "3.50", "3.50", "3.25", "3.25", "3.25", "3.25", "3.25", "3.25"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "letter"),
    [("25", "D"), ("64.99", "D"), ("64.994", "D"), ("64.995", "C"), ("65.00", "C"), ("76.60", "C"), ("76.604", "C"),
     ("76.605", "B"), ("76.61", "B"), ("88.30", "B"), ("88.3049", "B"), ("88.305", "A"), ("88.31", "A"), ("100", "A")],
)  # fmt: skip
def test_grades_begin_where_the_regulation_says(value: str, letter: str) -> None:
    assert grade(Fraction(value)) == letter


def test_too_few_answers_give_no_figure_at_all() -> None:
    few = Sums.of([(4,) * 9] * 29)
    assert index(few) == Index(29, enough=False)
    assert index(few + Sums.of([(4,) * 9])).value == "100.00"
    assert index(Sums.of([(4,) * 9]), least=1) == Index(1, enough=False)
    assert index(Sums()) == Index(0, enough=False)


@given(st.lists(ANSWER, min_size=2, max_size=80))
def test_the_figures_are_those_of_a_plain_computation(answers: list[tuple[int, ...]]) -> None:
    found = index(Sums.of(answers), least=2)
    own = [sum(one) / 9 * 25 for one in answers]
    elements = [statistics.mean(one[at] for one in answers) for at in range(9)]
    value = statistics.mean(elements) * 25
    half = float(t_975(len(own) - 1)) * statistics.stdev(own) / len(own) ** 0.5
    assert found.value is not None and found.low is not None and found.high is not None
    assert abs(float(found.value) - value) <= 0.00501
    assert abs(float(found.low) - max(value - half, 25)) <= 0.00501
    assert abs(float(found.high) - min(value + half, 100)) <= 0.00501
    for shown, mean in zip(found.elements, elements, strict=True):
        assert shown is not None and abs(float(shown) - mean) <= 0.00501
    assert found.grade == next(letter for least, letter in GRADES if Fraction(found.value) >= least)


@given(st.lists(ANSWER, max_size=60), st.data())
def test_any_order_and_any_division_give_the_same_characters(answers: list[tuple[int, ...]], data: Any) -> None:
    shuffled = data.draw(st.permutations(answers))
    cut = data.draw(st.integers(0, len(answers)))
    assert Sums.of(shuffled[:cut]) + Sums.of(shuffled[cut:]) == Sums.of(answers)


@given(st.lists(st.integers(-2, 7), max_size=12))
def test_what_is_no_answer_is_refused(scores: list[int]) -> None:
    if len(scores) == 9 and all(1 <= score <= 4 for score in scores):
        assert Sums.of([scores]).n == 1
    else:
        with pytest.raises(SurveyError):
            Sums.of([scores])


@pytest.mark.parametrize(
    ("freedom", "known"), [(31, 2.0395), (40, 2.0211), (60, 2.0003), (120, 1.9799), (1000, 1.9623)]
)
def test_students_t_is_that_of_the_tables(freedom: int, known: float) -> None:
    assert abs(float(t_975(freedom)) - known) < 0.0002


def test_there_are_nine_elements_with_names_of_their_own() -> None:
    assert [one.code for one in ELEMENTS] == [f"u{number}" for number in range(1, 10)]
    assert len({one.name_id for one in ELEMENTS} | {one.name_en for one in ELEMENTS}) == 18


def test_periods_are_months_quarters_half_years_and_years() -> None:
    assert months("202611") == (202611,)
    assert months("2026-q4") == (202610, 202611, 202612)
    assert months("2026-s1") == tuple(range(202601, 202607))
    assert len(months("2026")) == 12
    assert around(202611) == {"month": "202611", "quarter": "2026-q4", "half": "2026-s2", "year": "2026"}
    assert beside("202601") == ("202512", "202602")
    assert beside("2026-q1") == ("2025-q4", "2026-q2")
    assert beside("2026-s2") == ("2026-s1", "2027-s1")
    assert beside("2026") == ("2025", "2027")
    span = bounds("2026-q4")
    assert (calendar.day_of(span.start_ms), calendar.day_of(span.end_ms - 1)) == (20261001, 20261231)


@pytest.mark.parametrize(
    "text", ["", "2026-q5", "2026-s3", "202613", "202600", "2026-x1", "1999", "20261101", "२०२६", "2026-q", "2026\n"]
)
def test_what_names_no_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodError):
        months(text)


@given(st.integers(2000, 2098), st.integers(1, 12))
def test_neighbouring_periods_meet(year: int, number: int) -> None:
    for period in around(year * 100 + number).values():
        before, after = beside(period)
        assert bounds(period).end_ms == bounds(after).start_ms if not after.startswith("21") else True
        if not before.startswith("19"):
            assert bounds(before).end_ms == bounds(period).start_ms
            assert kind(before) == kind(period)
