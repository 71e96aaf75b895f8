"""Pages of a node whose clock says what no calendar holds."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import wall_city

NODE = "kel-3673011001"


def test_a_clock_that_said_the_impossible_once_hides_neither_the_present_nor_the_charts(
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
    text = page.content.decode()
    lines = re.findall(r"<tr><td>([^<]*)</td><td>", text)
    assert [line == "tanggal tidak mungkin" for line in lines] == [False, False, True, True, True, True]
    series = client.get(f"/api/v1/nodes/{NODE}/series").json()
    newest = Report.objects.get(seq=6)
    assert len(series["t"]) == 2
    assert series["t"][-1] == round(newest.at_ms / 1000, 1)
    assert client.get(f"/api/v1/nodes/{NODE}").json()["report"] == json.loads(newest.json)


def test_the_newest_start_and_picture_are_those_the_box_made_last_whatever_its_clock_said(
    client_as: Callable[[str], Any], city: Path
) -> None:
    from center.cctv.models import Snapshot
    from center.connectivity.models import NodeEvent
    from center.web.lives import last_lives

    wall_city.add_node(NODE)
    now_ms = wall_city.now_ms()
    made = (("of_2031", now_ms + 5 * 365 * 86_400_000), ("of_1970", 0), ("of_today", now_ms))
    for seq, (verdict, at_ms) in enumerate(made, 1):
        common = {"node": NODE, "epoch": "epoch-1", "seq": seq, "boot": "b", "mono_ms": 1, "wall_ms": at_ms}
        times = {"at_ms": at_ms, "at_quality": "ntp", "received_ms": now_ms}
        told = json.dumps({"verdict": verdict, "previous_run": None, "previous_boot": None})
        NodeEvent.objects.create(**common, **times, run="r", kind="start", json=told)
        Snapshot.objects.create(**common, **times, camera=verdict, path="x", age_ms=0, width=1, height=1, size_bytes=1)
    assert [life.verdict for life in last_lives(NODE, 5)] == ["of_today", "of_1970", "of_2031"]
    page = client_as("operator").get(f"/nodes/{NODE}/").content.decode()
    assert 'alt="of_today"' in page


def test_a_node_that_began_a_new_epoch_shows_that_first_and_then_what_came_before(
    client_as: Callable[[str], Any], city: Path
) -> None:
    from center.connectivity.models import NodeState, Report
    from center.web.reports import last_lines

    wall_city.add_node(NODE)
    wall_city.add_reports(NODE, 3)
    row = Report.objects.get(seq=3)
    Report.objects.filter(pk=row.pk).update(epoch="epoch-2", seq=1, verdict="Q1")
    NodeState.objects.update(report_epoch="epoch-2")
    assert [line.verdict for line in last_lines(NODE, 2)] == ["Q1", "OK"]
    assert [line.verdict for line in last_lines(NODE, 9)] == ["Q1", "OK", "OK"]
