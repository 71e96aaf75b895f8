"""What a node measured over a longer time, out of its reports: sums, extremes and histograms that merge exactly. Pure.

Merging is adding whole numbers and taking the greater, so any grouping and any order give the same rollup; percentiles
are read from merged histograms and never averaged. Readings are kept in thousandths for that. Of the targets a node
names in its reports MOST_TARGETS are kept, those that come first by a fixed order: also that is the same in any order.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from center.core import days
from center.core.series import Sample, Window, together

STEPS_S = (300, 3600, 86_400)
"""Five minutes, an hour, a day (from midnight to midnight of Asia/Jakarta)."""
MOST_TARGETS = 40
MAIN_TARGETS = ("icmp gateway", "icmp center")
_QUALITIES = ("ntp", "estimated", "bounded")
_MILLI = 1000
_LARGEST = 10**12


@dataclass(frozen=True, slots=True)
class Spread:
    """One reading in thousandths: how often it was taken, its sum, and its greatest."""

    count: int
    total: int
    most: int


@dataclass(frozen=True, slots=True)
class Tally:
    """One target: what was sent to it and came back; `p50`, `p95` in thousandths of a ms are the worst of the reports
    that came without a histogram (-1: none did)."""

    sent: int
    lost: int
    suspect: int
    hist: tuple[tuple[int, int], ...] = ()
    p50: int = -1
    p95: int = -1


@dataclass(frozen=True, slots=True)
class Rollup:
    """`reports`: how many are in it; `quality`: the worst of their times."""

    reports: int = 0
    quality: int = 0
    system: Mapping[str, Spread] = field(default_factory=dict)
    targets: Mapping[str, Tally] = field(default_factory=dict)


def bucket_ms(at_ms: int, step_s: int) -> int:
    """Where the bucket begins that a moment lies in."""
    if step_s == STEPS_S[-1]:
        return days.bounds(days.day_of(at_ms)).start_ms
    return at_ms - at_ms % (step_s * 1000)


def of_report(quality: str, system: Mapping[str, float | None], targets: Mapping[str, Window]) -> Rollup:
    """One report as a rollup."""
    read = {name: _milli(value) for name, value in sorted(system.items()) if value is not None}
    return Rollup(
        1,
        _QUALITIES.index(quality) if quality in _QUALITIES else len(_QUALITIES) - 1,
        {name: Spread(1, value, value) for name, value in read.items()},
        _bounded({name: _tally(window) for name, window in targets.items()}),
    )


def merged(rollups: Iterable[Rollup]) -> Rollup:
    """All of them as one."""
    found = list(rollups)
    system: dict[str, Spread] = {}
    targets: dict[str, list[Tally]] = {}
    for one in found:
        for name, spread in one.system.items():
            known = system.get(name, Spread(0, 0, spread.most))
            system[name] = Spread(known.count + spread.count, known.total + spread.total, max(known.most, spread.most))
        for name, tally in one.targets.items():
            targets.setdefault(name, []).append(tally)
    return Rollup(
        sum(one.reports for one in found),
        max((one.quality for one in found), default=0),
        dict(sorted(system.items())),
        _bounded({name: _added(tallies) for name, tallies in targets.items()}),
    )


def sample(at_ms: int, step_s: int, rollup: Rollup) -> Sample:
    """A rollup as a chart takes it: at the end of its bucket, the worst readings standing for all."""
    targets = {
        name: together(
            [
                Window(
                    one.sent,
                    one.lost,
                    None if one.p50 < 0 else one.p50 / _MILLI,
                    None if one.p95 < 0 else one.p95 / _MILLI,
                    one.suspect,
                    one.hist if one.p50 < 0 else (),
                )
            ]
        )
        for name, one in rollup.targets.items()
    }
    system: dict[str, float | None] = {name: spread.most / _MILLI for name, spread in rollup.system.items()}
    return Sample(at_ms / 1000 + step_s, step_s, _QUALITIES[min(rollup.quality, 2)], system, targets)


def to_json(rollup: Rollup) -> str:
    """The same text for the same rollup."""
    system = {name: [one.count, one.total, one.most] for name, one in rollup.system.items()}
    targets = {
        name: [one.sent, one.lost, one.suspect, one.p50, one.p95, one.hist] for name, one in rollup.targets.items()
    }
    whole = {"n": rollup.reports, "q": rollup.quality, "s": system, "t": targets}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def from_json(text: str) -> Rollup:
    """ValueError when it is none."""
    try:
        read = json.loads(text)
        return Rollup(
            read["n"],
            read["q"],
            {name: Spread(*values) for name, values in read["s"].items()},
            {
                name: Tally(sent, lost, suspect, tuple((index, count) for index, count in hist), p50, p95)
                for name, (sent, lost, suspect, p50, p95, hist) in read["t"].items()
            },
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a rollup: {error!r}") from error


def _tally(window: Window) -> Tally:
    if window.hist or window.p50_ms is None:
        return Tally(window.sent, window.lost, window.suspect, tuple(sorted(window.hist)))
    p95_ms = window.p50_ms if window.p95_ms is None else window.p95_ms
    return Tally(window.sent, window.lost, window.suspect, (), _milli(window.p50_ms), _milli(p95_ms))


def _added(tallies: list[Tally]) -> Tally:
    hist: dict[int, int] = {}
    for one in tallies:
        for index, count in one.hist:
            hist[index] = hist.get(index, 0) + count
    return Tally(
        sum(one.sent for one in tallies),
        sum(one.lost for one in tallies),
        sum(one.suspect for one in tallies),
        tuple(sorted(hist.items())),
        max(one.p50 for one in tallies),
        max(one.p95 for one in tallies),
    )


def _bounded(targets: Mapping[str, Tally]) -> dict[str, Tally]:
    """The first MOST_TARGETS by name, the main ones before all others."""
    names = sorted(targets, key=lambda name: (name not in MAIN_TARGETS, name))[:MOST_TARGETS]
    return {name: targets[name] for name in sorted(names)}


def _milli(value: float) -> int:
    """Thousandths, within what a database and JSON hold; what is no number counts as nothing."""
    if value != value:  # noqa: PLR0124 - not a number
        return 0
    return round(min(max(value, -_LARGEST), _LARGEST) * _MILLI)
