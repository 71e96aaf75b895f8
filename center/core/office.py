"""Whether an office is open at a moment, by its weekly hours in the registry. Pure."""

from functools import lru_cache

from center.core.hours import ALWAYS, Hours, HoursError, parse


def is_open(hours: str, at_ms: int) -> bool:
    """Whether `at_ms` lies in these hours. What cannot be read means always: better one page too many."""
    return _parsed(hours).holds(at_ms)


@lru_cache(maxsize=512)
def _parsed(hours: str) -> Hours:
    try:
        return parse(hours)
    except HoursError:
        return ALWAYS
