"""When the next message of a channel goes out: its limit per minute, what is put together, how tries go on. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from center.core.routing_facts import rank

FIRST_RETRY_MS: Final = 10_000
LONGEST_RETRY_MS: Final = 15 * 60_000
GIVE_UP_MS: Final = 24 * 3_600_000
"""After a day an alarm is history; whoever reads the incident's timeline sees that it was never delivered."""
MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Due:
    """A message whose time has come. `alone`: never put together with others (tests, signs of life)."""

    id: int
    address: str
    severity: str
    alone: bool = False


def next_out(due: Sequence[Due], used: int, per_minute: int) -> tuple[int, ...]:
    """Which message goes next; several: put together as one; none: the channel has said enough this minute.

    `used`: how many it sent within the last minute. The worst goes first, then the oldest; the last one of a minute
    takes along everything else that waits for the same address.
    """
    if not due or used >= max(1, per_minute):
        return ()
    order = sorted(due, key=lambda one: (-rank(one.severity), one.id))
    first = order[0]
    if used + 1 < per_minute or first.alone:
        return (first.id,)
    return tuple(one.id for one in order if one.address == first.address and not one.alone)


def retry_at_ms(attempts: int, now_ms: int, *, permanent: bool = False) -> int:
    """When to try again after `attempts` failures: twice as long each time, up to LONGEST_RETRY_MS.

    A refusal that repeats itself by nature (a wrong token) waits the longest at once: a person has to mend it.
    """
    if permanent:
        return now_ms + LONGEST_RETRY_MS
    return now_ms + min(LONGEST_RETRY_MS, FIRST_RETRY_MS << min(max(attempts, 1) - 1, 10))


def gives_up(first_try_ms: int | None, now_ms: int) -> bool:
    """Whether it was tried for long enough."""
    return first_try_ms is not None and now_ms - first_try_ms >= GIVE_UP_MS
