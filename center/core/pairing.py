"""Which stored outage a concluded one is, so that it keeps its number when it is known better. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

FAR_MS = 1 << 62
"""The end of what has none."""


@dataclass(frozen=True, slots=True)
class Extent:
    """An outage's bounds in Unix ms, ends None while it lasts."""

    start_lo_ms: int
    start_hi_ms: int
    end_lo_ms: int | None
    end_hi_ms: int | None

    @property
    def until_ms(self) -> int:
        """It may have lasted until then."""
        return FAR_MS if self.end_hi_ms is None else self.end_hi_ms


def pair(stored: Sequence[Extent], concluded: Sequence[Extent]) -> dict[int, int]:
    """Place in `concluded` -> place in `stored`; both in the order of their starts.

    First those that begin alike, then each in its order takes the earliest stored one left that it overlaps: where
    several became one, the earliest keeps its number; where one became several, its earliest part does.
    """
    pairs: dict[int, int] = {}
    free = dict(enumerate(stored))
    for same in (_begin_alike, _overlap):
        for place, one in enumerate(concluded):
            if place in pairs:
                continue
            found = next((at for at, other in free.items() if same(one, other)), None)
            if found is not None:
                pairs[place] = found
                del free[found]
    return pairs


def _begin_alike(one: Extent, other: Extent) -> bool:
    return (one.start_lo_ms, one.start_hi_ms) == (other.start_lo_ms, other.start_hi_ms)


def _overlap(one: Extent, other: Extent) -> bool:
    return one.start_lo_ms < other.until_ms and other.start_lo_ms < one.until_ms
