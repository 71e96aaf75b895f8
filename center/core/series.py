"""Series for charts: rows of reports to aligned columns, with nothing drawn where nothing was measured.

Pure. A gap of more than two report intervals becomes a row of nulls, so a chart breaks its line there. Long spans
are thinned by whole buckets: sent, lost and suspect add up, and so do histograms of round trips, out of which the
bucket's own percentiles are read. Where a report came without one, the worst stands for all: percentiles are never
averaged.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from wire.histogram import LogHistogram

GAP_INTERVALS = 2
MAX_POINTS = 480

Column = list[float | None]


class Window(NamedTuple):
    """What was sent to one target in one period and what came back; `hist` as in `wire.bodies.ProbeWindow`."""

    sent: int
    lost: int
    p50_ms: float | None
    p95_ms: float | None
    suspect: int = 0
    hist: tuple[tuple[int, int], ...] = ()


def together(windows: Sequence[Window]) -> Window:
    """All these periods as one."""
    sent, lost = sum(window.sent for window in windows), sum(window.lost for window in windows)
    suspect = sum(window.suspect for window in windows)
    if any(window.p50_ms is not None and not window.hist for window in windows):
        p50_ms, p95_ms = _worst(window.p50_ms for window in windows), _worst(window.p95_ms for window in windows)
        return Window(sent, lost, p50_ms, p95_ms, suspect)
    counts: dict[int, int] = {}
    for window in windows:
        for index, count in window.hist:
            if count > 0:
                counts[index] = counts.get(index, 0) + count
    merged = LogHistogram(counts.items())
    return Window(sent, lost, merged.quantile(0.5), merged.quantile(0.95), suspect, merged.pairs)


@dataclass(frozen=True, slots=True)
class Sample:
    """One report: when (s since 1970), how long its period, system readings, and its window per target."""

    at_s: float
    period_s: float
    quality: str
    system: dict[str, float | None]
    targets: dict[str, Window]


@dataclass(slots=True)
class Series:
    """Columns of equal length; `t` are seconds since 1970, null anywhere else means not measured."""

    t: list[float] = field(default_factory=list)
    quality: list[str | None] = field(default_factory=list)
    system: dict[str, Column] = field(default_factory=dict)
    rtt_ms: dict[str, Column] = field(default_factory=dict)
    rtt_p95_ms: dict[str, Column] = field(default_factory=dict)
    loss_pct: dict[str, Column] = field(default_factory=dict)
    suspect_pct: dict[str, Column] = field(default_factory=dict)


def build_series(samples: Iterable[Sample], max_points: int = MAX_POINTS) -> Series:
    """Columns of the samples, ordered by time; at most about `max_points` rows plus one per gap."""
    ordered = sorted(samples, key=lambda sample: sample.at_s)
    return series_in_order(ordered, bucket_width(len(ordered), max_points))


def bucket_width(count: int, max_points: int = MAX_POINTS) -> int:
    """How many neighbours of `count` samples become one row."""
    return max(1, -(-count // max_points))


def series_in_order(samples: Iterable[Sample], width: int) -> Series:
    """As `build_series`, of samples that come in the order of time: no more than `width` of them are held at once."""
    rows = [(bucket[0], _merge(bucket), bucket[-1]) for bucket in _buckets(samples, width)]
    targets = sorted({target for _first, row, _last in rows for target in row.targets})
    systems = sorted({key for _first, row, _last in rows for key in row.system})
    series = Series(
        system={key: [] for key in systems},
        rtt_ms={target: [] for target in targets},
        rtt_p95_ms={target: [] for target in targets},
        loss_pct={target: [] for target in targets},
        suspect_pct={target: [] for target in targets},
    )
    before: Sample | None = None
    for first, row, last in rows:
        if before is not None and _is_gap(before, first):
            _append(series, None, (before.at_s + first.at_s) / 2)
        _append(series, row, row.at_s)
        before = last
    return series


def _is_gap(before: Sample, after: Sample) -> bool:
    return after.at_s - before.at_s > GAP_INTERVALS * max(before.period_s, after.period_s)


def _buckets(ordered: Iterable[Sample], width: int) -> Iterator[list[Sample]]:
    """Neighbours in groups of at most `width`; a gap always ends a group, so that thinning cannot hide it."""
    bucket: list[Sample] = []
    for sample in ordered:
        if bucket and (len(bucket) >= width or _is_gap(bucket[-1], sample)):
            yield bucket
            bucket = []
        bucket.append(sample)
    if bucket:
        yield bucket


def _merge(bucket: Sequence[Sample]) -> Sample:
    """One sample for a bucket: the period covers it, the worst quality and the worst readings stand for it."""
    if len(bucket) == 1:
        return bucket[0]
    windows: dict[str, list[Window]] = {}
    for sample in bucket:
        for target, window in sample.targets.items():
            windows.setdefault(target, []).append(window)
    targets = {target: together(found) for target, found in windows.items()}
    keys = dict.fromkeys(key for sample in bucket for key in sample.system)
    system = {key: _worst(sample.system.get(key) for sample in bucket) for key in keys}
    order = ("ntp", "estimated", "bounded")
    worst = max((sample.quality for sample in bucket), key=lambda code: order.index(code) if code in order else 3)
    span = bucket[-1].at_s - bucket[0].at_s + bucket[-1].period_s
    return Sample(bucket[-1].at_s, span, worst, system, targets)


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _append(series: Series, row: Sample | None, at_s: float) -> None:
    series.t.append(round(at_s, 1))
    series.quality.append(row.quality if row else None)
    for key, column in series.system.items():
        column.append(_rounded(row.system.get(key), 1) if row else None)
    for target in series.rtt_ms:
        window = (row.targets.get(target) if row else None) or _NOTHING
        sent = window.sent
        series.rtt_ms[target].append(_rounded(window.p50_ms))
        series.rtt_p95_ms[target].append(_rounded(window.p95_ms))
        series.loss_pct[target].append(round(100 * window.lost / sent, 1) if sent else None)
        series.suspect_pct[target].append(round(100 * window.suspect / sent, 1) if sent else None)


_NOTHING = Window(0, 0, None, None)


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)
