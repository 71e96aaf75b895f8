"""A technician works at the box until a stated moment: how long that may be, and what becomes of it at a new boot.

1. A stay lasts from the moment it is begun to `until_mono_ms`, at most `LONGEST_MS` ahead, and ends by itself.
2. Begun again while it lasts, it keeps its beginning and takes the new end.
3. Boot-time counts within one boot. In another boot the wall clock decides how much of the stay is left; a clock that
   went backwards says nothing, and the stay is over: a box must not look tended when nobody can say so.
4. A box without a clock of its own starts with the time at which it was switched off. So a stay that goes on in another
   boot is over as soon as the clock is set and says so.
"""

import re
from typing import Final

from agent.core.clock import Stamp
from wire.shape import Struct, replace

SHORTEST_MS: Final = 60_000
LONGEST_MS: Final = 12 * 3_600_000
"""A long working day. What takes longer is said again, so that a forgotten word does not hide an outage for days."""

_UNITS_MS: Final = {"h": 3_600_000, "j": 3_600_000, "jam": 3_600_000, "m": 60_000, "mnt": 60_000, "menit": 60_000}
_PART: Final = re.compile(r"(\d{1,4})\s*(jam|j|h|menit|mnt|m)")
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern}\s*){{1,2}}")


class DurationError(ValueError):
    """Not a length of time a stay can have."""


class Stay(Struct, frozen=True):
    """One stay. Milliseconds: boot-times of `boot`, and the same moments by the wall clock as it was then."""

    boot: str
    since_mono_ms: int
    until_mono_ms: int
    since_wall_ms: int
    until_wall_ms: int
    by: str = ""
    ticket: str = ""
    note: str = ""
    clock_set: bool = False
    """The times by the wall clock are those of a clock that was set."""

    def lasts(self, now: Stamp) -> bool:
        return self.boot == now.boot and now.mono_ms < self.until_mono_ms and not self.missed(now)

    def missed(self, now: Stamp) -> bool:
        """By a clock that is set now and was set then, the end has passed."""
        return self.clock_set and now.synced and now.wall_ms >= self.until_wall_ms


def parse_duration(text: str) -> int:
    """Milliseconds of `2h`, `90m`, `1h30m`, `2 jam 15 menit`. Raises DurationError, also for less than a minute or
    more than twelve hours."""
    wanted = text.strip().lower()
    if not wanted.isascii() or not _WHOLE.fullmatch(wanted):
        raise DurationError(text)
    lasts_ms = sum(int(count) * _UNITS_MS[unit] for count, unit in _PART.findall(wanted))
    if not SHORTEST_MS <= lasts_ms <= LONGEST_MS:
        raise DurationError(text)
    return lasts_ms


def begin(before: Stay | None, now: Stamp, lasts_ms: int, *, by: str = "", ticket: str = "", note: str = "") -> Stay:
    """The stay from now on. Raises DurationError. `before` is the one that may still last; what is not said anew of
    ticket and note is kept from it."""
    if not SHORTEST_MS <= lasts_ms <= LONGEST_MS:
        raise DurationError(str(lasts_ms))
    until_mono_ms, until_wall_ms = now.mono_ms + lasts_ms, now.wall_ms + lasts_ms
    if before is not None and before.lasts(now):
        return replace(
            before,
            until_mono_ms=until_mono_ms,
            until_wall_ms=until_wall_ms,
            by=by or before.by,
            ticket=ticket or before.ticket,
            note=note or before.note,
            clock_set=now.synced,
        )
    return Stay(now.boot, now.mono_ms, until_mono_ms, now.wall_ms, until_wall_ms, by, ticket, note, now.synced)


def carried_over(stay: Stay, now: Stamp) -> Stay | None:
    """The stay as it goes on in the boot of `now`; None when it is over. Within its own boot it stays as it is."""
    if stay.boot == now.boot:
        return stay if stay.lasts(now) else None
    left_ms = min(stay.until_wall_ms - now.wall_ms, stay.until_mono_ms - stay.since_mono_ms, LONGEST_MS)
    if now.wall_ms < stay.since_wall_ms or left_ms <= 0:
        return None
    return replace(
        stay,
        boot=now.boot,
        since_mono_ms=now.mono_ms,
        until_mono_ms=now.mono_ms + left_ms,
        until_wall_ms=now.wall_ms + left_ms,
    )
