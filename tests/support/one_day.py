"""Midnight in Serang: what speaks of today must not begin in one day and look in the next."""

import time
from collections.abc import Callable
from datetime import date

from center.core import days

BEFORE_S = 60
"""Nearly every test takes less, on a busy machine as well."""
AFTER_S = 3
"""What a test says was a second ago is of the same day."""


def today() -> date:
    """The date in Serang now, whatever the machine takes for its own time zone."""
    return days.date_of(days.day_of(int(time.time() * 1000)))


def wait_out_midnight(now_s: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep) -> None:
    """Return at a moment with some seconds of its day behind it and some before it; nearly always at once."""
    now_ms = int(now_s() * 1000)
    day = days.bounds(days.day_of(now_ms))
    if day.end_ms - now_ms < BEFORE_S * 1000:
        sleep((day.end_ms - now_ms) / 1000 + AFTER_S)
    elif now_ms - day.start_ms < AFTER_S * 1000:
        sleep(AFTER_S - (now_ms - day.start_ms) / 1000)
