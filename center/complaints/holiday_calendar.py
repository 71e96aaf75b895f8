"""The working days of the city: Indonesia's holidays, the government's joint leave, and what the city adds or takes.

The `holidays` package (14 MB on disk, 17 MB in a process that uses it) knows the decrees; days of coming years that
hang on the moon are estimates until the decree and a newer version are there, so the configuration goes over it.
"""

from datetime import date
from functools import lru_cache

from center.config import ComplaintsConfig
from center.core import days
from center.core.working_days import Calendar

YEARS_BACK, YEARS_AHEAD = 2, 2


def calendar_at(config: ComplaintsConfig, now_ms: int) -> Calendar:
    """Working days from the year before last to the year after next."""
    year = days.day_of(now_ms) // 10_000
    return _calendar(config.joint_leave, config.holidays, config.working_days, year)


@lru_cache(maxsize=8)
def _calendar(joint_leave: bool, more: tuple[str, ...], fewer: tuple[str, ...], year: int) -> Calendar:
    known = _national(joint_leave, year)
    return Calendar((known | _dates(more)) - _dates(fewer))


def _national(joint_leave: bool, year: int) -> frozenset[date]:
    from holidays.countries.indonesia import Indonesia  # what no complaint asks for costs no memory

    categories = ("public", "government") if joint_leave else ("public",)
    return frozenset(Indonesia(years=range(year - YEARS_BACK, year + YEARS_AHEAD + 1), categories=categories))


def _dates(texts: tuple[str, ...]) -> frozenset[date]:
    return frozenset(map(date.fromisoformat, texts))
