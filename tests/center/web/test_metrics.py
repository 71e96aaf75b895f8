"""Metrics: what they say, and to whom."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.support import concluded, wall_city

NODE = "kel-3673011001"


def samples(text: str) -> dict[tuple[str, ...], float]:
    """(name, label values in order of their names ...) -> value."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_an_empty_centre_says_zeros_and_no_ages(client_as: Callable[[str], Any], city: Path) -> None:
    answer = client_as("viewer").get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    said = samples(answer.content.decode())
    assert said["sandi_integrity_records", "fault"] == 0
    assert said["sandi_nodes", "UP"] == 0
    assert said["sandi_ingest_listening",] == 0
    assert ("sandi_newest_record_age_seconds",) not in said


def test_nodes_faults_gaps_quarantine_and_progress_are_counted(client_as: Callable[[str], Any], city: Path) -> None:
    from center.connectivity.models import GapLedger, Integrity
    from center.ingest.generation import current_generation
    from center.ingest.models import Quarantined

    generation = current_generation()
    wall_city.add_node(NODE)
    wall_city.add_node("opd-dinkes", "DOWN")
    wall_city.keep_alive(ahead_s=60)
    wall_city.add_record(NODE)
    for kind, count in (("fault", 4), ("checking", 2)):
        Integrity.objects.create(
            node=NODE, epoch="e", stream="health", kind=kind, count=count, ranges="[]", since_ms=wall_city.now_ms(),
            changed_ms=1,
        )  # fmt: skip
    for seq, (count, reason) in enumerate(((5, "refused: schema"), (6, "hash_mismatch"), (0, "bound")), start=1):
        GapLedger.objects.create(
            node=NODE, epoch="e", seq=seq, stream="event", first=1, last=9, count=count, reason=reason, received_ms=1
        )
    Quarantined.objects.create(node=NODE, topic="t", code="zlib", payload=b"", received_ms=1)
    said = samples(client_as("technician").get("/metrics").content.decode())
    assert (said["sandi_nodes", "UP"], said["sandi_nodes", "DOWN"]) == (1, 1)
    assert said["sandi_integrity_missing_records", NODE, "health"] == 4
    assert (said["sandi_integrity_records", "fault"], said["sandi_integrity_records", "checking"]) == (4, 2)
    assert said["sandi_gap_records_total", NODE, "refused", "event"] == 11
    assert said["sandi_quarantine_cases", "zlib"] == 1
    assert said["sandi_ingest_listening",] == 1
    assert 0 <= said["sandi_ingest_lag_seconds",] < 60
    assert said["sandi_worker_lag_records",] == 1
    assert 3 <= said["sandi_worker_lag_seconds",] < 60
    assert said["sandi_generation_info", generation, "created"] == 1


def test_without_permission_or_token_there_is_no_such_page(client_as: Callable[[str], Any], city: Path) -> None:
    stranger = client_as("")
    assert stranger.get("/metrics").status_code == 404
    assert stranger.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404
    (city / "metrics_token").write_text("short\n")
    assert stranger.get("/metrics", headers={"authorization": "Bearer short"}).status_code == 404


def test_the_token_opens_it_from_this_machine_only(client_as: Callable[[str], Any], city: Path) -> None:
    token = "0123456789abcdef0123456789abcdef"
    (city / "metrics_token").write_text(f"{token}\n")
    stranger = client_as("")
    brought = {"authorization": f"Bearer {token}"}
    assert stranger.get("/metrics", headers=brought).status_code == 200
    assert stranger.get("/metrics", headers=brought, REMOTE_ADDR="::1").status_code == 200
    assert stranger.get("/metrics", headers=brought, REMOTE_ADDR="10.1.2.3").status_code == 404
    assert stranger.get("/metrics", headers={"authorization": f"Bearer {token}x"}).status_code == 404
    assert stranger.get("/metrics", headers={"authorization": f"Basic {token}"}).status_code == 404
    assert stranger.post("/metrics", headers=brought).status_code == 405


def test_bytes_of_line_tests_are_told_per_node(client_as: Callable[[str], Any], city: Path) -> None:
    hour = int(time.time()) // 3600
    (city / "run").mkdir(exist_ok=True)
    for content, found in (
        (f'{{"{NODE}": {{"{hour}": 8000, "{hour - 30}": 5}}}}', {NODE: 8000.0}),
        ("{", {}),
    ):
        (city / "run/throughput.json").write_text(content)
        said = samples(client_as("technician").get("/metrics").content.decode())
        assert {key[1]: value for key, value in said.items() if key[0] == "sandi_throughput_day_bytes"} == found


def test_incidents_outages_availability_alerts_and_displays_are_counted(
    client_as: Callable[[str], Any], city: Path
) -> None:
    from center.alerts.models import Delivery
    from center.availability.models import Day
    from center.wall.models import Display
    from center.web.city import month_now

    def said() -> dict[tuple[str, ...], float]:
        return samples(client_as("viewer").get("/metrics").content.decode())

    empty = said()
    assert empty["sandi_incidents_open", "critical"] == empty["sandi_outages_open", "isp"] == 0
    assert empty["sandi_alerts_deliveries", "waiting"] == empty["sandi_alerts_overdue_seconds",] == 0
    assert empty["sandi_availability_today_seconds", "up"] == empty["sandi_displays",] == 0
    now = wall_city.now_ms()
    concluded.add_incident("node", NODE, (NODE,))
    concluded.add_incident("parent", "line-a", (NODE,), severity="warning", acknowledged_ms=1)
    concluded.add_incident("node", "opd-dinkes", ("opd-dinkes",), resolved_ms=1)
    concluded.add_outage(NODE, lasted_min=None)
    concluded.add_outage(NODE, lasted_min=5)
    concluded.add_days(NODE, (month_now()[1],), down_s=600)
    assert Day.objects.count() == 1
    for key, (state, due_ms) in enumerate((("waiting", now - 9_000), ("waiting", now + 9_000), ("sent", now - 99_000))):
        Delivery.objects.create(
            key=str(key),
            channel="c",
            what="opened",
            severity="critical",
            text="t",
            made_ms=1,
            due_ms=due_ms,
            state=state,
        )
    for number, (seen_ms, revoked_ms) in enumerate(((now, None), (None, None), (now, 5))):
        Display.objects.create(
            name=str(number), digest=str(number), networks="", made_ms=1, made_by="admin", seen_ms=seen_ms,
            revoked_ms=revoked_ms,
        )  # fmt: skip
    found = said()
    assert (found["sandi_incidents_open", "critical"], found["sandi_incidents_open", "warning"]) == (1, 1)
    assert found["sandi_incidents_unacknowledged",] == 1
    assert (found["sandi_outages_open", "isp"], found["sandi_outages_open", "pln"]) == (1, 0)
    assert found["sandi_availability_today_seconds", "down"] == 600
    assert (found["sandi_alerts_deliveries", "waiting"], found["sandi_alerts_deliveries", "failed"]) == (2, 0)
    assert 9 <= found["sandi_alerts_overdue_seconds",] < 60
    assert (found["sandi_displays",], found["sandi_displays_seen",]) == (2, 1)
