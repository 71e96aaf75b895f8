"""Rollups: however reports are grouped and in whatever order, the same numbers; percentiles of merged histograms."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from center.core.rollup import MOST_TARGETS, Rollup, bucket_ms, from_json, merged, of_report, sample, to_json
from center.core.series import Window, together
from tests.support.torture import often

HIST = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50)), max_size=4, unique_by=lambda pair: pair[0]).map(
    tuple
)
WINDOWS = st.one_of(
    st.builds(Window, st.integers(1, 99), st.integers(0, 9), st.none(), st.none(), st.integers(0, 3), HIST),
    st.builds(Window, st.integers(1, 99), st.integers(0, 9), st.floats(0, 900), st.floats(0, 900), st.just(0)),
)
NAMES = st.sampled_from([*(f"icmp t{number:02}" for number in range(60)), "icmp gateway", "icmp center"])
REPORTS = st.builds(
    of_report,
    st.sampled_from(["ntp", "estimated", "bounded"]),
    st.dictionaries(
        st.sampled_from(["cpu_pct", "temp_c"]), st.one_of(st.none(), st.floats(allow_nan=True)), max_size=2
    ),
    st.dictionaries(NAMES, WINDOWS, max_size=30),
)


@settings(max_examples=often(40, 400))
@given(st.lists(REPORTS, max_size=8), st.integers(0, 8), st.randoms())
def test_grouping_and_order_change_nothing(reports: list[Rollup], cut: int, chance: object) -> None:
    whole = merged(reports)
    assert merged([merged(reports[:cut]), merged(reports[cut:])]) == whole
    shuffled = sorted(reports, key=lambda _one: chance.random())  # type: ignore[attr-defined]
    assert to_json(merged(shuffled)) == to_json(whole)
    assert from_json(to_json(whole)) == whole
    assert whole.reports == len(reports) and len(whole.targets) <= MOST_TARGETS


def test_the_nodes_own_way_is_kept_whatever_else_it_names() -> None:
    named = {f"a{number}": Window(1, 0, None, None) for number in range(99)}
    assert "icmp center" in of_report("ntp", {}, {**named, "icmp center": Window(1, 1, None, None)}).targets


def test_percentiles_are_those_of_all_answers_together() -> None:
    fast, slow = Window(10, 0, None, None, 0, ((100, 10),)), Window(2, 1, None, None, 0, ((150, 1),))
    one = merged([of_report("ntp", {}, {"icmp center": fast}), of_report("bounded", {}, {"icmp center": slow})])
    drawn = sample(0, 300, one)
    assert drawn.targets["icmp center"] == together([fast, slow])
    assert (drawn.quality, drawn.at_s, drawn.period_s) == ("bounded", 300, 300)


def test_buckets_of_a_day_begin_at_midnight_of_jakarta() -> None:
    midnight_ms = 1_760_029_200_000
    assert bucket_ms(midnight_ms, 86_400) == bucket_ms(midnight_ms + 86_399_999, 86_400) == midnight_ms
    assert bucket_ms(midnight_ms - 1, 86_400) == midnight_ms - 86_400_000
    assert bucket_ms(midnight_ms + 299_999, 300) == midnight_ms == bucket_ms(midnight_ms + 3_599_999, 3600)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"n":1,"q":0,"s":{"a":[1]},"t":{}}', '{"n":1,"q":0,"s":{},"t":[1]}'])
def test_what_is_no_rollup_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError):
        from_json(text)
