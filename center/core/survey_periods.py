"""The periods a survey is reported for: month 202611, quarter 2026-q4, half-year 2026-s2, year 2026. Pure."""

import re
from typing import Final

from center.core import days as calendar
from center.core.facts import Span

_PERIOD: Final = re.compile(r"(20\d\d)(?:-([qs])([1-4])|([01]\d))?")
MONTHS_OF: Final = {"q": 3, "s": 6}


class PeriodError(ValueError):
    """This text names no period."""


def months(period: str) -> tuple[int, ...]:
    """The months (202611) of a period. PeriodError for a text that names none."""
    match = _PERIOD.fullmatch(period)
    if match is None or not period.isascii():
        raise PeriodError(f"{period!r} is no period; write it like 202611, 2026-q4, 2026-s2 or 2026")
    year = int(match[1])
    if match[4]:
        first, count = int(match[4]), 1
    elif match[2]:
        count = MONTHS_OF[match[2]]
        first = (int(match[3]) - 1) * count + 1
    else:
        first, count = 1, 12
    if first < 1 or first + count > 13:
        raise PeriodError(f"{period!r} is no period of a year")
    return tuple(year * 100 + month for month in range(first, first + count))


def bounds(period: str) -> Span:
    """From the first midnight until the last, in Unix ms."""
    found = months(period)
    first, last = calendar.month(found[0])[0], calendar.month(found[-1])[1]
    return Span(calendar.bounds(first).start_ms, calendar.bounds(last).end_ms)


def around(month: int) -> dict[str, str]:
    """The four periods a month lies in, by their kind: month, quarter, half, year."""
    year, number = divmod(month, 100)
    return {
        "month": str(month),
        "quarter": f"{year}-q{(number - 1) // 3 + 1}",
        "half": f"{year}-s{(number - 1) // 6 + 1}",
        "year": str(year),
    }


def beside(period: str) -> tuple[str, str]:
    """The period of the same length before, and the one after."""
    found = months(period)
    return _moved(found, -len(found)), _moved(found, len(found))


def kind(period: str) -> str:
    """month, quarter, half or year."""
    return {1: "month", 3: "quarter", 6: "half", 12: "year"}[len(months(period))]


def _moved(found: tuple[int, ...], by: int) -> str:
    year, number = divmod(found[0], 100)
    at = year * 12 + number - 1 + by
    month = at // 12 * 100 + at % 12 + 1
    return around(month)[{1: "month", 3: "quarter", 6: "half", 12: "year"}[len(found)]]
