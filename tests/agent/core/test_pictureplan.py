"""The plan of a camera's pictures: never more often, never at other hours, never over the day's bytes than was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.pictureplan import (
    DAY_S,
    EVENT_WINDOW_S,
    EVENTS_PER_WINDOW,
    LOOK_AGAIN_S,
    METERED_FACTOR,
    WIB_OFFSET_S,
    DayBytes,
    Moment,
    PicturePlan,
    Rules,
    hours_of,
    within,
)

MIDNIGHT_S = 20_000 * DAY_S - WIB_OFFSET_S
"""Of day 20000 in Western Indonesia, as seconds since 1970."""


def at(mono_s: float, clock: str | None = "12:00", *, day: int = 20_000, metered: bool = False) -> Moment:
    if clock is None:
        return Moment(mono_s, None, metered)
    hour, minute = clock.split(":")
    return Moment(mono_s, MIDNIGHT_S + (day - 20_000) * DAY_S + int(hour) * 3600 + int(minute) * 60, metered)


def test_the_first_picture_is_due_at_once_and_the_next_after_the_interval() -> None:
    plan = PicturePlan(Rules(30))
    assert plan.due(at(1000)).wait_s == 0
    plan.began(at(1000))
    assert plan.due(at(1000)).wait_s == 30
    assert plan.due(at(1012)).wait_s == 18


def test_work_does_not_make_pictures_drift_and_a_pause_is_not_made_up_for() -> None:
    plan = PicturePlan(Rules(30))
    plan.began(at(1000))
    plan.began(at(1034))
    assert plan.due(at(1034)).wait_s == 26, "the grid is 1000, 1030, 1060"
    plan.began(at(5000))
    assert plan.due(at(5000)).wait_s == 30, "not one of the hundred that were missed"


@pytest.mark.parametrize(("clock", "expected_s"), [("12:00", 30), ("17:59", 30), ("18:00", 50), ("03:00", 50)])
def test_the_night_has_an_interval_of_its_own(clock: str, expected_s: float) -> None:
    plan = PicturePlan(Rules(30, night_interval_s=50))
    plan.began(at(0, clock))
    assert plan.due(at(0, clock)).wait_s == expected_s


def test_a_box_without_the_time_takes_pictures_as_by_day() -> None:
    plan = PicturePlan(Rules(30, night_interval_s=50, hours=hours_of("07:00-08:00")))
    plan.began(at(0, None))
    assert plan.due(at(0, None)).wait_s == 30


@pytest.mark.parametrize(
    ("clock", "held_by"), [("06:59", "hours"), ("07:00", ""), ("16:59", ""), ("17:00", "hours"), ("23:00", "hours")]
)
def test_outside_its_hours_nothing_is_due(clock: str, held_by: str) -> None:
    due = PicturePlan(Rules(30, hours=hours_of("07:00-17:00"))).due(at(0, clock))
    assert due.held_by == held_by and (due.wait_s == LOOK_AGAIN_S if held_by else due.wait_s == 0)


def test_hours_may_go_over_midnight() -> None:
    span = hours_of("20:00-05:00")
    assert span is not None
    assert [within(minute * 60, span) for minute in (19, 20, 23, 0, 4, 5, 12)] == [
        False, True, True, True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["7", "07:00", "07:00-", "-07:00", "24:00-05:00", "07:60-08:00", "a:b-c:d"])
def test_hours_that_are_none_are_said(text: str) -> None:
    with pytest.raises(ValueError, match="hours"):
        hours_of(text)


def test_on_a_metered_line_pictures_are_small_and_seldom() -> None:
    plan = PicturePlan(Rules(5, max_bytes=60_000, thumbnail_bytes=30_000))
    plan.began(at(0, metered=True))
    assert plan.due(at(0, metered=True)).wait_s == 5 * METERED_FACTOR
    assert (plan.budget_bytes(at(0)), plan.budget_bytes(at(0, metered=True))) == (60_000, 30_000)
    assert plan.due(at(6)).wait_s == 0, "the line became better: at once as often as ever"


def test_three_events_within_ten_minutes_get_a_picture_and_no_fourth() -> None:
    plan = PicturePlan(Rules(300))
    answers = [plan.event_refusal(at(second), urgent=False) for second in (0, 100, 200, 300, 599)]
    assert answers == [None, None, None, "burst", "burst"]
    assert plan.event_refusal(at(600), urgent=False) is None
    assert plan.event_refusal(at(601), urgent=True) == "burst", "an emergency is no reason for a flood"


def test_on_a_metered_line_only_an_emergency_is_worth_a_picture() -> None:
    plan = PicturePlan(Rules(300))
    assert plan.event_refusal(at(0, metered=True), urgent=False) == "metered"
    assert plan.event_refusal(at(0, metered=True), urgent=True) is None
    assert PicturePlan(Rules(300, events=False)).event_refusal(at(0), urgent=True) == "events_off"


def test_the_days_bytes_end_pictures_by_schedule_until_midnight() -> None:
    plan = PicturePlan(Rules(30, daily_bytes=150_000, max_bytes=60_000))
    plan.kept(at(0), 50_000)
    assert plan.due(at(1)).held_by == ""
    plan.kept(at(1), 50_000)
    assert plan.due(at(2)).held_by == "daily_limit", "the next one might be too large"
    assert plan.due(at(2, "00:00", day=20_001)).held_by == ""
    assert plan.today(at(3, "00:00", day=20_001)) == DayBytes(20_001, 0)


def test_counted_bytes_outlive_a_restart_of_the_same_day_only() -> None:
    kept = DayBytes(20_000, 140_000)
    rules = Rules(30, daily_bytes=150_000)
    assert PicturePlan(rules, kept).due(at(0)).held_by == "daily_limit"
    assert PicturePlan(rules, kept).due(at(0, day=20_001)).held_by == ""
    assert PicturePlan(rules, kept).due(at(0, None)).held_by == "daily_limit", "an unknown day is no new day"


def test_without_the_time_a_day_lasts_24_hours_of_the_box() -> None:
    plan = PicturePlan(Rules(30, daily_bytes=150_000), DayBytes(None, 0))
    plan.kept(at(0, None), 140_000)
    assert plan.due(at(DAY_S - 1, None)).held_by == "daily_limit"
    assert plan.due(at(DAY_S, None)).held_by == ""


def test_bytes_counted_before_the_clock_came_right_count_for_that_day() -> None:
    plan = PicturePlan(Rules(30))
    plan.kept(at(0, None), 1000)
    plan.kept(at(10), 500)
    assert plan.today(at(11)) == DayBytes(20_000, 1500)


def test_after_a_failure_the_next_try_is_when_it_was_said() -> None:
    plan = PicturePlan(Rules(300))
    plan.began(at(0))
    plan.wait(at(2), 8)
    assert plan.due(at(2)).wait_s == 8 and plan.due(at(10)).wait_s == 0
    plan.began(at(10))
    assert plan.due(at(10)).wait_s == LOOK_AGAIN_S and plan.due(at(290)).wait_s == 20


steps = st.lists(
    st.tuples(
        st.floats(0, 2000),
        st.sampled_from(["began", "event", "urgent", "wait", "kept"]),
        st.sampled_from(["00:10", "06:00", "12:00", "18:30", None]),
        st.booleans(),
    ),
    max_size=60,
)


@given(steps, st.floats(1, 900), st.sampled_from([0.0, 45.0, 900.0]), st.integers(100_000, 1_000_000))
def test_whatever_happens_no_limit_is_passed(
    moves: list[tuple[float, str, str | None, bool]], interval_s: float, night_s: float, daily_bytes: int
) -> None:
    rules = Rules(interval_s, night_s, daily_bytes=daily_bytes)
    plan = PicturePlan(rules)
    now_s, scheduled, events = 0.0, 0, []
    for step_s, what, clock, metered in moves:
        now_s += step_s
        now = at(now_s, clock, metered=metered)
        due = plan.due(now)
        assert 0 <= due.wait_s <= LOOK_AGAIN_S
        if what == "began" and due.wait_s == 0:
            plan.began(now)
            plan.kept(now, plan.budget_bytes(now))
            scheduled += plan.budget_bytes(now)
            assert plan.due(now).wait_s > 0 or interval_s < 1e-6, "two pictures in one slot"
        elif what == "wait":
            plan.wait(now, 5.0)
            assert plan.due(now).wait_s > 0
        elif what in ("event", "urgent") and plan.event_refusal(now, urgent=what == "urgent") is None:
            events.append(now_s)
        if now_s < DAY_S:
            assert plan.today(now).size_bytes <= daily_bytes
    for index, first_s in enumerate(events):
        following = [event_s for event_s in events[index:] if event_s - first_s < EVENT_WINDOW_S]
        assert len(following) <= EVENTS_PER_WINDOW
