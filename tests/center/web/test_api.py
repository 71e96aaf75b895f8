"""The JSON interface."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import wall_city

NODE = "kel-3673011001"


def test_without_a_session_the_answer_is_401_as_json(client_as: Callable[[str], Any]) -> None:
    answer = client_as("").get("/api/v1/nodes")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("application/json")


def test_the_list_of_nodes_says_state_cause_and_place(client_as: Callable[[str], Any], city: Path) -> None:
    wall_city.add_node(NODE, "DOWN", 10, cause="lost")
    wall_city.add_node("opd-dinkes")
    client = client_as("viewer")
    nodes = {node["id"]: node for node in client.get("/api/v1/nodes").json()}
    assert set(nodes) == {NODE, "opd-dinkes"}
    assert nodes[NODE]["state"] == "DOWN"
    assert nodes[NODE]["cause"] == "lost"
    assert nodes[NODE]["site_name"] == "Serang"
    assert nodes[NODE]["latitude"] < 0
    assert [node["id"] for node in client.get("/api/v1/nodes?state=UP").json()] == ["opd-dinkes"]
    assert client.get("/api/v1/nodes?site=opd-setda").json() == []


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


def test_the_description_is_served_and_no_page_that_loads_from_elsewhere(client_as: Callable[[str], Any]) -> None:
    client = client_as("viewer")
    description = client.get("/api/v1/openapi.json").json()
    assert set(description["paths"]) == {
        "/api/v1/session",
        "/api/v1/nodes",
        "/api/v1/nodes/{node_id}",
        "/api/v1/nodes/{node_id}/series",
        "/api/v1/complaints/summary",
    }
    assert client.get("/api/v1/docs").status_code == 404
