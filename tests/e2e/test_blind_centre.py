"""A centre whose broker is gone, or which no node can reach, says that it is blind and pages about no node."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.broker import running_broker
from tests.support.center import center_database
from tests.support.fleet import Database, FakeUplink, ingest, projecting, record, report_body, uplink
from tests.support.mqtt import wait_for

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.timeout(400)]
NODES = [f"kel-{number}" for number in range(3673011001, 3673011007)]
STATES = "SELECT state, COUNT(*) FROM connectivity_nodestate GROUP BY state"
OPEN = "SELECT kind FROM operations_incident WHERE resolved_ms IS NULL"


def speak(node: FakeUplink, session: int) -> None:
    """A birth, and a report that asks to be heard every five seconds."""
    node.birth(session=session)
    node.send([record(session, "report", report_body(period_s=5))], "health")


def test_a_broker_that_is_gone_makes_one_blind_incident_and_no_alarm_of_any_node(tmp_path: Path) -> None:
    with (
        center_database(tmp_path / "center") as data,
        running_broker(tmp_path) as broker,
        ingest(data, broker),
        projecting(data, broker) as worker,
    ):
        from tests.support.arrivals import register_node

        database = Database(data)
        for node in NODES:
            register_node(node=node)
        with ExitStack() as nodes:
            for node in NODES:
                speak(nodes.enter_context(uplink(broker, node)), 1)
            wait_for(lambda: database.rows(STATES) == [("UP", 6)], f"six nodes: {worker.output}", 60)
            broker.stop()
        wait_for(lambda: database.rows(OPEN) == [("blind",)], f"blindness: {worker.output}", 120)
        wait_for(lambda: database.rows(STATES) == [("UNKNOWN", 6)], "nodes nobody can judge", 60)
        members = "SELECT COUNT(*) FROM operations_incidentmember"
        wait_for(lambda: database.one(members) == 6, "all six to be of it", 60)

        broker.start()
        wait_for(lambda: database.rows("SELECT connected FROM ingest_listener") == [(1,)], "ingest to listen again", 60)
        with ExitStack() as nodes:
            for node in NODES[:3]:
                speak(nodes.enter_context(uplink(broker, node)), 2)
            wait_for(lambda: database.rows(OPEN) == [], f"the end of blindness: {worker.output}", 120)
            # And once more with a broker that ingest still hears: only the nodes cannot reach it.
            for node in NODES[3:]:
                speak(nodes.enter_context(uplink(broker, node)), 2)
            wait_for(lambda: database.rows(OPEN) == [], "all to be heard", 60)
        wait_for(
            lambda: database.rows(OPEN) == [("blind",)], f"blindness of a centre that listens: {worker.output}", 120
        )
        alarms = database.rows("SELECT COUNT(*) FROM operations_alarm WHERE NOT suppressed")
        assert alarms == [(2,)]  # one for each time
        assert database.rows("SELECT kind FROM operations_incident") == [("blind",)]
