"""A node tests its line with the real centre: found behind the broker's port, and closed to whom the centre revokes."""

import asyncio
import time
from pathlib import Path

import pytest

from agent.core.observation import Observation, Reason
from agent.probes.context import Center
from tests.support.city import City, running_city, wait_until
from tests.support.probe_once import observe_here

NODE, OTHER = "kel-3673011001", "kel-3673011002"

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


def measured(city: City, node: str) -> Observation:
    center = Center("127.0.0.1", city.mqtt_port, city.credentials(node))
    data_dir = city.directory / f"data-{node}"
    data_dir.mkdir(exist_ok=True)
    small = {"size_mb": 0.3, "time_s": 2.0, "timeout_s": 60.0}
    return asyncio.run(observe_here("throughput", small, center=center, data_dir=data_dir, host="center"))


def measured_well(city: City, node: str) -> Observation:
    """The first measurement that went well: a busy machine may spoil one. The last one when none does."""
    deadline = time.monotonic() + 90
    while not (seen := measured(city, node)).ok and time.monotonic() < deadline:
        time.sleep(0.5)
    return seen


def test_a_node_measures_its_line_and_a_revoked_one_is_turned_away(tmp_path: Path) -> None:
    with running_city(tmp_path) as city:
        wait_until(lambda: "Line tests" in city.up.tail(100_000), f"the endpoint\n{city.up.tail()}")
        for node in (NODE, OTHER):
            seen = measured_well(city, node)
            assert (seen.ok, seen.reason) == (True, ""), (seen, city.up.tail())
            assert seen.detail["port"] == city.mqtt_port + 1
        city.command("revoke", NODE)
        wait_until(
            lambda: measured(city, NODE).reason in (Reason.TLS_REFUSED_US, Reason.RESET), "the revoked one's refusal"
        )
        wait_until(lambda: measured(city, OTHER).ok, "the endpoint for the others")
