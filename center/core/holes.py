"""Why a chart has a hole: consecutive reports with numbers missing between them, and who explains those numbers. Pure.

A hole is drawn where `center.core.series` breaks its line: more than GAP_INTERVALS report intervals without a report.
Neighbouring holes of one reason with only single reports between them are one band: history thinned to one report in
five minutes is a band with points in it, not three hundred bands.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from center.core.series import GAP_INTERVALS


@dataclass(frozen=True, slots=True)
class Seen:
    """One report that is there: when (s since 1970), its period and its number."""

    at_s: float
    period_s: float
    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Explained:
    """Missing report numbers of an epoch with the class of their reason (`gap_reasons.CLASSES`)."""

    epoch: str
    first: int
    last: int
    reason: str


@dataclass(frozen=True, slots=True)
class Hole:
    """From one report to the next (s since 1970): `count` reports are missing for this reason."""

    start_s: float
    end_s: float
    reason: str
    count: int


def find_holes(seen: Iterable[Seen], explained: Iterable[Explained]) -> list[Hole]:
    """Holes in order of time. A hole nobody explains is no part of the answer: the node was silent."""
    ranges: dict[str, list[Explained]] = {}
    for one in sorted(explained, key=lambda item: item.first):
        ranges.setdefault(one.epoch, []).append(one)
    if not ranges:
        return []
    holes: list[Hole] = []
    before: dict[str, Seen] = {}
    for report in sorted(seen, key=lambda item: (item.epoch, item.seq)):
        last = before.get(report.epoch)
        before[report.epoch] = report
        if last is None or report.epoch not in ranges or not _is_hole(last, report):
            continue
        told = _reason(ranges[report.epoch], last.seq + 1, report.seq - 1)
        if told is not None:
            holes.append(Hole(last.at_s, report.at_s, *told))
    return _merged(sorted(holes, key=lambda hole: hole.start_s))


def _is_hole(before: Seen, after: Seen) -> bool:
    return after.seq > before.seq + 1 and after.at_s - before.at_s > GAP_INTERVALS * max(
        before.period_s, after.period_s
    )


def _reason(ranges: Sequence[Explained], first: int, last: int) -> tuple[str, int] | None:
    """The reason that explains most of first..last, and how many numbers are explained at all."""
    counts: dict[str, int] = {}
    end = bisect_right(ranges, last, key=lambda item: item.first)
    for one in reversed(ranges[:end]):
        overlap = min(one.last, last) - max(one.first, first) + 1
        if overlap > 0:
            counts[one.reason] = counts.get(one.reason, 0) + overlap
        elif one.last < first:
            break
    if not counts:
        return None
    return max(counts, key=lambda reason: counts[reason]), min(sum(counts.values()), last - first + 1)


def _merged(holes: Sequence[Hole]) -> list[Hole]:
    merged: list[Hole] = []
    for hole in holes:
        if merged and merged[-1].reason == hole.reason and hole.start_s <= merged[-1].end_s:
            whole = merged[-1]
            merged[-1] = replace(whole, end_s=max(whole.end_s, hole.end_s), count=whole.count + hole.count)
        else:
            merged.append(hole)
    return merged
