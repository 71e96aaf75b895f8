"""Sequences that once went wrong somewhere, frozen: lost and cloned cards, late replies, a restored centre."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.city import Agent, City, running_city, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]
NODES = tuple(f"kel-{number}" for number in range(3673011001, 3673011005))


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """One for all; each test has a node of its own."""
    with running_city(tmp_path_factory.mktemp("centre"), enrolled=NODES) as city:
        yield city


def complaints(city: City) -> list[tuple[object, ...]]:
    rows = "SELECT service_request_id, status FROM complaints_complaint WHERE node = ? ORDER BY 1"
    return city.query(rows, city.node)


def started(agent: Agent) -> Agent:
    agent.start()
    wait_until(agent.ready, f"the intake of {agent.directory.name}:\n{agent.tail()}")
    return agent


def file(agent: Agent, number: int) -> str:
    name = f"{agent.directory.name}-complaint-number-{number}"
    answer = agent.filed(f"Saluran air tersumbat, laporan {number}", name)
    return str(answer["service_request_id"])


def test_a_cloned_card_is_noticed_and_both_boxes_keep_every_complaint(centre: City, tmp_path: Path) -> None:
    with centre.quarter(tmp_path) as city:
        original = started(city.agent("original"))
        known = {file(original, 1)}
        wait_until(lambda: len(complaints(city)) == 1, "the first complaint")
        original.stop()
        shutil.copytree(original.directory / "data", tmp_path / "clone" / "data")

        started(original)
        known.add(file(original, 2))
        wait_until(lambda: len(complaints(city)) == 2, "the original's second complaint")
        original.stop()

        clone = started(city.agent("clone"))
        known.add(file(clone, 3))
        wait_until(lambda: {row[0] for row in complaints(city)} == known, f"the clone's complaint:\n{clone.tail()}")
        epochs = city.query("SELECT epoch, conflict FROM ingest_epoch WHERE node = ?", city.node)
        assert len(epochs) == 2
        assert any(conflict for _, conflict in epochs), "the conflict is on record"


def test_after_a_lost_card_a_new_epoch_begins_and_history_stays(centre: City, tmp_path: Path) -> None:
    with centre.quarter(tmp_path) as city:
        first = started(city.agent("box"))
        known = {file(first, 1)}
        wait_until(lambda: len(complaints(city)) == 1, "the first card's complaint")
        first.stop()
        shutil.rmtree(first.directory / "data")

        again = started(first)
        known.add(file(again, 2))
        wait_until(lambda: {row[0] for row in complaints(city)} == known, f"the new card's complaint:\n{again.tail()}")
        opened = "SELECT epoch, seq FROM ingest_rawrecord WHERE kind = 'epoch' AND node = ? ORDER BY received_ms"
        # Events come after complaints.
        wait_until(lambda: len(city.query(opened, city.node)) == 2, f"both epochs' notices:\n{again.tail()}")
        notices = city.query(opened, city.node)
        assert len({epoch for epoch, _ in notices}) == 2
        assert [seq for _, seq in notices] == [1, 1], "each epoch opens with its notice"


def test_a_reply_published_while_the_node_was_off_is_read_at_the_kiosk_and_closed_by_its_receipt(
    centre: City,
    tmp_path: Path,
) -> None:
    with centre.quarter(tmp_path) as city:
        agent = started(city.agent())
        ticket = agent.filed("Jalan berlubang di depan pasar", "kiosk-complaint-number-1")
        wait_until(lambda: complaints(city), "the complaint")
        agent.stop()
        ((request_id, _),) = complaints(city)
        city.django(
            "from center.operations.downlink import queue\n"
            f"queue({city.node!r}, 'reply', {{'service_request_id': {str(request_id)!r}, 'status': 'answered', "
            "'text': 'Sudah ditambal pagi ini.', 'at_ms': 1795420800000})"
        )
        started(agent)
        wait_until(
            lambda: city.query(
                "SELECT 1 FROM operations_downlink WHERE receipt_at_ms IS NOT NULL AND node = ?", city.node
            ),
            f"the receipt:\n{agent.tail()}",
            90,
        )
        answer = agent.ask("intake", op="lookup", code=ticket["code"], pin=ticket["pin"])
        assert "Sudah ditambal pagi ini." in str(answer)


@pytest.mark.full
def test_a_centre_restored_to_an_older_database_gets_back_what_nodes_kept(centre: City, tmp_path: Path) -> None:
    with centre.quarter(tmp_path) as city:
        agent = started(city.agent())
        known = {file(agent, 1)}
        wait_until(lambda: len(complaints(city)) == 1, "the first complaint")
        with (
            contextlib.closing(sqlite3.connect(city.data / "center.db")) as live,
            contextlib.closing(sqlite3.connect(tmp_path / "older.db")) as copy,
        ):
            live.backup(copy)
        known.add(file(agent, 2))
        wait_until(lambda: len(complaints(city)) == 2, "the second complaint")
        city.up.stop()

        for ending in ("-wal", "-shm"):
            (city.data / f"center.db{ending}").unlink(missing_ok=True)
        shutil.copy(tmp_path / "older.db", city.data / "center.db")
        city.django("from center.ingest.generation import renew_generation\nrenew_generation()")
        assert len(complaints(city)) == 1
        city.start()
        wait_until(lambda: {row[0] for row in complaints(city)} == known, f"the complaint again:\n{agent.tail()}", 90)
        assert len(complaints(city)) == 2
