"""Stretches of time as (start_ms, end_ms) pairs, half open: the few operations the simulated month needs.

Kept apart from the centre's own: what judges must not share a mistake with what is judged.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

Stretch = tuple[int, int]


class Spell(NamedTuple):
    """From `start_ms` until `end_ms` something was wrong; `code` says what."""

    start_ms: int
    end_ms: int
    code: str


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Ascending, disjoint, not touching."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def minus(from_: Iterable[Stretch], taken: Iterable[Stretch]) -> list[Stretch]:
    """What is left of `from_`."""
    holes, found = merged(taken), []
    for start, end in merged(from_):
        at = start
        for hole_start, hole_end in holes:
            if hole_end <= at:
                continue
            if hole_start >= end:
                break
            if hole_start > at:
                found.append((at, hole_start))
            at = max(at, hole_end)
        if at < end:
            found.append((at, end))
    return found


def common(one: Iterable[Stretch], other: Iterable[Stretch]) -> list[Stretch]:
    """What lies in both."""
    left, right, found = merged(one), merged(other), []
    at = beside = 0
    while at < len(left) and beside < len(right):
        start, end = max(left[at][0], right[beside][0]), min(left[at][1], right[beside][1])
        if start < end:
            found.append((start, end))
        if left[at][1] < right[beside][1]:
            at += 1
        else:
            beside += 1
    return found


def total(stretches: Iterable[Stretch]) -> int:
    """Milliseconds in all of them."""
    return sum(end - start for start, end in merged(stretches))


def holding(stretches: Sequence[Stretch], at_ms: int) -> Stretch | None:
    """The one of these ascending stretches in which `at_ms` lies."""
    index = bisect_right(stretches, at_ms, key=lambda stretch: stretch[0]) - 1
    return stretches[index] if index >= 0 and at_ms < stretches[index][1] else None


def next_within(stretches: Sequence[Stretch], at_ms: int) -> int | None:
    """The first moment from `at_ms` on that lies in one of them."""
    return next((max(start, at_ms) for start, end in stretches if end > at_ms), None)


def layered(layers: Sequence[Iterable[Spell]]) -> list[Spell]:
    """Disjoint spells: where several hold at once, that of the earlier layer names it."""
    found: list[Spell] = []
    taken: list[Stretch] = []
    for layer in layers:
        for spell in sorted(layer):
            free = minus([(spell.start_ms, spell.end_ms)], taken)
            found += [Spell(start, end, spell.code) for start, end in free]
            taken = merged([*taken, *free])
    return sorted(found)
