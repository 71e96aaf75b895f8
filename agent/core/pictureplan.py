"""When a camera takes its next picture, and of how many bytes. Pure: the caller brings time, day and line.

1. By schedule: every `interval_s`, at night (18:00 to 05:30) every `night_interval_s` when that is set, only within
   `hours` when those are set, and until the bytes of the day are used up. Slots that went by unused are not made up.
2. On a metered line: six times as seldom, and pictures of thumbnail size.
3. An event (an outage begins or ends) is worth a picture, but three of a camera within ten minutes at most. On a
   metered line it is not, unless it is urgent: a citizen's emergency.
4. Asked for by a person: always. Its bytes are counted like all others.

Hours are those of Western Indonesia (UTC+7, no summer time). A box that does not know the time knows no hours: it takes
pictures as by day, and goes on counting bytes into the day it knew, for 24 hours of its own at most.
"""

from collections import deque
from typing import Final, Literal

from wire.shape import Struct

WIB_OFFSET_S: Final = 7 * 3600
DAY_S: Final = 86_400
NIGHT: Final = (18 * 60, 5 * 60 + 30)
"""In minutes of the day; the sun over Serang sets between 17:45 and 18:20, and rises between 05:25 and 06:00."""
METERED_FACTOR: Final = 6
EVENTS_PER_WINDOW: Final = 3
EVENT_WINDOW_S: Final = 600.0
LOOK_AGAIN_S: Final = 60.0
"""No wait is longer: hours, day and line may have changed meanwhile."""

EventRefusal = Literal["events_off", "metered", "burst"]


class Rules(Struct, frozen=True):
    """What the settings say of one camera. `hours`: first and last minute of the day, the last one not included."""

    interval_s: float
    night_interval_s: float = 0.0
    hours: tuple[int, int] | None = None
    daily_bytes: int = 50_000_000
    max_bytes: int = 60_000
    thumbnail_bytes: int = 30_000
    events: bool = True


class Moment(Struct, frozen=True):
    """Now: a steady count of seconds, the wall clock's seconds since 1970 when it can be trusted, and the line."""

    mono_s: float
    wall_s: float | None
    metered: bool = False

    @property
    def minute(self) -> int | None:
        """Minute of the day in Western Indonesia."""
        return None if self.wall_s is None else int(self.wall_s + WIB_OFFSET_S) % DAY_S // 60

    @property
    def day(self) -> int | None:
        """Number of the day in Western Indonesia."""
        return None if self.wall_s is None else int(self.wall_s + WIB_OFFSET_S) // DAY_S


class DayBytes(Struct, frozen=True):
    """Bytes of one day; kept over restarts. `day` is None until the clock was right once."""

    day: int | None = None
    size_bytes: int = 0


class Due(Struct, frozen=True):
    """How long until the next picture by schedule (or until it is worth asking again), and what holds it back."""

    wait_s: float
    held_by: Literal["", "hours", "daily_limit"] = ""


def hours_of(text: str) -> tuple[int, int] | None:
    """`"07:00-17:00"` in minutes of the day; None for "". ValueError for anything else.

    The end may lie before the beginning: `"20:00-05:00"` is over midnight. Equal ends are the whole day.
    """
    if not text:
        return None
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError(f'hours = "{text}": right is something like "07:00-17:00"')
    return _minute(first, text), _minute(last, text)


def within(minute: int, span: tuple[int, int]) -> bool:
    """Whether this minute of the day lies in the span, which may go over midnight."""
    first, last = span
    if first == last:
        return True
    return first <= minute < last if first < last else minute >= first or minute < last


class PicturePlan:
    """One camera's plan; it remembers what was taken."""

    def __init__(self, rules: Rules, today: DayBytes = DayBytes()) -> None:  # noqa: B008 - frozen
        self.rules = rules
        self._today = today
        self._day_began_s: float | None = None
        self._last_s: float | None = None
        self._not_before_s = 0.0
        self._events: deque[float] = deque(maxlen=EVENTS_PER_WINDOW)

    def interval_s(self, now: Moment) -> float:
        """Between two pictures by schedule, as it holds now."""
        rules, minute = self.rules, now.minute
        night = rules.night_interval_s > 0 and minute is not None and within(minute, NIGHT)
        usual_s = rules.night_interval_s if night else rules.interval_s
        return usual_s * METERED_FACTOR if now.metered else usual_s

    def budget_bytes(self, now: Moment) -> int:
        """Most bytes a picture may have now."""
        rules = self.rules
        return min(rules.max_bytes, rules.thumbnail_bytes) if now.metered else rules.max_bytes

    def due(self, now: Moment) -> Due:
        """When to take the next picture by schedule."""
        minute = now.minute
        if self.rules.hours is not None and minute is not None and not within(minute, self.rules.hours):
            return Due(LOOK_AGAIN_S, "hours")
        if self.today(now).size_bytes + self.budget_bytes(now) > self.rules.daily_bytes:
            return Due(LOOK_AGAIN_S, "daily_limit")
        at_s = self._not_before_s
        if self._last_s is not None:
            at_s = max(at_s, self._last_s + self.interval_s(now))
        return Due(min(LOOK_AGAIN_S, max(0.0, at_s - now.mono_s)))

    def began(self, now: Moment) -> None:
        """A picture by schedule is being taken: its slot is used, whatever comes of it.

        The next slot counts from this one's own time, so that work does not make the pictures drift; after a pause it
        counts from now.
        """
        interval_s = self.interval_s(now)
        grid_s = now.mono_s if self._last_s is None else self._last_s + interval_s
        on_time = grid_s <= now.mono_s < grid_s + interval_s
        self._last_s = grid_s if on_time else now.mono_s
        self._not_before_s = 0.0

    def wait(self, now: Moment, wait_s: float) -> None:
        """Nothing by schedule for `wait_s`, then at once: the last try failed."""
        self._not_before_s = now.mono_s + wait_s
        self._last_s = None

    def event_refusal(self, now: Moment, *, urgent: bool) -> EventRefusal | None:
        """Why this event gets no picture; None when it does, which is counted."""
        if not self.rules.events:
            return "events_off"
        if now.metered and not urgent:
            return "metered"
        if len(self._events) == EVENTS_PER_WINDOW and now.mono_s - self._events[0] < EVENT_WINDOW_S:
            return "burst"
        self._events.append(now.mono_s)
        return None

    def kept(self, now: Moment, size_bytes: int) -> None:
        """A picture of this size left the camera, for whatever reason."""
        today = self.today(now)
        self._today = DayBytes(today.day, today.size_bytes + size_bytes)

    def today(self, now: Moment) -> DayBytes:
        """Bytes of the day it is now."""
        if self._day_began_s is None:
            self._day_began_s = now.mono_s
        new_day = now.day is not None and now.day != self._today.day
        if new_day and self._today.day is None:
            self._today = DayBytes(now.day, self._today.size_bytes)  # the clock came right: this day has a name now
        elif new_day or (now.day is None and now.mono_s - self._day_began_s >= DAY_S):
            self._today = DayBytes(now.day)
            self._day_began_s = now.mono_s
        return self._today


def _minute(text: str, whole: str) -> int:
    hour, colon, minute = text.strip().partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):
        raise ValueError(f'hours = "{whole}": right is something like "07:00-17:00"')
    return int(hour) * 60 + int(minute)
