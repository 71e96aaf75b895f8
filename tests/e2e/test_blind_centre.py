"""A centre whose broker is gone, or which no node can reach, says that it is blind and pages about no node."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.broker import running_broker
from tests.support.center import center_database
from tests.support.fleet import Database, FakeUplink, ingest, projecting, record, report_body, uplink
from tests.support.mqtt import wait_for

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.timeout(600)]
NODES = [f"kel-{number}" for number in range(3673011001, 3673011007)]
STATES = "SELECT state, COUNT(*) FROM connectivity_nodestate GROUP BY state"
OPEN = "SELECT kind FROM operations_incident WHERE resolved_ms IS NULL"


SPEAK_EVERY_S = 2.0


class Fleet:
    """Nodes that ask to be heard every five seconds."""

    def __init__(self) -> None:
        self._reports: Counter[str] = Counter()

    def speaks(self, nodes: list[FakeUplink], session: int, until: Callable[[], bool], what: str) -> None:
        """A birth of each, then reports again and again until it is so: no busy machine makes them silent."""
        for node in nodes:
            node.birth(session=session)
        spoke_s = 0.0

        def so() -> bool:
            nonlocal spoke_s
            if time.monotonic() - spoke_s > SPEAK_EVERY_S:
                for node in nodes:
                    self._reports[node.node] += 1
                    node.send([record(self._reports[node.node], "report", report_body(period_s=5))], "health")
                spoke_s = time.monotonic()
            return until()

        wait_for(so, what, 120)


def alarms(database: Database) -> int:
    return int(database.one("SELECT COUNT(*) FROM operations_alarm WHERE NOT suppressed"))


def test_a_broker_that_is_gone_makes_one_blind_incident_and_no_alarm_of_any_node(tmp_path: Path) -> None:
    with (
        center_database(tmp_path / "center") as data,
        running_broker(tmp_path) as broker,
        ingest(data, broker),
        projecting(data, broker) as worker,
    ):
        from tests.support.arrivals import register_node

        database, fleet = Database(data), Fleet()
        for node in NODES:
            register_node(node=node)
        with ExitStack() as nodes:
            all_six = [nodes.enter_context(uplink(broker, node)) for node in NODES]
            fleet.speaks(all_six, 1, lambda: database.rows(STATES) == [("UP", 6)], f"six nodes: {worker.output}")
            broker.stop()
        wait_for(lambda: database.rows(OPEN) == [("blind",)], f"blindness: {worker.output}", 120)
        wait_for(lambda: database.rows(STATES) == [("UNKNOWN", 6)], "nodes nobody can judge", 120)
        members = "SELECT COUNT(*) FROM operations_incidentmember"
        wait_for(lambda: database.one(members) == 6, "all six to be of it", 120)

        broker.start()
        wait_for(
            lambda: database.rows("SELECT connected FROM ingest_listener") == [(1,)], "ingest to listen again", 120
        )
        with ExitStack() as nodes:
            all_six = [nodes.enter_context(uplink(broker, node)) for node in NODES]
            fleet.speaks(all_six[:3], 2, lambda: database.rows(OPEN) == [], f"the end of blindness: {worker.output}")
            fleet.speaks(all_six, 3, lambda: database.rows(STATES) == [("UP", 6)], f"all to be heard: {worker.output}")
        # And once more with a broker that ingest still hears: only the nodes cannot reach it.
        wait_for(
            lambda: database.rows(OPEN) == [("blind",)], f"blindness of a centre that listens: {worker.output}", 120
        )
        wait_for(lambda: alarms(database) >= 2, "an alarm for the second time", 120)
        times = "SELECT COUNT(*) FROM operations_incidententry WHERE kind IN ('opened', 'reopened')"
        assert alarms(database) == database.one(times), "one for each time, and none of any node"
        assert database.rows("SELECT kind FROM operations_incident") == [("blind",)]
