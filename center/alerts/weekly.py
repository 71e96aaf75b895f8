"""Weekly hours as routing asks about them, over `center.core.hours`."""

from dataclasses import dataclass

from center.core.facts import Span
from center.core.hours import Hours, HoursError, parse

_AHEAD_MS = 8 * 86_400_000
"""A week holds every edge there is; a day more, for a moment in the middle of a span that began the week before."""
_NEVER_MS = 10 * 365 * 86_400_000


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Hours of a week in the city's zone."""

    hours: Hours

    def contains(self, at_ms: int) -> bool:
        """Whether this moment lies within."""
        return self.hours.holds(at_ms)

    def next_change_ms(self, at_ms: int) -> int:
        """The next moment at which that changes; in ten years when it never does."""
        spans = self.hours.spans(Span(at_ms, at_ms + _AHEAD_MS))
        if not spans:
            return at_ms + _NEVER_MS
        if spans[0].start_ms > at_ms:
            return spans[0].start_ms
        end_ms = spans[0].end_ms
        for span in spans[1:]:  # midnight is no edge
            if span.start_ms != end_ms:
                break
            end_ms = span.end_ms
        return end_ms if end_ms < at_ms + _AHEAD_MS else at_ms + _NEVER_MS


def hours_or_none(text: str) -> WeeklyHours | None:
    """What the text says; None for always. Hours that cannot be read hold nothing back: the message goes out."""
    try:
        hours = parse(text)
    except HoursError:
        return None
    return None if hours.is_always and not text.strip() else WeeklyHours(hours)
