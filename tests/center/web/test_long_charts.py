"""Charts of a month and a year are drawn from rollups, long after the reports are forgotten."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from center.core.rollup import of_report, to_json
from center.core.series import Window
from tests.support import wall_city

NODE = "kel-3673011001"
HOUR_MS = 3_600_000


def add_rollups(step_s: int, count: int, without: range = range(0)) -> None:
    """The newest `count` buckets of the node, ever slower; none in `without`."""
    from center.availability.models import Rollup
    from center.core.rollup import bucket_ms

    newest_ms = bucket_ms(wall_city.now_ms(), step_s)
    for back in range(count):
        if back not in without:
            window = Window(100, back % 7, None, None, 0, ((90 + back % 40, 99),))
            text = to_json(of_report("ntp", {"cpu_pct": float(back)}, {"icmp gateway": window, "icmp center": window}))
            values = {"step_s": step_s, "at_ms": newest_ms - back * step_s * 1000, "reports": 120, "json": text}
            Rollup.objects.create(node=NODE, **values)


def test_a_month_is_drawn_from_hours_and_breaks_where_nothing_was_reported(
    client_as: Callable[[str], Any], city: Path
) -> None:
    wall_city.add_node(NODE)
    add_rollups(3600, 300, without=range(100, 130))
    month = client_as("viewer").get(f"/api/v1/nodes/{NODE}/series?hours=720").json()
    assert 250 <= len(month["t"]) <= 480
    assert month["rtt_ms"]["icmp center"].count(None) == 1
    assert {len(column) for column in (*month["rtt_ms"].values(), *month["system"].values())} == {len(month["t"])}
    assert max(value for value in month["loss_pct"]["icmp gateway"] if value is not None) == 6.0


def test_a_year_is_drawn_from_days(client_as: Callable[[str], Any], city: Path) -> None:
    wall_city.add_node(NODE)
    add_rollups(86_400, 40)
    add_rollups(3600, 5)
    year = client_as("viewer").get(f"/api/v1/nodes/{NODE}/series?hours=8760").json()
    assert len(year["t"]) == 40
    assert year["holes"] == []
