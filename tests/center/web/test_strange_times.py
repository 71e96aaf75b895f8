"""Pages of a node whose clock says what no calendar holds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import wall_city

NODE = "kel-3673011001"


def test_the_node_page_and_its_charts_are_shown_whatever_times_its_rows_have(
    client_as: Callable[[str], Any], city: Path
) -> None:
    from center.connectivity.models import Report

    wall_city.add_node(NODE)
    wall_city.add_reports(NODE, 6)
    for row, at_ms in zip(Report.objects.order_by("seq"), (-(2**53), 2**54, -62_135_596_800_001, 2**53), strict=False):
        Report.objects.filter(pk=row.pk).update(at_ms=at_ms)
    client = client_as("viewer")
    page = client.get(f"/nodes/{NODE}/")
    assert page.status_code == 200
    assert "tanggal tidak mungkin" in page.content.decode()
    assert client.get(f"/api/v1/nodes/{NODE}/series").status_code == 200
    assert client.get(f"/api/v1/nodes/{NODE}").status_code == 200
