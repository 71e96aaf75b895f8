"""Since when a change of a line holds, as people write it: nothing, a day, a day and a time, or always. Pure."""

import re
from typing import Final

from center.core import days as calendar
from center.core.terms import ALWAYS

EARLIEST_MS: Final = 366 * calendar.DAY_MS
"""As far back as a date may lie: within it everything outages were concluded from is still there, so that the days can
be worked out again. What was wrong for longer was always wrong."""
WORDS: Final = frozenset({"always", "selalu"})
EXAMPLE: Final = "2026-11-10 08:00"
_WRITTEN = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]([0-9]{2})[:.]([0-9]{2})(?:[:.]([0-9]{2}))?)?", re.ASCII)


class SinceError(ValueError):
    """No moment from which a change can hold. `what`: a word of `center.sites.words`; `right`: what would be right."""

    def __init__(self, what: str, right: str = "") -> None:
        super().__init__(f"{what} {right}".strip())
        self.what, self.right = what, right


def read_since(text: str, now_ms: int) -> int | None:
    """Unix ms of a moment of Asia/Jakarta (a day alone: its midnight), ALWAYS, or None for nothing said: from now on.

    Raises:
        SinceError: it cannot be read, lies ahead, or further back than EARLIEST_MS.
    """
    text = text.strip()
    if not text:
        return None
    if text.lower() in WORDS:
        return ALWAYS
    match = _WRITTEN.fullmatch(text) if len(text) <= 19 else None
    if match is None:
        raise SinceError("no_since", EXAMPLE)
    year, month, day, *clock = (int(part or 0) for part in match.groups())
    hour, minute, second = clock
    try:
        midnight_ms = calendar.bounds(year * 10_000 + month * 100 + day).start_ms
    except calendar.DayError:
        raise SinceError("no_since", EXAMPLE) from None
    if hour > 23 or minute > 59 or second > 59:
        raise SinceError("no_since", EXAMPLE)
    at_ms = midnight_ms + ((hour * 60 + minute) * 60 + second) * 1000
    if at_ms > now_ms:
        raise SinceError("since_ahead")
    if at_ms < now_ms - EARLIEST_MS:
        raise SinceError("since_early", _day_text(calendar.next_day(calendar.day_of(now_ms - EARLIEST_MS))))
    return at_ms


def _day_text(day: int) -> str:
    return f"{day // 10_000}-{day // 100 % 100:02d}-{day % 100:02d}"
