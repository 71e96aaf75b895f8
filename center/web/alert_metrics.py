"""The alerts' numbers for Prometheus: whether their process lives, what waits, which channels fail."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from center.alerts.deadman import DEAD_AFTER_MS, last_beat_ms
from center.ingest.database import select

STATES = ("waiting", "claimed", "sending", "failed", "sent", "joined", "muted", "given_up")


def alerts_metrics(now_ms: int) -> Iterator[Metric]:
    """A rule on `sandi_alerts_alive` is a watch over the watch."""
    last_ms = last_beat_ms()
    yield GaugeMetricFamily(
        "sandi_alerts_alive",
        "1 while an alerts process works",
        int(last_ms is not None and now_ms - last_ms <= DEAD_AFTER_MS),
    )
    if last_ms is not None:
        yield GaugeMetricFamily(
            "sandi_alerts_lag_seconds",
            "Since an alerts process last said that it works",
            max(0, now_ms - last_ms) / 1000,
        )
    deliveries = GaugeMetricFamily("sandi_alerts_deliveries", "Messages in the outbox by state", labels=("state",))
    counts = dict.fromkeys(STATES, 0) | dict(select("SELECT state, COUNT(*) FROM alerts_delivery GROUP BY state"))
    for state, count in counts.items():
        deliveries.add_metric((state,), count)
    yield deliveries
    overdue = select(
        "SELECT MIN(due_ms) FROM alerts_delivery "
        "WHERE state IN ('waiting', 'claimed', 'sending', 'failed') AND due_ms <= %s",
        (now_ms,),
    )[0][0]
    yield GaugeMetricFamily(
        "sandi_alerts_overdue_seconds",
        "How long the oldest due message waits",
        0 if overdue is None else (now_ms - overdue) / 1000,
    )
    failing = GaugeMetricFamily(
        "sandi_alerts_channel_failing", "1 while nothing gets through a channel", labels=("channel",)
    )
    for name, since_ms in select("SELECT name, failing_since_ms FROM alerts_channel ORDER BY name"):
        failing.add_metric((name,), int(since_ms is not None))
    yield failing
