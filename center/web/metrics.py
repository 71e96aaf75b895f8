"""The centre's numbers for Prometheus, read from the database (and one file) when asked: nothing is counted in memory.

Series exist for nodes that have something to say; the totals are always there, so that a rule can trust a zero.
"""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from center.broker_log import read_seen
from center.core.broker_watch import ALL
from center.core.gap_reasons import gap_class
from center.core.transfer_quota import TransferQuota
from center.enrolment.deciding import pending
from center.ingest.database import select
from center.ingest.listener import ALIVE_FOR_MS
from center.throughput.ledger import read_state
from center.web.alert_metrics import alerts_metrics
from center.web.enrolment_rows import ending_soon
from center.web.metrics_of_work import metrics_of_work

STATES = ("UP", "DEGRADED", "DOWN", "UNREACHABLE", "UNKNOWN", "MAINT", "RETIRED")


def exposition() -> bytes:
    """All metrics in the Prometheus text format 0.0.4."""
    registry = CollectorRegistry()
    registry.register(_Center(int(time.time() * 1000)))
    return generate_latest(registry)


class _Center(Collector):
    """One reading of the database. `describe` keeps the registry from reading it twice."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        yield _nodes()
        yield from _integrity(self._now_ms)
        yield _gaps()
        yield _labelled(
            "sandi_quarantine_cases",
            "Payloads and records that could not be used, as kept in quarantine",
            ("code",),
            "SELECT code, COUNT(*) FROM ingest_quarantined GROUP BY code ORDER BY code",
        )
        unread = select("SELECT COUNT(*) FROM connectivity_passedover WHERE stream = 'complaint'")[0][0]
        yield GaugeMetricFamily(
            "sandi_complaints_unread", "Complaints stored that this version of the centre cannot read", unread
        )
        yield from _progress(self._now_ms)
        yield from _generation()
        yield from alerts_metrics(self._now_ms)
        yield _line_tests()
        yield _turned_away()
        yield from _enrolment(self._now_ms)
        yield from metrics_of_work(self._now_ms)


def _nodes() -> Metric:
    family = GaugeMetricFamily("sandi_nodes", "Enrolled nodes by state", labels=("state",))
    counts = dict.fromkeys(STATES, 0)
    sql = (
        "SELECT CASE WHEN n.retired THEN 'RETIRED' ELSE COALESCE(s.state, 'UNKNOWN') END AS told, COUNT(*) "
        "FROM sites_node n LEFT JOIN connectivity_nodestate s ON s.node = n.id GROUP BY told"
    )
    counts.update(dict(select(sql)))
    for state, count in counts.items():
        family.add_metric((state,), count)
    return family


def _integrity(now_ms: int) -> Iterator[Metric]:
    rows = select("SELECT node, stream, kind, SUM(count * 1.0), MIN(since_ms) FROM connectivity_integrity "
                  "GROUP BY node, stream, kind ORDER BY node, stream")  # fmt: skip
    missing = GaugeMetricFamily(
        "sandi_integrity_missing_records",
        "Records neither held, stored nor declared: faults; no series = none",
        labels=("node", "stream"),
    )
    totals = GaugeMetricFamily(
        "sandi_integrity_records", "Missing records by finding, of all nodes; fault 0 is normal", labels=("finding",)
    )
    counts = dict.fromkeys(("fault", "checking", "card", "restore"), 0.0)
    for node, stream, kind, count, _since in rows:
        counts[kind] = counts.get(kind, 0.0) + float(count)
        if kind == "fault":
            missing.add_metric((node, stream), float(count))
    for kind, total in counts.items():
        totals.add_metric((kind,), total)
    oldest = min((since for _node, _stream, kind, _count, since in rows if kind == "checking"), default=now_ms)
    yield missing
    yield totals
    yield GaugeMetricFamily(
        "sandi_integrity_checking_seconds", "How long the oldest check has been waiting", (now_ms - oldest) / 1000
    )


def _gaps() -> Metric:
    family = CounterMetricFamily(
        "sandi_gap_records", "Records nodes declared given up, by reason", labels=("node", "stream", "reason")
    )
    sums: dict[tuple[str, str, str], float] = {}
    sql = "SELECT node, stream, reason, SUM(count * 1.0) FROM connectivity_gapledger WHERE count > 0 GROUP BY 1, 2, 3"
    for node, stream, reason, count in select(sql):
        key = (node, stream, gap_class(reason))
        sums[key] = sums.get(key, 0.0) + float(count)
    for key, total in sorted(sums.items()):
        family.add_metric(key, total)
    return family


def _progress(now_ms: int) -> Iterator[Metric]:
    heard = select("SELECT MAX(alive_ms) FROM ingest_listener WHERE connected = %s", (True,))[0][0]
    yield GaugeMetricFamily(
        "sandi_ingest_listening",
        "1 while at least one ingest process hears the fleet",
        int(heard is not None and now_ms - heard < ALIVE_FOR_MS),
    )
    yield from _age("sandi_ingest_lag_seconds", "Since an ingest process last said that it hears", heard, now_ms)
    newest = select("SELECT received_ms FROM ingest_rawrecord ORDER BY id DESC LIMIT 1")
    yield from _age("sandi_newest_record_age_seconds", "Since the newest record arrived", *_first(newest), now_ms)
    position = "(SELECT COALESCE(MAX(position), 0) FROM ingest_cursor WHERE name = 'projection')"
    waiting = select(f"SELECT received_ms FROM ingest_rawrecord WHERE id > {position} ORDER BY id LIMIT 1")  # noqa: S608
    yield GaugeMetricFamily(
        "sandi_worker_lag_seconds",
        "Since the oldest record that is not projected arrived; 0 = all are",
        (now_ms - waiting[0][0]) / 1000 if waiting else 0,
    )
    behind = select(f"SELECT COALESCE(MAX(id), 0) - {position} FROM ingest_rawrecord")[0][0]  # noqa: S608
    yield GaugeMetricFamily("sandi_worker_lag_records", "Records stored and not yet projected, at most", behind)


def _generation() -> Iterator[Metric]:
    rows = select("SELECT value, reason, created_ms FROM ingest_generation WHERE id = 1")
    if not rows:
        return
    value, reason, created_ms = rows[0]
    yield InfoMetricFamily("sandi_generation", "This database's life", {"generation": value, "reason": reason})
    yield GaugeMetricFamily("sandi_generation_created_seconds", "When it began (Unix time)", created_ms / 1000)


def _line_tests() -> Metric:
    """As the endpoint saved it; nothing when it never ran or its file cannot be read."""
    family = GaugeMetricFamily(
        "sandi_throughput_day_bytes", "Bytes of line tests in the last 24 hours, by node", labels=("node",)
    )
    try:
        saved = read_state(Path(settings.DATA_DIR))
    except (OSError, ValueError):
        return family
    quota = TransferQuota(0, saved)
    for node in sorted(saved):
        family.add_metric((node,), quota.used_bytes(node, time.time()))
    return family


def _turned_away() -> Metric:
    """As whoever runs the broker saved it; nothing when its file cannot be read here. Rows fade after a quiet week."""
    family = GaugeMetricFamily(
        "sandi_broker_turned_away", "Connections and requests the broker did not accept, by reason", labels=("reason",)
    )
    try:
        seen = read_seen(Path(settings.DATA_DIR))
    except (OSError, ValueError):
        return family
    for reason in ALL:
        family.add_metric((reason,), sum(row.count for row in seen.rows if row.reason == reason))
    return family


def _enrolment(now_ms: int) -> Iterator[Metric]:
    """Keys that wait for an operator, since when the oldest does, and certificates near their last day."""
    waiting = pending()
    yield GaugeMetricFamily("sandi_enrolment_waiting", "Keys of boxes that wait for an operator", len(waiting))
    oldest = max((now_ms / 1000 - one.first_at.timestamp() for one in waiting), default=0.0)
    yield GaugeMetricFamily("sandi_enrolment_waiting_seconds", "How long the oldest of them has been waiting", oldest)
    text = "Nodes whose certificate ends within 14 days, or has ended"
    yield GaugeMetricFamily("sandi_certificates_ending", text, ending_soon())


def _labelled(name: str, text: str, labels: tuple[str, ...], sql: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for *values, count in select(sql):
        family.add_metric(values, count)
    return family


def _age(name: str, text: str, at_ms: int | None, now_ms: int) -> Iterator[Metric]:
    """Nothing when there has been none yet: an age of 0 would lie."""
    if at_ms is not None:
        yield GaugeMetricFamily(name, text, max(0, now_ms - at_ms) / 1000)


def _first(rows: list[tuple[int]]) -> tuple[int | None]:
    return (rows[0][0],) if rows else (None,)
