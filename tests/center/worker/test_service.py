"""The worker as a real process, behind a real ingest and broker."""

import signal
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.arrivals import store_records
from tests.support.broker import RunningBroker, running_broker
from tests.support.fleet import Database, ingest, projecting, record, report_body, uplink
from tests.support.mqtt import wait_for
from tests.support.own_time import own_s, within

pytestmark = pytest.mark.broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    """A real mosquitto over mutual TLS."""
    with running_broker(tmp_path) as running:
        yield running


def test_from_ack_to_row_it_takes_less_than_a_third_of_a_second_and_the_node_is_up(
    center_data: Path, broker: RunningBroker
) -> None:
    database = Database(center_data)
    took: list[float] = []
    with ingest(center_data, broker), projecting(center_data, broker), uplink(broker) as node:
        node.birth()
        for seq in range(1, 10):
            node.send([record(seq, "report", report_body())], "health")
            node.wait_stored([seq], "health")
            with own_s(took):
                wait_for(lambda: database.one("SELECT COUNT(*) FROM connectivity_report") == seq, "the row")  # noqa: B023
        wait_for(lambda: database.rows("SELECT state FROM connectivity_nodestate") == [("UP",)], "the node to be up")
    assert statistics.median(took) < 0.3


def test_killed_at_any_moment_the_worker_projects_each_record_once(center_data: Path, broker: RunningBroker) -> None:
    database = Database(center_data)
    for first in range(1, 3001, 1000):
        records = [record(seq, "report", report_body()) for seq in range(first, first + 1000)]
        store_records(center_data, records, "health")
    rows = "SELECT COUNT(*) FROM connectivity_report"
    position = "SELECT position FROM ingest_cursor WHERE name = 'projection'"
    for stop_at in (1, 1000, 2000):
        with projecting(center_data, broker) as worker:
            wait_for(lambda: database.one(rows) >= stop_at, "some progress")  # noqa: B023
            worker.send(signal.SIGKILL)
            worker.wait()
        assert database.one(rows) == database.one(position)
    with projecting(center_data, broker):
        wait_for(lambda: database.one(rows) == 3000, "all of them")


def test_stopped_in_order_it_is_gone_at_once(center_data: Path, broker: RunningBroker) -> None:
    database = Database(center_data)
    store_records(center_data, [record(1)])
    with projecting(center_data, broker) as worker:
        wait_for(lambda: database.one("SELECT COUNT(*) FROM connectivity_nodeevent") == 1, "its first round")
        with within(2):
            worker.send(signal.SIGTERM)
            assert worker.wait() == 0


def test_a_missing_table_is_waited_for(center_data: Path, broker: RunningBroker) -> None:
    database = Database(center_data)
    store_records(center_data, [record(1)])
    database.run("ALTER TABLE connectivity_boot RENAME TO away")
    with projecting(center_data, broker) as worker:
        worker.wait_for_output("worker-interrupted")
        database.run("ALTER TABLE away RENAME TO connectivity_boot")
        worker.wait_for_output("worker-resumed")
        wait_for(lambda: database.one("SELECT COUNT(*) FROM connectivity_nodeevent") == 1, "the projection")
    assert database.one("SELECT COUNT(*) FROM ingest_quarantined") == 0
