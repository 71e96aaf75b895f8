"""Percentages out of added seconds, and what is not known on either side of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.facts import Seconds
from center.core.figures import Figures

COUNTS = st.integers(0, 86_400)
DAYS = st.lists(st.builds(Seconds, st.just("n"), st.just(20261101), COUNTS, COUNTS, COUNTS, COUNTS), max_size=6)


def test_days_are_added_first_and_divided_last() -> None:
    whole = Seconds("n", 20261101, up_s=86_400)
    short = Seconds("n", 20261102, up_s=0, down_s=600, causes={"L5b": 600, "excluded:N0": 40})
    figures = Figures.of([whole, short])
    assert figures.pct == pytest.approx(100 * 86_400 / 87_000)
    assert figures.causes == {"L5b": 600}


def test_what_the_provider_is_not_asked_about_stands_beside_its_figure() -> None:
    day = Seconds(
        "n", 20261101, isp_up_s=90, isp_down_s=10, isp_excluded_s=40, isp_unknown_s=25,
        causes={"L5b": 10, "excluded:N0": 30, "excluded:planned": 10},
    )  # fmt: skip
    figures = Figures.of_isp([day, day])
    assert (figures.pct, figures.coverage_pct, figures.enough) == (90.0, 80.0, True)
    assert (figures.maintenance_s, figures.causes) == (80, {"N0": 60, "planned": 20})


def test_below_four_fifths_of_coverage_there_is_not_enough_and_of_nothing_there_is_no_figure() -> None:
    assert not Figures(up_s=799, unknown_s=201).enough
    assert Figures(up_s=800, unknown_s=200).enough
    assert (Figures(maintenance_s=5).pct, Figures().worst_pct, Figures().enough) == (None, None, False)


@given(DAYS)
def test_the_figure_lies_between_its_bounds(found: list[Seconds]) -> None:
    figures = Figures.of(found)
    if figures.pct is not None and figures.worst_pct is not None and figures.best_pct is not None:
        assert figures.worst_pct <= figures.pct + 1e-9 and figures.pct <= figures.best_pct + 1e-9
        if not figures.unknown_s:
            assert figures.worst_pct == figures.pct == figures.best_pct
