"""Series for charts: rows of reports to aligned columns, with nothing drawn where nothing was measured.

Pure. A gap of more than two report intervals becomes a row of nulls, so a chart breaks its line there. Long spans
are thinned by whole buckets: sent, lost and suspect add up, and so do histograms of round trips, out of which the
bucket's own percentiles are read. Where a report came without one, the worst stands for all: percentiles are never
averaged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wire.histogram import LogHistogram

GAP_INTERVALS = 2
MAX_POINTS = 480

Column = list[float | None]


@dataclass(frozen=True, slots=True)
class Window:
    """What was sent to one target in one period and what came back; `hist` as in `wire.bodies.ProbeWindow`."""

    sent: int
    lost: int
    p50_ms: float | None
    p95_ms: float | None
    suspect: int = 0
    hist: tuple[tuple[int, int], ...] = ()

    def merge(self, other: "Window") -> "Window":
        """Both periods as one."""
        sent, lost, suspect = self.sent + other.sent, self.lost + other.lost, self.suspect + other.suspect
        both = (self, other)
        if any(window.p50_ms is not None and not window.hist for window in both):
            p50_ms, p95_ms = _worst(self.p50_ms, other.p50_ms), _worst(self.p95_ms, other.p95_ms)
            return Window(sent, lost, p50_ms, p95_ms, suspect)
        merged = LogHistogram((*self.hist, *other.hist))
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
    width = max(1, -(-len(ordered) // max_points))
    buckets = _buckets(ordered, width)
    rows = [_merge(bucket) for bucket in buckets]
    targets = sorted({target for row in rows for target in row.targets})
    systems = sorted({key for row in rows for key in row.system})
    series = Series(
        system={key: [] for key in systems},
        rtt_ms={target: [] for target in targets},
        rtt_p95_ms={target: [] for target in targets},
        loss_pct={target: [] for target in targets},
        suspect_pct={target: [] for target in targets},
    )
    before: Sample | None = None
    for bucket, row in zip(buckets, rows, strict=True):
        if before is not None and _is_gap(before, bucket[0]):
            _append(series, None, (before.at_s + bucket[0].at_s) / 2)
        _append(series, row, row.at_s)
        before = bucket[-1]
    return series


def _is_gap(before: Sample, after: Sample) -> bool:
    return after.at_s - before.at_s > GAP_INTERVALS * max(before.period_s, after.period_s)


def _buckets(ordered: Sequence[Sample], width: int) -> list[list[Sample]]:
    """Neighbours in groups of at most `width`; a gap always ends a group, so that thinning cannot hide it."""
    buckets: list[list[Sample]] = []
    for sample in ordered:
        if buckets and len(buckets[-1]) < width and not _is_gap(buckets[-1][-1], sample):
            buckets[-1].append(sample)
        else:
            buckets.append([sample])
    return buckets


def _merge(bucket: Sequence[Sample]) -> Sample:
    """One sample for a bucket: the period covers it, the worst quality and the worst readings stand for it."""
    if len(bucket) == 1:
        return bucket[0]
    targets: dict[str, Window] = {}
    system: dict[str, float | None] = {}
    for sample in bucket:
        for target, window in sample.targets.items():
            targets[target] = targets[target].merge(window) if target in targets else window
        for key, value in sample.system.items():
            system[key] = _worst(system.get(key), value)
    order = ("ntp", "estimated", "bounded")
    worst = max((sample.quality for sample in bucket), key=lambda code: order.index(code) if code in order else 3)
    span = bucket[-1].at_s - bucket[0].at_s + bucket[-1].period_s
    return Sample(bucket[-1].at_s, span, worst, system, targets)


def _worst(one: float | None, two: float | None) -> float | None:
    known = [value for value in (one, two) if value is not None]
    return max(known) if known else None


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
