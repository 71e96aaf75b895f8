"""The JSON interface."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import node_told, wall_city

NODE = "kel-3673011001"


def test_without_a_session_the_answer_is_401_as_json(client_as: Callable[[str], Any]) -> None:
    answer = client_as("").get("/api/v1/nodes")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_list_of_nodes_says_state_cause_and_place(client_as: Callable[[str], Any], city: Path) -> None:
    wall_city.add_node(NODE, "DOWN", 10, cause="lost")
    wall_city.add_node("opd-dinkes")
    client = client_as("viewer")
    nodes = {node["id"]: node for node in client.get("/api/v1/nodes").json()["items"]}
    assert set(nodes) == {NODE, "opd-dinkes"}
    assert nodes[NODE]["state"] == "DOWN"
    assert nodes[NODE]["cause"] == "lost"
    assert nodes[NODE]["site_name"] == "Serang"
    assert nodes[NODE]["latitude"] < 0
    assert [node["id"] for node in client.get("/api/v1/nodes?state=UP").json()["items"]] == ["opd-dinkes"]
    assert client.get("/api/v1/nodes?site=opd-setda").json() == {"items": [], "next": None}


def test_one_node_brings_its_newest_report(client_as: Callable[[str], Any], city: Path) -> None:
    wall_city.add_node(NODE)
    wall_city.add_reports(NODE, 4)
    client = client_as("viewer")
    node = client.get(f"/api/v1/nodes/{NODE}").json()
    assert node["report"]["probes"][1]["target"] == "gateway"
    assert client.get("/api/v1/nodes/kel-0").status_code == 404


def test_series_show_a_gap_as_nulls_and_stay_in_their_span(client_as: Callable[[str], Any], city: Path) -> None:
    wall_city.add_node(NODE)
    wall_city.add_reports(NODE, 300, gap=(100, 140))
    client = client_as("viewer")
    series = client.get(f"/api/v1/nodes/{NODE}/series?hours=3").json()
    columns = [series["quality"], *series["rtt_ms"].values(), *series["loss_pct"].values(), *series["system"].values()]
    assert {len(column) for column in columns} == {len(series["t"])}
    assert series["rtt_ms"]["icmp gateway"].count(None) == 1
    assert "link eth0" not in series["rtt_ms"]
    assert len(client.get(f"/api/v1/nodes/{NODE}/series?hours=1").json()["t"]) <= 120
    assert client.get(f"/api/v1/nodes/{NODE}/series?hours=0").status_code == 422


def test_a_day_of_reports_is_thinned_to_what_a_phone_can_carry(client_as: Callable[[str], Any], city: Path) -> None:
    wall_city.add_node(NODE)
    wall_city.add_reports(NODE, 2880)
    answer = client_as("viewer").get(f"/api/v1/nodes/{NODE}/series?hours=24")
    assert len(answer.json()["t"]) <= 500
    assert len(answer.content) < 80_000


def test_complaints_are_counted_and_never_told(client_as: Callable[[str], Any], city: Path) -> None:
    wall_city.add_complaint(NODE, urgent=True)
    wall_city.add_complaint(NODE, status="answered", category="saran", received_ms=1)
    answer = client_as("viewer").get("/api/v1/complaints/summary")
    assert answer.json() == {
        "today": 1,
        "open": 1,
        "urgent": 1,
        "total": 2,
        "by_status": {"answered": 1, "received": 1},
        "by_category": {"aduan": 1, "saran": 1},
    }


def test_complaints_this_version_cannot_read_are_told_at_the_desk_and_to_prometheus(
    client_as: Callable[[str], Any], city: Path
) -> None:
    from center.connectivity.models import PassedOver

    metric = "sandi_complaints_unread"
    words = "tidak dapat dibaca oleh versi pusat ini"
    assert f"{metric} 0.0" in client_as("viewer").get("/metrics").content.decode()
    assert words not in client_as("operator").get("/complaints/").content.decode()
    for record_id, stream in enumerate(("complaint", "complaint", "event"), 1):
        PassedOver.objects.create(
            record_id=record_id, node=NODE, stream=stream, kind="praise", reason="kind", received_ms=1
        )
    assert f"{metric} 2.0" in client_as("viewer").get("/metrics").content.decode()
    for role in ("operator", "viewer"):
        assert f"2 pengaduan sudah masuk tetapi {words}" in client_as(role).get("/complaints/").content.decode()
    assert "2 complaints have arrived" in client_as("viewer").get("/complaints/?lang=en").content.decode()


def test_the_description_is_served_and_no_page_that_loads_from_elsewhere(client_as: Callable[[str], Any]) -> None:
    client = client_as("viewer")
    assert client.get("/api/v1/openapi.json").json()["info"]["title"] == "Sandi"
    assert client.get("/api/v1/docs").status_code == 404


def add_finding(kind: str, ranges: list[list[int]], **fields: Any) -> None:
    """What the gap audit would have written."""
    from center.connectivity.models import Integrity

    count = sum(last - first + 1 for first, last in ranges)
    values = {"node": NODE, "epoch": "epoch-1", "stream": "health", "count": count, "since_ms": 5, "changed_ms": 6}
    Integrity.objects.create(kind=kind, ranges=json.dumps(ranges), **{**values, **fields})


def test_missing_records_are_told_by_node_and_in_a_list_with_their_explanations(
    client_as: Callable[[str], Any], city: Path
) -> None:
    from center.ingest.models import Quarantined, Restore, RestoredLane

    wall_city.add_node(NODE)
    client = client_as("viewer")
    assert client.get(f"/api/v1/nodes/{NODE}").json()["integrity"]["word"] == "unknown"
    assert client.get("/api/v1/integrity").json()["items"] == []
    add_finding("restore", [[20, 29]])
    add_finding("fault", [[3, 4], [9, 9]], stream="event")
    Restore.objects.create(generation="g", at_ms=2000, known_until_ms=1000)
    RestoredLane.objects.create(
        generation="g", node=NODE, epoch="epoch-1", stream="health", floor=10, known_last=19, bound=29
    )
    node_told.add_gap(NODE, 5, 9, "bound")
    Quarantined.objects.create(
        node=NODE, topic="t", code="zlib", digest="ab", size_bytes=9000, payload=b"nobody's business", received_ms=7
    )
    assert client.get(f"/api/v1/nodes/{NODE}").json()["integrity"]["cases"] == []
    found = client_as("technician").get(f"/api/v1/nodes/{NODE}").json()["integrity"]
    assert (found["word"], found["missing"], found["quarantined"]) == ("fault", 3, 1)
    assert [(row["kind"], row["ranges"]) for row in found["findings"]] == [
        ("fault", [[3, 4], [9, 9]]),
        ("restore", [[20, 29]]),
    ]
    assert (found["findings"][1]["from_ms"], found["findings"][1]["to_ms"]) == (1000, 2000)
    assert found["declared"][0]["reason_class"] == "bound"
    assert found["cases"] == [{"code": "zlib", "received_ms": 7, "size_bytes": 9000, "digest": "ab"}]
    assert [row["kind"] for row in client.get("/api/v1/integrity?kind=fault").json()["items"]] == ["fault"]
    assert client_as("").get("/api/v1/integrity").status_code == 401


def test_holes_in_the_series_carry_their_reason(client_as: Callable[[str], Any], city: Path) -> None:

    wall_city.add_node(NODE)
    wall_city.add_reports(NODE, 300, gap=(100, 140))
    client = client_as("viewer")
    assert client.get(f"/api/v1/nodes/{NODE}/series").json()["holes"] == []
    node_told.add_gap(NODE, 90, 140, "disk")
    (hole,) = client.get(f"/api/v1/nodes/{NODE}/series").json()["holes"]
    assert (hole["reason"], hole["count"], hole["end"] - hole["start"]) == ("disk", 40, 41 * 30)


def test_a_number_no_json_knows_is_answered_as_null(client_as: Callable[[str], Any], city: Path) -> None:
    from center.connectivity.models import Report

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    wall_city.add_node(NODE)
    wall_city.add_reports(NODE, 1)
    row = Report.objects.get()
    row.json = row.json.replace("{", '{"new": [1e999, {"x": -1e999, "y": 1.5}],', 1)
    row.save()
    answer = client_as("viewer").get(f"/api/v1/nodes/{NODE}")
    assert answer.status_code == 200
    told = json.loads(answer.content, parse_constant=refuse)
    assert told["report"]["new"] == [None, {"x": None, "y": 1.5}]
