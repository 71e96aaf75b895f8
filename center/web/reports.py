"""A node's health reports, read for people: the newest one whole, the last ones as lines, and series for charts."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from center.connectivity.measured import measured_targets
from center.connectivity.models import GapLedger, Integrity, Report
from center.core.gap_reasons import gap_class
from center.core.holes import Explained, Hole, Seen, find_holes
from center.core.rollup import MAIN_TARGETS, MOST_TARGETS
from center.core.series import MAX_POINTS, Sample, Series, Window, bucket_width, series_in_order
from center.core.times import CLOCK_OFF_MS
from center.web.live import now_ms
from center.web.newest import newest_rows
from center.web.rollups import rollup_series

REPORT_HOURS = 7 * 24
MAX_REPORTS = REPORT_HOURS * 120  # a week of reports every 30 s
CHUNK = 500  # reports in memory at once: their texts are some 3 kB each


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line of the list of reports. `loss_pct` and `rtt_ms` are those of the worst target."""

    at_ms: int
    at_quality: str
    received_ms: int
    verdict: str
    cpu_pct: float | None
    mem_pct: float | None
    temp_c: float | None
    loss_pct: float | None
    rtt_ms: float | None


def newest_body(node: str) -> dict[str, Any] | None:
    """The newest report, as it was sent (`wire.bodies.HealthReport`)."""
    rows = newest_rows(Report.objects.all(), node, 1)
    return json.loads(rows[0].json) if rows else None


def last_lines(node: str, count: int) -> list[ReportLine]:
    """The newest `count` reports, newest first."""
    return [_line(row) for row in newest_rows(Report.objects.all(), node, count)]


def node_series(node: str, hours: int, max_points: int = MAX_POINTS) -> tuple[Series, list[Hole]]:
    """Columns of the last hours, thinned to about `max_points` rows, and the holes in them that have a reason.

    They end now: what a wrong clock puts into the future does not push the present out of the picture. Beyond a week
    they come from rollups (`center.web.rollups`).
    """
    if hours > REPORT_HOURS:
        return rollup_series(node, hours, max_points), []
    end_ms = now_ms() + CLOCK_OFF_MS
    start_ms = now_ms() - hours * 3_600_000
    reports = Report.objects.filter(node=node)
    inside = reports.filter(at_ms__gte=start_ms, at_ms__lte=end_ms)
    seen: list[Seen] = []
    columns = series_in_order(_samples(inside, seen), bucket_width(min(inside.count(), MAX_REPORTS), max_points))
    older = reports.filter(at_ms__lt=start_ms).order_by("-at_ms")
    before = older.values_list("at_ms", "period_s", "epoch", "seq").first()
    if before:
        seen.append(Seen(max(before[0], start_ms) / 1000, *before[1:]))
    return columns, find_holes(seen, _explained(node, seen))


def _samples(reports: "QuerySet[Report]", seen: list[Seen]) -> Iterator[Sample]:
    """The newest MAX_REPORTS of these in the order of time; each is noted in `seen`. Few are in memory at once."""
    columns = ("at_ms", "period_s", "epoch", "seq", "at_quality", "cpu_pct", "mem_pct", "temp_c", "json")
    charted = {
        *MAIN_TARGETS,
        *measured_targets(reports.order_by("-at_ms").values_list("json", flat=True).first() or ""),
    }
    charted = set(sorted(charted, key=lambda name: (name not in MAIN_TARGETS, name))[:MOST_TARGETS])
    rows = reports.order_by("at_ms")[max(0, reports.count() - MAX_REPORTS) :].values_list(*columns)
    for at_ms, period_s, epoch, seq, quality, *system, text in rows.iterator(CHUNK):
        seen.append(Seen(at_ms / 1000, period_s, epoch, seq))
        named = dict(zip(("cpu_pct", "mem_pct", "temp_c"), system, strict=True))
        yield Sample(at_ms / 1000, period_s, quality, named, _charted(text, charted))


def _explained(node: str, seen: list[Seen]) -> list[Explained]:
    """What the node's ledger and the gap audit say about reports missing between these."""
    found: list[Explained] = []
    for epoch in {one.epoch for one in seen}:
        seqs = [one.seq for one in seen if one.epoch == epoch]
        lane = {"node": node, "epoch": epoch, "stream": "health"}
        ledger = GapLedger.objects.filter(node=node, of_epoch=epoch, stream="health", count__gt=0)
        entries = ledger.filter(first__lte=max(seqs), last__gte=min(seqs))
        for first, last, reason in entries.values_list("first", "last", "reason"):
            found.append(Explained(epoch, first, last, gap_class(reason)))
        for kind, ranges in Integrity.objects.filter(**lane).exclude(kind="checking").values_list("kind", "ranges"):
            found += [Explained(epoch, first, last, kind) for first, last in json.loads(ranges)]
    return found


def _charted(text: str, charted: set[str]) -> dict[str, Window]:
    """The targets of a report that have a place in the charts; it gives those that are free to new ones."""
    targets = {}
    for name, window in measured_targets(text).items():
        if name in charted or len(charted) < MOST_TARGETS:
            charted.add(name)
            targets[name] = window
    return targets


def _line(row: Report) -> ReportLine:
    targets = measured_targets(row.json).values()
    return ReportLine(
        row.at_ms,
        row.at_quality,
        row.received_ms,
        row.verdict,
        row.cpu_pct,
        row.mem_pct,
        row.temp_c,
        max((100 * window.lost / window.sent for window in targets), default=None),
        max((window.p50_ms for window in targets if window.p50_ms is not None), default=None),
    )
