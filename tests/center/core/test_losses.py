"""What outages cost a window agrees with the seconds of its days, and what is excluded says why."""

from hypothesis import given, settings
from hypothesis import strategies as st

from center.core import days as calendar
from center.core import hours, sweep
from center.core.facts import EXCLUDED, Concluded, NodeFacts, Span, When

FIRST, LAST = 20261130, 20261202
WINDOW = Span(calendar.bounds(FIRST).start_ms, calendar.bounds(LAST).end_ms)
MONTH_END_MS = calendar.bounds(20261130).end_ms
CAUSES = (
    ("L5b", "isp", "down"),
    ("N0", "pln", "down"),
    ("L1", "site", "down"),
    ("B1", "center", "up"),
    ("silent", "none", "down"),
)
moments = st.integers(WINDOW.start_ms - 3_600_000, WINDOW.end_ms + 3_600_000)


@st.composite
def outages(draw: st.DrawFn) -> Concluded:
    at = sorted(draw(st.tuples(moments, moments, moments, moments)))
    cause, party, counts = draw(st.sampled_from(CAUSES))
    end = None if draw(st.integers(0, 5)) == 0 else When(at[2], at[3])
    return Concluded("n", When(at[0], at[1]), end, cause, party, counts)


@st.composite
def stays(draw: st.DrawFn) -> Span:
    start_ms = draw(moments)
    return Span(start_ms, start_ms + draw(st.integers(1, 7_200_000)))


@settings(max_examples=150, deadline=None)
@given(st.lists(outages(), max_size=6), st.lists(stays(), max_size=3), st.booleans())
def test_losses_of_a_window_add_up_to_the_seconds_of_its_days(
    concluded: list[Concluded], resting: list[Span], always: bool
) -> None:
    facts = NodeFacts("n", WINDOW.start_ms - 86_400_000, stays=tuple(resting))
    contract = None if always else hours.parse("Mon-Fri 07:30-16:00")
    now_ms = WINDOW.end_ms + 1
    days = sweep.seconds(facts, concluded, calendar.days(FIRST, LAST), now_ms, contract)
    lost = sweep.losses(facts, concluded, WINDOW, now_ms, contract)
    assert sum(one.lost_s for one in lost) == sum(day.down_s for day in days)
    assert sum(one.isp_s for one in lost) == sum(day.isp_down_s for day in days)
    assert all(0 <= one.isp_s <= one.lost_s for one in lost)
    for day in days:
        plain = sum(seconds for cause, seconds in day.causes.items() if not cause.startswith(EXCLUDED))
        excluded = sum(seconds for cause, seconds in day.causes.items() if cause.startswith(EXCLUDED))
        assert (plain, excluded) == (day.down_s, day.isp_excluded_s)


def test_an_outage_across_the_end_of_a_month_costs_each_month_its_own_part() -> None:
    facts = NodeFacts("n", WINDOW.start_ms)
    isp = Concluded("n", _at(MONTH_END_MS - 10_500), _at(MONTH_END_MS + 5_900), "L5b", "isp", "down")
    november = sweep.losses(facts, [isp], calendar.bounds(20261130), WINDOW.end_ms)
    december = sweep.losses(facts, [isp], calendar.bounds(20261201), WINDOW.end_ms)
    assert (november[0].lost_s, december[0].lost_s) == (11, 5)


def test_contract_seconds_that_are_not_the_isps_matter_say_why() -> None:
    start_ms = calendar.bounds(20261201).start_ms
    facts = NodeFacts("n", start_ms, stays=(Span(start_ms + 3_600_000, start_ms + 3_660_000),))
    power = Concluded("n", _at(start_ms), _at(start_ms + 60_000), "N0", "pln", "down")
    (day,) = sweep.seconds(facts, [power], [20261201], WINDOW.end_ms)
    assert day.causes == {"N0": 60, "excluded:N0": 60, "excluded:maintenance": 60}
    assert day.isp_excluded_s == 120
    assert day.down_s == 60


def _at(ms: int) -> When:
    return When(ms, ms)
