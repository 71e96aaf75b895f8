"""Promise 1, end to end: whatever dies on the way, each accepted complaint is in the database exactly once, by content.

The oracle is the test's own journal, written after the intake had answered; the database is opened with the city's key.
"""

import json
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from center.sealing import SealingKeys
from tests.support.city import Agent, City, running_city, wait_until
from wire.bodies import SealedBox

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


class Journal:
    """What the caller was told is accepted: request id and code by the text that only the caller knows."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.accepted: dict[str, str] = {}
        self._number = 0

    def file(self, count: int = 1) -> None:
        """Hand in so many."""
        for _ in range(count):
            self._number += 1
            text = self.text(self._number)
            ticket = self.agent.filed(text, f"{self.agent.node}-complaint-number-{self._number}")
            self.accepted[text] = str(ticket["code"])

    def text(self, number: int) -> str:
        """What complaint `number` says: nobody else says so."""
        return f"Lampu jalan nomor {number} padam sejak kemarin malam"


def stored(city: City) -> Counter[tuple[str, str]]:
    """(text, code) of every complaint in the raw records, opened with the city's sealing key, and how often."""
    rows = city.query("SELECT body FROM ingest_rawrecord WHERE stream = 'complaint' AND kind = 'complaint'")
    found: Counter[tuple[str, str]] = Counter()
    bodies = [json.loads(str(row[0])) for row in rows]
    keys = SealingKeys.load(city.data / "keys")
    for body in bodies:
        plain = keys.open(SealedBox(**body["sealed"]))
        found[(plain.text, plain.code)] += 1
    return found


def numbers(city: City) -> list[str]:
    """What the complaints in the raw records are called at the desk, each once, in order."""
    rows = city.query("SELECT body FROM ingest_rawrecord WHERE stream = 'complaint' AND kind = 'complaint'")
    return sorted({str(json.loads(str(row[0]))["code"]) for row in rows})


def assert_each_exactly_once(city: City, journal: Journal) -> None:
    expected = {(text, code) for text, code in journal.accepted.items()}
    wait_until(lambda: expected <= set(stored(city)), "every accepted complaint to be stored", 180)
    found = stored(city)
    assert set(found) == expected
    assert set(found.values()) == {1}
    called = numbers(city)
    assert len(called) == len(expected)
    projected = "SELECT code FROM complaints_complaint ORDER BY code"
    wait_until(lambda: [row[0] for row in city.query(projected)] == called, "the projection, each once")


def test_broker_agent_and_ingest_die_and_every_accepted_complaint_is_stored_exactly_once(tmp_path: Path) -> None:
    with running_city(tmp_path) as city:
        agent = city.agent()
        agent.config.write_text(agent.config.read_text().replace("[uplink]\n", "[uplink]\nconnect_timeout_s = 4\n"))
        agent.start()
        wait_until(agent.ready, f"the intake: {agent.tail()}")
        journal = Journal(agent)
        journal.file(3)
        wait_until(lambda: len(stored(city)) == 3, "the first complaints to arrive")

        # The broker hangs for 15 s, three connection attempts long: connections stay open, nothing is answered.
        broker = city.part("mosquitto")
        broker.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        journal.file(5)
        while time.monotonic() - began < 5:
            time.sleep(0.1)

        # Meanwhile the agent dies as at a power cut, twice, and goes on.
        for _ in range(2):
            agent.process.kill()
            agent.stop()
            agent.start()
            wait_until(agent.ready, f"the intake after kill -9: {agent.tail()}")
            journal.file(5)
        while time.monotonic() - began < 15:
            time.sleep(0.1)
        broker.send_signal(signal.SIGCONT)

        # Ingest dies after its commit and before any acknowledgement can leave: the broker stands still in between.
        journal.file(2)
        wait_until(lambda: len(stored(city)) >= 15, "the backlog to arrive", 180)
        for _ in range(3):
            before = len(stored(city))
            journal.file(4)
            wait_until(lambda before=before: len(stored(city)) > before, "one of them to be committed")
            broker = city.part("mosquitto")
            broker.send_signal(signal.SIGSTOP)
            city.kill_part("ingest")
            broker.send_signal(signal.SIGCONT)
        city.kill_part("mosquitto")
        journal.file(2)
        assert_each_exactly_once(city, journal)
        integrity = city.query("SELECT count(*), count(DISTINCT node || epoch || stream || seq) FROM ingest_rawrecord")
        assert integrity[0][0] == integrity[0][1]
