"""Series for charts longer than reports are kept: hours and days of a node, as the worker has rolled them up."""

from collections.abc import Iterator
from dataclasses import replace

from django.db.models import QuerySet

from center.availability.models import Rollup
from center.core.rollup import MAIN_TARGETS, MOST_TARGETS, STEPS_S, bucket_ms, from_json, sample
from center.core.series import MAX_POINTS, Sample, Series, bucket_width, series_in_order
from center.web.live import now_ms

HOURLY_DAYS = 45
"""Up to so many days a row is an hour (some thousand of them), beyond that a day."""
CHUNK = 200


def rollup_series(node: str, hours: int, max_points: int = MAX_POINTS) -> Series:
    """Columns of the last hours, thinned to about `max_points` rows; where no report was, the lines break."""
    step_s = STEPS_S[1] if hours <= HOURLY_DAYS * 24 else STEPS_S[2]
    start_ms = bucket_ms(now_ms() - hours * 3_600_000, step_s)
    rows = Rollup.objects.filter(node=node, step_s=step_s, at_ms__gte=start_ms, at_ms__lte=now_ms())
    return series_in_order(_samples(rows.order_by("at_ms"), step_s), bucket_width(rows.count(), max_points))


def _samples(rows: "QuerySet[Rollup]", step_s: int) -> Iterator[Sample]:
    """Of all targets of all rows MOST_TARGETS at most, the node's own way always among them."""
    charted = set(MAIN_TARGETS)
    for at_ms, text in rows.values_list("at_ms", "json").iterator(CHUNK):
        one = sample(at_ms, step_s, from_json(text))
        for name in sorted(one.targets):
            if len(charted) < MOST_TARGETS:
                charted.add(name)
        yield replace(one, targets={name: window for name, window in one.targets.items() if name in charted})
