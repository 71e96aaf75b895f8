"""A technician's word travels from the box to the state at the centre, over a stop of the agent, and ends when told."""

from pathlib import Path

import pytest

from tests.support.city import NODE, running_city, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


def test_a_node_is_in_maintenance_while_its_technician_says_so_even_while_the_agent_is_off(tmp_path: Path) -> None:
    with running_city(tmp_path) as city:
        agent = city.agent()
        agent.start()
        wait_until(agent.ready, f"the agent: {agent.tail()}")
        wait_until(lambda: city.state() not in ("UNKNOWN", "MAINT"), f"a report\n{agent.tail()}")

        begun = agent.ask("control", op="maintenance", action="begin", lasts_s=7200, ticket="T-17", note="ganti router")
        assert begun["filed"] is True
        wait_until(lambda: city.state() == "MAINT", f"maintenance at the centre\n{agent.tail()}")

        agent.stop()
        agent.start()
        wait_until(agent.ready, f"the agent again: {agent.tail()}")
        assert city.nodes()[NODE]["state"] == "MAINT"
        agent.ask("control", op="maintenance", action="end")
        wait_until(lambda: city.state() != "MAINT", f"the end at the centre\n{agent.tail()}")

        rows = city.query("SELECT active, ticket, note FROM operations_maintenance ORDER BY seq")
        assert [(bool(active), ticket, note) for active, ticket, note in rows] == [
            (True, "T-17", "ganti router"),
            (False, "T-17", "ganti router"),
        ]
