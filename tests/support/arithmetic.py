"""Driving the centre's arithmetic in this process, as its worker does, but with a clock of the test's own."""

from typing import Any


def work_out_due(now_ms: int) -> int:
    """Work out whatever is due until nothing is; how many passes that took."""
    from center.availability.passes import Pass
    from center.ingest.database import select

    passes = 0
    while rows := select("SELECT node, from_ms, version FROM availability_due ORDER BY since_ms, node LIMIT 2"):
        passes += 1
        assert passes < 200, f"the arithmetic does not come to an end: {rows}"
        versions = {node: version for node, _from_ms, version in rows}
        for _step in Pass(list(versions), min(row[1] for row in rows), now_ms, versions).run():
            pass
    return passes


def work_out_all(now_ms: int, from_ms: int = 0) -> None:
    """One pass over everybody."""
    from center.availability.passes import Pass
    from center.ingest.models import Epoch

    nodes = list(Epoch.objects.values_list("node", flat=True).distinct())
    for _step in Pass(nodes, from_ms, now_ms).run():
        pass


OUTAGE = (
    "node", "start_lo_ms", "start_hi_ms", "end_lo_ms", "end_hi_ms", "cause", "party", "counts", "parent", "told",
    "evidence",
)  # fmt: skip
DAY = (
    "node", "day", "up_s", "down_s", "maintenance_s", "unknown_s", "isp_up_s", "isp_down_s", "isp_excluded_s",
    "isp_unknown_s", "causes",
)  # fmt: skip


def conclusions() -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Outages and days as they stand, without what depends on when they were worked out."""
    from center.availability.models import Day, Outage

    outages = list(Outage.objects.order_by(*OUTAGE[:5], "cause").values_list(*OUTAGE))
    return outages, list(Day.objects.order_by("node", "day").values_list(*DAY))
