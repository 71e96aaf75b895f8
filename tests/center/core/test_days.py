"""Days of Asia/Jakarta, against the calendar of the standard library."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core import days

JAKARTA = timezone(timedelta(hours=7))


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_moment_lies_in_the_day_the_calendar_says(at: datetime) -> None:
    at_ms = int(at.timestamp() * 1000)
    local = at.astimezone(JAKARTA)
    day = days.day_of(at_ms)
    assert day == local.year * 10_000 + local.month * 100 + local.day
    bounds = days.bounds(day)
    assert bounds.start_ms <= at_ms < bounds.end_ms
    assert bounds.end_ms - bounds.start_ms == days.DAY_MS
    assert days.bounds(days.next_day(day)).start_ms == bounds.end_ms
    assert days.weekday(day) == local.weekday()


@pytest.mark.parametrize(
    ("month", "first", "last", "length"),
    [(202611, 20261101, 20261130, 30), (202612, 20261201, 20261231, 31), (202802, 20280201, 20280229, 29)],
)
def test_a_month_has_its_days(month: int, first: int, last: int, length: int) -> None:
    assert days.month(month) == (first, last)
    assert len(list(days.days(first, last))) == length
    assert {days.month_of(day) for day in days.days(first, last)} == {month}


@pytest.mark.parametrize("number", [0, 20261131, 20260229, 2026113, -1, 99999999])
def test_what_is_no_day_is_refused_by_name(number: int) -> None:
    with pytest.raises(days.DayError, match=str(number)):
        days.bounds(number)


def test_no_days_lie_between_a_day_and_the_one_before_it() -> None:
    assert list(days.days(20261124, 20261123)) == []
