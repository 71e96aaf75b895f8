"""Weekly hours as people write them: "Mon-Fri 07:30-16:00; Sat 08:00-12:00" <-> spans of time. Pure.

    hours   = part *( ";" part )           empty text, "always" or "24/7": at any time
    part    = days [ times ] | times       without times: the whole day; without days: every day
    days    = day [ "-" day ] *( "," day [ "-" day ] )     Mon..Sun or Sen..Min, also in full; "Sat-Mon" goes round
    times   = time "-" time *( "," time "-" time )         00:00..24:00; "22:00-06:00" runs into the next day

Times are those of Asia/Jakarta. Parts that overlap are added, and `Hours.text` is one way to write the same.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from center.core import days
from center.core.facts import Span
from center.core.spans import clip, union

MOST_CHARS = 200
MINUTE_MS = 60_000
DAY_MINUTES = 1440
WEEK_MINUTES = 7 * DAY_MINUTES
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAYS = {
    **{name.lower(): at for at, name in enumerate(NAMES)},
    **{n: at for at, n in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))},
    **{n: at for at, n in enumerate(("sen", "sel", "rab", "kam", "jum", "sab", "min"))},
    **{n: at for at, n in enumerate(("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"))},
}
_TIME = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})", re.ASCII)


class HoursError(ValueError):
    """These are no weekly hours. `word` is what is wrong, `why` a sentence about it."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(f'"{word}": {why}' if word else why)
        self.word, self.why = word, why


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes of the week (0 = Monday 00:00) that belong to them, half open, ascending and apart."""

    minutes: tuple[Span, ...]

    @property
    def is_always(self) -> bool:
        return self.minutes == (Span(0, WEEK_MINUTES),)

    @property
    def text(self) -> str:
        """As `parse` reads it; equal hours have equal texts. "" for always."""
        if self.is_always:
            return ""
        by_times: dict[str, list[str]] = {}
        times_of: dict[int, list[str]] = {}
        for day, start, end in _days_of(self.minutes):
            times_of.setdefault(day, []).append(f"{_clock(start)}-{_clock(end)}")
        for day, times in times_of.items():
            by_times.setdefault(",".join(times), []).append(NAMES[day])
        return "; ".join(f"{','.join(names)} {times}" for times, names in by_times.items())

    def spans(self, window: Span, without: Collection[int] = ()) -> tuple[Span, ...]:
        """What of the window (Unix ms) lies in them. Days in `without` (holidays, 20261225) have none."""
        if window.end_ms <= window.start_ms:
            return ()
        found: list[Span] = []
        for day in days.days(days.day_of(window.start_ms), days.day_of(window.end_ms - 1)):
            if day in without:
                continue
            midnight_ms = days.bounds(day).start_ms
            offset = days.weekday(day) * DAY_MINUTES
            for span in self.minutes:
                start, end = max(span.start_ms - offset, 0), min(span.end_ms - offset, DAY_MINUTES)
                if start < end:
                    found.append(Span(midnight_ms + start * MINUTE_MS, midnight_ms + end * MINUTE_MS))
        return clip(found, window)

    def holds(self, at_ms: int, without: Collection[int] = ()) -> bool:
        """Whether a moment lies in them."""
        return bool(self.spans(Span(at_ms, at_ms + 1), without))


ALWAYS = Hours((Span(0, WEEK_MINUTES),))


def parse(text: str) -> Hours:
    """Reads hours; HoursError names the word that is wrong."""
    if len(text) > MOST_CHARS:
        raise HoursError("", f"hours may be {MOST_CHARS} characters long at most")
    if text.strip().lower() in ("", "always", "24/7"):
        return ALWAYS
    found: list[Span] = []
    for part in text.split(";"):
        if not part.strip():
            raise HoursError(part.strip(), "there is nothing between two semicolons, or after the last one")
        found += _part(part)
    return Hours(union(found))


def _part(text: str) -> Iterator[Span]:
    words = text.replace(" - ", "-").replace(", ", ",").split()
    if len(words) > 2:
        raise HoursError(words[2], 'write days, then times: "Mon-Fri 07:30-16:00", with ";" before the next days')
    of_days = list(range(7)) if words[0][0].isdigit() else _weekdays(words[0])
    if words[0][0].isdigit() and len(words) == 2:
        raise HoursError(words[1], 'days come before times: "Sat 08:00-12:00"')
    times = words[0] if words[0][0].isdigit() else words[1] if len(words) == 2 else "00:00-24:00"
    for start, end in _times(times):
        for day in of_days:
            yield from _wrapped(day * DAY_MINUTES + start, day * DAY_MINUTES + end)


def _wrapped(start: int, end: int) -> Iterator[Span]:
    """Sunday night runs into Monday."""
    yield Span(start, min(end, WEEK_MINUTES))
    if end > WEEK_MINUTES:
        yield Span(0, end - WEEK_MINUTES)


def _weekdays(text: str) -> list[int]:
    found: list[int] = []
    for item in text.split(","):
        first, dash, last = item.partition("-")
        start = _weekday(first, item)
        end = _weekday(last, item) if dash else start
        found += [(start + at) % 7 for at in range((end - start) % 7 + 1)]
    return found


def _weekday(name: str, item: str) -> int:
    at = _DAYS.get(name.lower())
    if at is None:
        raise HoursError(name or item, f"this is no day of the week: {', '.join(NAMES)}")
    return at


def _times(text: str) -> Iterator[tuple[int, int]]:
    for item in text.split(","):
        first, dash, last = item.partition("-")
        if not dash:
            raise HoursError(item, 'times are from - until: "07:30-16:00"')
        start, end = _minute(first), _minute(last)
        if start in {end, DAY_MINUTES}:
            raise HoursError(item, "this is no time at all; for the whole day write 00:00-24:00")
        yield start, end if end > start else end + DAY_MINUTES


def _minute(text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None:
        raise HoursError(text, 'this is no time of day: write it like "07:30"')
    hour, minute = int(match[1]), int(match[2])
    if minute > 59 or hour * 60 + minute > DAY_MINUTES:
        raise HoursError(text, "a day goes from 00:00 to 24:00")
    return hour * 60 + minute


def _days_of(spans: Collection[Span]) -> Iterator[tuple[int, int, int]]:
    for span in spans:
        for day in range(span.start_ms // DAY_MINUTES, (span.end_ms - 1) // DAY_MINUTES + 1):
            offset = day * DAY_MINUTES
            yield day, max(span.start_ms - offset, 0), min(span.end_ms - offset, DAY_MINUTES)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
