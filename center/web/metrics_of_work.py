"""The numbers of what follows from the records: incidents, outages, availability today, displays."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from center.ingest.database import select

SEVERITIES = ("critical", "warning", "info")
PARTIES = ("pln", "site", "isp", "city", "center", "agency", "none")
SECONDS = ("up", "down", "maintenance", "unknown")
SEEN_MS = 60_000
"""A display's page asks for something at least every few seconds."""


def metrics_of_work(now_ms: int) -> Iterator[Metric]:
    """Totals that are always there, so that a rule can trust a zero."""
    yield _counted(
        "sandi_incidents_open",
        "Open incidents, by severity",
        "severity",
        SEVERITIES,
        "SELECT severity, COUNT(*) FROM operations_incident WHERE resolved_ms IS NULL GROUP BY severity",
    )
    unacknowledged = select(
        "SELECT COUNT(*) FROM operations_incident WHERE resolved_ms IS NULL AND acknowledged_ms IS NULL"
    )[0][0]
    yield GaugeMetricFamily("sandi_incidents_unacknowledged", "Open incidents nobody has taken", unacknowledged)
    yield _counted(
        "sandi_outages_open",
        "Outages that last, by whose matter they are",
        "party",
        PARTIES,
        "SELECT party, COUNT(*) FROM availability_outage WHERE end_hi_ms IS NULL GROUP BY party",
    )
    yield _today(now_ms)
    yield from _displays(now_ms)


def _today(now_ms: int) -> Metric:
    local = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(settings.TIME_ZONE))
    day = local.year * 10_000 + local.month * 100 + local.day
    sums = ", ".join(f"COALESCE(SUM({name}_s), 0)" for name in SECONDS)
    row = select(f"SELECT {sums} FROM availability_day WHERE day = %s", (day,))[0]  # noqa: S608 - our own names
    family = GaugeMetricFamily(
        "sandi_availability_today_seconds", "Seconds of all nodes since midnight, by what they were", labels=("was",)
    )
    for name, seconds in zip(SECONDS, row, strict=True):
        family.add_metric((name,), float(seconds))
    return family


def _displays(now_ms: int) -> Iterator[Metric]:
    known, shown = select(
        "SELECT COUNT(*), COALESCE(SUM(CASE WHEN seen_ms >= %s THEN 1 ELSE 0 END), 0) FROM wall_display "
        "WHERE revoked_ms IS NULL",
        (now_ms - SEEN_MS,),
    )[0]
    yield GaugeMetricFamily("sandi_displays", "Displays that may show the wall", known)
    yield GaugeMetricFamily("sandi_displays_seen", "Of these, seen in the last minute", float(shown))


def _counted(name: str, text: str, label: str, known: tuple[str, ...], sql: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=(label,))
    counts = dict.fromkeys(known, 0) | {str(key): count for key, count in select(sql)}
    for key, count in counts.items():
        family.add_metric((key,), count)
    return family
