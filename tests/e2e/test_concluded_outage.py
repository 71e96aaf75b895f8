"""A real agent is cut off from a real centre: lost contact opens a provisional outage, the node's journal amends it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.agent_box import NODE, AgentBox, stop
from tests.support.broker import RunningBroker, running_broker
from tests.support.center import center_database
from tests.support.fleet import Database, ingest, projecting
from tests.support.lab import Box, laboratory
from tests.support.namespaces import inside
from tests.support.processes import wait_until

pytestmark = [pytest.mark.netns, pytest.mark.broker, pytest.mark.full, pytest.mark.timeout(600)]
HOST = "10.9.1.2"
PATIENT_S = 120.0
OUTAGES = "SELECT id, cause, party, told, end_hi_ms, revision, start_lo_ms, start_hi_ms FROM availability_outage"


@contextmanager
def town(tmp_path: Path) -> Iterator[tuple[Box, Box, RunningBroker, Box]]:
    """A node, its router, and the centre's broker beyond it."""
    with laboratory() as lab:
        node, router, center = lab.box("node"), lab.box("router", router=True), lab.box("center")
        lab.cable((node, "eth0", "10.9.0.2/24"), (router, "lan", "10.9.0.1/24"))
        lab.cable((router, "wan", "10.9.1.1/24"), (center, "eth0", f"{HOST}/24"))
        node.ip("route", "add", "default", "via", "10.9.0.1")
        center.ip("route", "add", "default", "via", "10.9.1.1")
        with inside(center), running_broker(tmp_path, "0.0.0.0", (HOST,)) as broker:
            yield node, router, broker, center


@pytest.fixture
def center_data(tmp_path: Path) -> Iterator[Path]:
    """A data directory with an empty, migrated database."""
    with center_database(tmp_path / "center") as directory:
        yield directory


def quick_box(folder: Path, broker: RunningBroker) -> AgentBox:
    """One that gives up a dead line sooner than by default."""
    quick = "reconnect_max_s = 2.0\nuser_timeout_s = 6.0\nkeepalive_s = 5\n[health]\ninterval_s = 10"
    box = AgentBox(folder, port=broker.port, credentials=broker.issue_node(NODE), more=quick)
    text = box.config.read_text(encoding="utf-8")
    box.config.write_text(text.replace("127.0.0.1", HOST), encoding="utf-8")
    return box


@pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
def test_lost_contact_opens_an_outage_and_the_nodes_own_journal_names_its_cause(
    center_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "node").mkdir()
    database = Database(center_data)

    def rows() -> list[tuple[Any, ...]]:
        return database.rows(OUTAGES)

    with town(tmp_path) as (node, router, broker, center):
        box = quick_box(tmp_path / "node", broker)
        with (
            inside(center),
            ingest(center_data, broker),
            projecting(center_data, broker),
            inside(node),
            box.running() as agent,
        ):
            wait_until(
                lambda: database.rows("SELECT 1 FROM connectivity_report LIMIT 1") != [],
                "a first report",
                PATIENT_S,
                lambda: agent.output,
            )
            # A busy machine may have been taken for an outage before: that is over, and another one.
            wait_until(lambda: all(row[4] is not None for row in rows()), "all to be well", PATIENT_S)
            before = {row[0] for row in rows()}

            def silent() -> list[tuple[Any, ...]]:
                """The centre's own; the node may tell of another that was before the line was dead."""
                return [row for row in rows() if row[0] not in before and row[1] == "silent"]

            router.nft("passing drop")
            wait_until(lambda: silent() != [], "a provisional outage", PATIENT_S, lambda: agent.output)
            provisional = silent()[-1]
            story = database.rows("SELECT * FROM ingest_contact"), database.rows("SELECT * FROM ingest_hearing")
            assert provisional[1:5] == ("silent", "none", 0, None), story
            wait_until(lambda: box.status()["outage"] is not None, "the node to know", PATIENT_S)
            router.heal()
            wait_until(
                lambda: any(row[3] == 1 and row[4] is not None for row in rows() if row[0] == provisional[0]),
                "its journal at the centre",
                PATIENT_S,
                lambda: f"{rows()} {agent.output[-3000:]}",
            )
            stop(agent)
    (amended,) = [row for row in rows() if row[0] == provisional[0]]  # the same outage, known better
    assert amended[1] not in ("silent", "restart") and amended[5] > provisional[5]
    assert amended[7] - amended[6] <= provisional[7] - provisional[6], "its beginning is known no worse"
    assert database.rows("SELECT why FROM availability_outagerevision WHERE outage = ?", provisional[0])
