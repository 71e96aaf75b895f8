"""Backup during ingest, restore while the boxes go on: nothing accepted is lost, nothing is there twice, gaps are told.

The oracle is what the kiosks were told is accepted; the database is opened with the city's own key.
"""

import contextlib
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from agent.control_client import NoDaemonError, RefusedError
from tests.e2e.test_nothing_lost import Journal, numbers, stored
from tests.support.city import NODE, ROOT, Agent, City, running_city, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(500)]

OTHER = "kel-3673011002"


class Kiosk(Journal):
    """A journal whose texts name the box, and that can go on filing in the background."""

    def __init__(self, agent: Agent) -> None:
        super().__init__(agent)
        with agent.config.open("a") as config:
            config.write("\n[health]\ninterval_s = 5\n")
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._go_on)

    def text(self, number: int) -> str:
        return f"Air keruh, laporan {number} dari {self.agent.node}"

    def _go_on(self) -> None:
        while not self.stop.wait(0.02):
            self.file()


def backed_up_meanwhile(city: City, kiosk: Kiosk, folder: Path) -> Path:
    """The backup that was made while this kiosk filed something; one that a busy machine gave no time to is made anew.
    The kiosk files no more afterwards."""
    kiosk.thread.start()
    try:
        for number in range(10):
            before, file = len(kiosk.accepted), folder / f"city-{number}.tar.gz"
            assert "Backup done" in city.command("backup", str(file))
            if len(kiosk.accepted) > before:
                return file
    finally:
        kiosk.stop.set()
        kiosk.thread.join()
    raise AssertionError("nothing was filed during ten backups")


def restore(city: City, file: Path, code: int = 0) -> str:
    command = [sys.executable, "-m", "center.cli", "--lang", "en", "restore", str(file), "--data", str(city.data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def answer(city: City, code: str, text: str) -> str:
    """What an operator's page does; the reply's id."""
    return city.django(
        "from center.complaints.codes import find\nfrom center.complaints.services import advance\n"
        f"print(advance(find({code!r}).pk, 'verified', actor='sari', text={text!r}))"
    ).strip()


def closed(city: City, reply: str) -> bool:
    return city.query("SELECT receipt_at_ms IS NOT NULL FROM operations_downlink WHERE id = ?", reply) == [(1,)]


def health(city: City, node: str) -> set[object]:
    sql = "SELECT epoch || seq FROM ingest_rawrecord WHERE stream = 'health' AND node = ?"
    return {row[0] for row in city.query(sql, node)}


def assert_all_are_there_once(city: City, *journals: Journal) -> None:
    expected = {pair for journal in journals for pair in journal.accepted.items()}
    wait_until(lambda: expected <= set(stored(city)), "every accepted complaint to be stored", 150)
    found = stored(city)
    assert set(found) == expected
    assert set(found.values()) == {1}
    called = numbers(city)
    assert len(called) == len(expected)
    projected = "SELECT code FROM complaints_complaint ORDER BY code"
    wait_until(lambda: [row[0] for row in city.query(projected)] == called, "the projection, each once")


def knows_all_stored(agent: Agent) -> bool:
    """Whether the box holds no health report of which it has not heard that it is stored."""
    with contextlib.suppress(NoDaemonError, RefusedError):
        streams = agent.ask("control", op="outbox")["streams"]
        assert isinstance(streams, dict)
        return bool(streams["health"]["pending"] == 0)
    return False


def findings(city: City) -> list[dict[str, object]]:
    """`sandi-center audit --json`; its exit code is 1 when anything is missing without explanation."""
    command = [sys.executable, "-m", "center.cli", "audit", "--json", "--data", str(city.data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    rows: list[dict[str, object]] = json.loads(done.stdout)
    assert (done.returncode == 1) == any(row["kind"] == "fault" for row in rows)
    return rows


def assert_nothing_is_owed_twice(city: City, waiting: str, after: str, lost: set[object]) -> None:
    """After the restore: open answers are closed once, and what boxes know is stored is a told gap, not a fault."""
    # The answer of before the backup is offered once more and its receipt closes it; the citizen has it once.
    wait_until(lambda: closed(city, waiting), "the receipt to be given again", 90)
    # The answer of after the backup is unknown now, its receipt harms nothing; the box still has it.
    assert city.query("SELECT COUNT(*) FROM operations_downlink WHERE id = ?", after) == [(0,)]
    assert lost.isdisjoint(health(city, NODE)), "boxes do not keep health reports they know are stored"
    told = "SELECT COUNT(*) FROM ingest_rawrecord WHERE stream = 'health' AND received_ms > ?"
    now_ms = int(time.time() * 1000)
    wait_until(lambda: city.query(told, now_ms)[0][0] >= 2, "new health reports", 90)  # type: ignore[operator]

    def health_is_told_missing_and_nothing_else() -> bool:
        """What is still on its way may be told missing too, until it is there; a fault is found at no time."""
        rows = findings(city)
        assert {row["kind"] for row in rows} <= {"restore", "checking"}, rows
        return {row["stream"] for row in rows if row["kind"] == "restore"} == {"health"}

    wait_until(health_is_told_missing_and_nothing_else, "the gap to be told", 120)


def test_a_city_is_backed_up_while_it_works_and_restored_while_the_boxes_go_on(tmp_path: Path) -> None:
    with running_city(tmp_path) as city:
        first, second = Kiosk(city.agent()), Kiosk(city.agent("second", OTHER))
        for kiosk in (first, second):
            kiosk.agent.start()
        for kiosk in (first, second):
            wait_until(kiosk.agent.ready, f"the intake: {kiosk.agent.tail()}")
            kiosk.file(3)
        wait_until(lambda: len(stored(city)) == 6, "the first complaints to arrive")
        wait_until(lambda: len(city.query("SELECT code FROM complaints_complaint")) == 6, "their projection")
        # An answer waits for a box that is switched off: the backup holds it as not delivered yet.
        first.agent.stop()
        waiting = answer(city, next(iter(first.accepted.values())), "Petugas datang besok")

        file = backed_up_meanwhile(city, second, tmp_path)
        assert json.loads(city.command("backup", "--check", str(file), "--json"))["whole"]
        assert len(second.accepted) > 3, "complaints were filed meanwhile"

        known = health(city, NODE)
        first.agent.start()
        wait_until(first.agent.ready, f"the intake: {first.agent.tail()}")
        wait_until(lambda: closed(city, waiting), "the receipt")
        first.file(4)
        second.file(4)
        assert_all_are_there_once(city, first, second)
        after = answer(city, list(first.accepted.values())[-1], "Sudah selesai")
        wait_until(lambda: closed(city, after), "the second receipt")
        wait_until(lambda: health(city, NODE) > known, "health reports after the backup", 90)
        lost = health(city, NODE) - known
        wait_until(lambda: knows_all_stored(first.agent), "the box to hear that they are stored")

        refused = restore(city, file, code=2)
        assert "already runs" in refused and f"PID {city.up.process.pid}" in refused
        city.up.stop()
        first.file(2)
        said = restore(city, file)
        assert "as of" in said and "Start the centre again" in said
        assert set(stored(city)) < set(first.accepted.items()) | set(second.accepted.items()), "it is the older one"
        assert not closed(city, waiting)
        second.file(2)
        city.start()

        assert_all_are_there_once(city, first, second)
        assert_nothing_is_owed_twice(city, waiting, after, lost)


@pytest.mark.full
def test_a_box_stolen_after_the_backup_stays_out_after_the_restore(tmp_path: Path) -> None:
    with running_city(tmp_path) as city:
        thief, honest = Kiosk(city.agent()), Kiosk(city.agent("second", OTHER))
        file = tmp_path / "city.tar.gz"
        city.command("backup", str(file))
        city.command("revoke", NODE)
        city.up.stop()
        assert "stay taken back (1 nodes are revoked)" in restore(city, file)
        city.start()
        for kiosk in (thief, honest):
            kiosk.agent.start()
        for kiosk in (thief, honest):
            wait_until(kiosk.agent.ready, f"the intake: {kiosk.agent.tail()}")
            kiosk.file()
        wait_until(lambda: set(stored(city)) == set(honest.accepted.items()), "the honest box's complaint")
        time.sleep(3)
        assert set(stored(city)) == set(honest.accepted.items())
        assert city.nodes()[NODE]["retired"] is True
