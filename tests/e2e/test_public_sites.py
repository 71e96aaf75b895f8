"""A public site from its server to the centre's page: the probe, its report, the projection, the words."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.core.schedule import spread_slot
from agent.core.window import Window
from agent.probes.context import Target
from agent.probes.job import Job
from tests.support import wall_city
from tests.support.arrivals import project_all, store_records
from tests.support.center import center_database
from tests.support.fleet import record, report_body
from tests.support.websites import HOME, Reply, Watch, Website, online
from wire.bodies import HealthReport

NODES = ("kel-3673011001", "opd-diskominfo")


@pytest.fixture
def center(tmp_path: Path) -> Iterator[Path]:
    with center_database(tmp_path / "center") as data:
        wall_city.add_people()
        wall_city.add_sites()
        for node in NODES:
            wall_city.add_node(node)
        yield data


def report_of(watch: Watch) -> dict[str, Any]:
    """What the node would report of one look, through the very types of the wire."""
    target = Target("site", watch.config.item.name, watch.config)
    job = Job(target, spread_slot("n", "s", 300_000, 0), Window("site", target.name))
    job.take(watch.look(), watch.clock.mono_ms())
    report = HealthReport(30.0, "OK", (job.drain(),), None, {})
    decoded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(report))
    return report_body(probes=decoded["probes"])


def test_a_site_one_node_cannot_reach_and_one_that_is_old_arrive_on_the_page(center: Path) -> None:
    from django.test import Client

    from center.accounts.models import User

    now = wall_city.now_ms()
    with online(Website(**{"": Reply(HOME % "<span>1 Maret 2001</span>")})) as url:
        reached, lost = Watch(url), Watch("http://127.0.0.1:9/")
        for node, watch in zip(NODES, (reached, lost), strict=True):
            made = record(1, "report", report_of(watch), wall_ms=now, mono_ms=5000)
            store_records(center, [made], "health", received_ms=now, node=node)
    project_all(center)
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="viewer"), backend="django.contrib.auth.backends.ModelBackend")
    [site] = client.get("/api/v1/public-sites").json()["items"]
    assert (site["name"], site["state"], site["failing"], site["seen"]) == ("Dinas Contoh", "DEGRADED", 1, 2)
    assert (site["updated"], site["updated_according_to"], site["stale"]) == ("2001-03-01", "text", True)
    assert site["looks"][NODES[1]]["reason"] == "refused"
    page = client.get("/public-sites/").content.decode()
    assert "galat bagi 1 dari 2" in page
    assert "tidak diperbarui" in page


def test_a_report_with_forty_sites_in_one_period_stays_small(center: Path) -> None:
    with online(Website(**{"": Reply(HOME % "<span>1 Maret 2001</span>")})) as url:
        row = report_of(Watch(url))["probes"][0]
    size = len(msgspec.json.encode(row))
    assert size < 900  # four of them, on average, in a report of thirty seconds
