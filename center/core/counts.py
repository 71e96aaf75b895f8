"""What ledger entries count against what is missing under them: a covered number is not yet an explained one.

An entry covers `first`..`last` and says how many of them were given up; the others are stored here, or still on the
way. A thinned stretch of a thousand reports is one such entry, so a report that vanishes inside it is covered. It shows
only in the sum:

1. Entries that share a number are added up together, with all they cover (a *stretch*): the same stretch is thinned
   twice, and what was kept the first time is given up the second time.
2. Of a stretch no more may be missing than its entries count. What is beyond is a fault. Which of the missing numbers
   it is nobody can say; the newest of them stand for it.
3. Only whole stretches are added up: one that reaches to where the node may still hold something, or begins before what
   was read, says nothing yet.
An entry with count 0 explains everything it covers: those numbers are not used, or nobody knows whether they were.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from wire.ranges import Ranges


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a ledger: `count` numbers of `first`..`last` were given up."""

    first: int
    last: int
    count: int


@dataclass(frozen=True, slots=True)
class Excess:
    """Numbers missing beyond what was counted, and where the next look at the lane must begin at the latest."""

    fault: Ranges = field(default_factory=Ranges)
    begin: int | None = None


def excess(entries: Iterable[Entry], accounted: Ranges, start: int, sure: int) -> Excess:
    """Rule 2 over the stretches from `start` up to before `sure`. `accounted`: stored, or explained otherwise."""
    counted = [entry for entry in entries if entry.count > 0 and entry.first <= entry.last]
    whole = accounted.union(Ranges.from_pairs((one.first, one.last) for one in entries if one.count == 0))
    fault = Ranges()
    begin: int | None = None
    for stretch in _stretches(counted):
        if stretch.first < start:
            continue
        if stretch.last >= sure:
            begin = stretch.first if begin is None else min(begin, stretch.first)
            continue
        missing = whole.missing(stretch.first, stretch.last)
        surplus = len(missing) - stretch.count
        if surplus > 0:
            fault = fault.union(_newest(missing, surplus))
            begin = stretch.first if begin is None else min(begin, stretch.first)
    return Excess(fault, begin)


def _stretches(entries: Iterable[Entry]) -> list[Entry]:
    merged: list[Entry] = []
    for one in sorted(entries, key=lambda entry: entry.first):
        if merged and one.first <= merged[-1].last:
            last = merged.pop()
            merged.append(Entry(last.first, max(last.last, one.last), last.count + one.count))
        else:
            merged.append(one)
    return merged


def _newest(numbers: Ranges, most: int) -> Ranges:
    """The highest `most` of them."""
    kept: list[tuple[int, int]] = []
    for first, last in reversed(numbers.pairs):
        if most <= 0:
            break
        begin = max(first, last - most + 1)
        kept.append((begin, last))
        most -= last - begin + 1
    return Ranges(tuple(reversed(kept)))
