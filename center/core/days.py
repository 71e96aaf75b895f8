"""Days and months of Asia/Jakarta (UTC+7 all year, no daylight saving time since 1964) as numbers and as spans. Pure.

A day is a number that reads as its date, 20261123; a month likewise, 202611. Times are Unix ms.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from center.core.facts import Span

OFFSET_MS = 7 * 3_600_000
DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()


class DayError(ValueError):
    """This number is no day or month of the calendar."""


def day_of(at_ms: int) -> int:
    """The day a moment lies in."""
    return _number(date.fromordinal((at_ms + OFFSET_MS) // DAY_MS + _EPOCH))


def bounds(day: int) -> Span:
    """The day from midnight to midnight. DayError for a number that is no date."""
    start_ms = (date_of(day).toordinal() - _EPOCH) * DAY_MS - OFFSET_MS
    return Span(start_ms, start_ms + DAY_MS)


def days(first: int, last: int) -> Iterator[int]:
    """Every day from `first` to `last`, both included; none when `last` is earlier."""
    at, end = date_of(first), date_of(last)
    while at <= end:
        yield _number(at)
        at += timedelta(days=1)


def next_day(day: int) -> int:
    """The day after."""
    return _number(date_of(day) + timedelta(days=1))


def weekday(day: int) -> int:
    """0 = Monday ... 6 = Sunday."""
    return date_of(day).weekday()


def month(number: int) -> tuple[int, int]:
    """First and last day of a month (202611). DayError for a number that is no month."""
    first = date_of(number * 100 + 1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return _number(first), _number(after - timedelta(days=1))


def month_of(day: int) -> int:
    """The month a day lies in."""
    return day // 100


def date_of(day: int) -> date:
    """The day as a date of the calendar. DayError for a number that is none."""
    try:
        return date(day // 10_000, day // 100 % 100, day % 100)
    except ValueError as error:
        raise DayError(f"{day} is no day: write it like 20261123") from error


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
