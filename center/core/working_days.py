"""Working days of Asia/Jakarta: Monday to Friday without the holidays that are given. Pure.

A term of n working days ends with the n-th working day after the day on which it began, at midnight: whoever files at
16.00 and whoever files at 08.00 have the same last day, and nobody's term is shorter than n whole working days.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from center.core import days

SATURDAY: Final = 5
MOST_DAYS: Final = 400
"""No term is longer; it also ends the search in a calendar that has no working day left."""
_ONE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are no working days besides Saturdays and Sundays."""

    holidays: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Whether offices are open on this day."""
        return day.weekday() < SATURDAY and day not in self.holidays

    def end_of_term(self, start_ms: int, working_days: int) -> int:
        """When a term of so many working days ends that begins at `start_ms`; 0: with that day itself. Unix ms."""
        day = days.date_of(days.day_of(start_ms))
        left = min(max(working_days, 0), MOST_DAYS)
        for _ in range(7 * MOST_DAYS):
            if left == 0:
                break
            day += _ONE
            left -= self.works(day)
        return _end_ms(day)

    def between(self, start_ms: int, end_ms: int) -> int:
        """How many working days begin after `start_ms` and not after `end_ms`: 0 on one day, and backwards."""
        first, last = (days.date_of(days.day_of(at)) for at in (start_ms, end_ms))
        if last <= first:
            return 0
        span = min((last - first).days, 7 * MOST_DAYS)
        return sum(self.works(first + timedelta(days=number)) for number in range(1, span + 1))


def _end_ms(day: date) -> int:
    return days.bounds(day.year * 10_000 + day.month * 100 + day.day).end_ms
