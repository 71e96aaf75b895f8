"""The line to the centre is cut while a camera watches: nothing that was kept is lost, the moment of the trouble has
its picture, and what had to be given up is still named by the chain."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.agent.cameras.http_camera import HttpCamera, http_camera
from tests.support.city import Agent, City, running_city, wait_until
from tests.support.tcp_proxy import TcpProxy
from tests.support.watched_city import (
    CAMERA,
    Row,
    arrived,
    camera,
    chain_in_pack,
    given_up,
    is_unbroken,
    pending,
    sandi,
    settled,
    verified,
    wait_for,
    watched,
)
from wire.snapshot import MAX_EVICTED

NODES = tuple(f"kel-{number}" for number in range(3673011001, 3673011005))
FEW = 3
OFTEN = "[probes.broker]\ntimeout_s = 0.5\ninterval_s = 6\n"
"""A port that refuses while pings go through is otherwise an outage after two to three minutes."""

pytestmark = [pytest.mark.broker, pytest.mark.full, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """One for all; each test has a node of its own."""
    with running_city(tmp_path_factory.mktemp("centre"), enrolled=NODES) as city:
        yield city


@contextmanager
def line_to(city: City) -> Iterator[TcpProxy]:
    line = TcpProxy(city.mqtt_port)
    line.start()
    try:
        yield line
    finally:
        line.close()


def cut(line: TcpProxy) -> None:
    line.set(refuse=True)
    line.cut()


class Rationed(HttpCamera):
    """Keeps each picture back until there is a ration for it, or it is free."""

    def __init__(self) -> None:
        super().__init__()
        self.size = (640, 480)
        self.held, self.free = threading.Event(), threading.Event()
        """Whether a picture is asked for and kept back; whether none is any more."""
        self._rations = threading.Semaphore(0)

    def give_one(self) -> bool:
        """One more, if it is asked for one: then the box is done with the one before. Whether it was."""
        asked = self.held.is_set()
        if asked:
            self.held.clear()
            self._rations.release()
        return asked

    def picture(self) -> bytes:
        while not self.free.is_set():
            self.held.set()
            if self._rations.acquire(timeout=0.05):
                break
            if self.free.is_set():
                self.held.clear()
        return super().picture()


@contextmanager
def rationed() -> Iterator[Rationed]:
    source = Rationed()
    source.start()
    try:
        yield source
    finally:
        source.free.set()
        source.stop()


def outage(agent: Agent) -> dict[str, object] | None:
    found = agent.ask("control", op="status")["outage"]
    assert found is None or isinstance(found, dict)
    return found


def test_an_outage_and_an_urgent_complaint_have_their_pictures_and_none_of_the_meantime_is_lost(
    centre: City,
    tmp_path: Path,
) -> None:
    with http_camera(auth="both") as source, centre.quarter(tmp_path) as city, line_to(city) as line:
        login = source.user, source.password
        table = camera("http_jpeg", url=source.url, interval_s=3, deadline_s=60)
        agent = watched(city, table, login, port=line.port, more=OFTEN)
        agent.start()
        wait_for(city, agent, lambda rows: len(rows) >= 2, "pictures before the cut")
        # A camera has three pictures of events in ten minutes, and here are three: begun, complaint, ended. Those of an
        # outage a busy machine was taken for are forgotten with the camera process.
        wait_until(lambda: outage(agent) is None, f"no outage before the cut\n{agent.tail()}", 180)
        assert agent.eyes is not None
        agent.eyes.stop()
        agent.eyes.start()
        wait_until(lambda: sandi(agent, "snapshot", CAMERA).exit_code == 0, f"pictures again\n{agent.tail()}")
        cut(line)
        wait_until(lambda: outage(agent), "the outage to be found", 180)
        found = outage(agent)
        assert found is not None
        wait_until(lambda: pending(agent) >= 3, "pictures in the box")
        said = agent.filed("Tolong, rumah kebakaran di jalan Veteran", "kiosk-complaint-number-1")
        assert said["urgent"] is True
        meanwhile = sandi(agent, "snapshot", CAMERA, "--json")
        assert json.loads(meanwhile.stdout)["ok"] is True, meanwhile.output
        line.heal()
        begun, ended = (f"outage-{found['id']}-{what}" for what in ("begun", "ended"))
        wait_for(city, agent, lambda rows: {begun, ended} <= {row["request_id"] for row in rows}, "both pictures", 180)
        settled(city, agent)

        rows = arrived(city)
        why = {str(row["request_id"]): row["reason"] for row in rows if row["request_id"]}
        assert why[begun] == why[ended] == "event"
        assert why[json.loads(meanwhile.stdout)["request_id"]] == "request"
        [emergency] = [row for row in rows if str(row["request_id"]).startswith("emergency-")]
        assert emergency["reason"] == "event"
        assert str(said["code"]) not in str(emergency["request_id"])
        assert all((row["evicted"], row["evicted_more"]) == ("[]", 0) for row in rows)
        assert is_unbroken(chain_in_pack(city, tmp_path))


def given_up_in(rows: list[Row]) -> tuple[set[int], dict[int, dict[str, object]], int]:
    """(numbers that are not here, links by the number they name, how many are only counted).

    A picture that gave up others to find room for itself leaves it to the next one to tell of them.
    """
    here = {row["seq"] for row in rows}
    links = {one["seq"]: one for row in rows for one in json.loads(row["evicted"])}
    return set(range(1, max(here) + 1)) - here, links, max(row["evicted_more"] for row in rows)


def is_accounted_for(rows: list[Row]) -> bool:
    missing, links, only_counted = given_up_in(rows)
    return bool(links) and len(missing - links.keys()) <= only_counted


def more_if_answered(agent: Agent, source: Rationed) -> bool:
    """One picture more where none is on its way; never what is waited for."""
    if pending(agent) == 0:
        source.give_one()
    return False


@pytest.mark.parametrize(("least", "expected"), [(FEW, "given_up"), (MAX_EVICTED + 4, "told")], ids=["few", "many"])
def test_pictures_given_up_for_want_of_room_are_links_of_those_that_follow(
    least: int, expected: str, centre: City, tmp_path: Path
) -> None:
    """The agent is killed in the middle: what it gave up before is still told. Where they are to be few, the camera
    gives one at a time: however long this test is kept waiting, no more give way meanwhile. The line is cut and healed
    only while no picture is on its way: one that arrives and whose answer is lost is here, and given up all the
    same."""
    with rationed() as source, centre.quarter(tmp_path) as city, line_to(city) as line:
        table = camera("http_jpeg", url=source.url, max_bytes=200_000, strip=False, deadline_s=60)
        agent = watched(city, table, port=line.port, more="[outbox]\nsnapshot_max_mb = 1\n")

        def gave_up(least: int) -> bool:
            if given_up(agent) >= least:
                return True
            source.give_one()
            return False

        agent.start()
        wait_for(city, agent, lambda rows: rows or (source.give_one() and None), "a picture before the cut")
        wait_until(lambda: source.held.is_set() and pending(agent) == 0, f"its answer\n{agent.tail()}", 120)
        cut(line)
        if least > FEW:
            source.free.set()
        wait_until(lambda: gave_up(2), f"pictures to give way\n{agent.tail()}", 180)
        assert agent.process is not None
        agent.process.kill()
        agent.process.wait()
        agent.start()
        wait_until(agent.ready, f"the agent again\n{agent.tail()}")
        # What the killed agent counted last it may not have written down: the next one gives that up once more.
        wait_until(lambda: gave_up(least), f"more to give way\n{agent.tail()}", 180)
        source.free.clear()
        wait_until(source.held.is_set, f"the last of them to be taken\n{agent.tail()}")
        line.heal()
        wait_until(lambda: pending(agent) == 0, f"those that were kept to arrive\n{agent.tail()}", 120)
        # One at a time from here on too: while the centre is slow to answer, some of what it has may give way.
        wait_for(city, agent, lambda rows: is_accounted_for(rows) or more_if_answered(agent, source), "the links")
        settled(city, agent)

        rows = arrived(city)
        missing, links, only_counted = given_up_in(rows)
        assert len(missing) >= least
        assert links.keys() <= missing, "what is said to be given up is not here"
        if expected == "given_up":
            assert links.keys() == missing
            known = {row["sha256"] for row in rows} | {one["sha256"] for one in links.values()}
            assert all(row["previous_sha256"] in known for row in rows if row["previous_sha256"])
        assert len(missing - links.keys()) <= only_counted, "what is not named is counted"
        assert bool(only_counted) is (expected == "told")
        chain = chain_in_pack(city, tmp_path)
        assert expected in chain
        assert set(chain) <= {"first", "follows", "given_up", expected}


def test_a_picture_that_vanished_at_the_centre_is_a_gap_and_nothing_else_is_blamed(
    centre: City, tmp_path: Path
) -> None:
    with http_camera() as source, centre.quarter(tmp_path) as city:
        agent = watched(city, camera("http_jpeg", url=source.url))
        agent.start()
        wait_for(city, agent, lambda rows: len(rows) >= 5, "five pictures")
        settled(city, agent)
        agent.stop()
        rows = arrived(city)
        files = []
        for row in rows:
            if row is not rows[2]:
                files.append(tmp_path / f"{row['seq']}.jpg")
                files[-1].write_bytes(row.file(city))
        done = verified(*files, data=city.data)
        found = json.loads(done.stdout)
        assert done.returncode == 0, done.stdout
        assert [one["chain"] for one in found["pictures"]] == [
            "first",
            "follows",
            "gap",
            *["follows"] * (len(rows) - 4),
        ]

        content = bytearray(files[1].read_bytes())
        content[len(content) // 2] ^= 1
        files[1].write_bytes(content)
        done = verified(*files, data=city.data)
        assert done.returncode == 1
        wrong = [one["file"] for one in json.loads(done.stdout)["pictures"] if one["finding"] != "genuine"]
        assert wrong == [files[1].name], "one byte is enough, and no other picture is blamed for it"
        unknown = verified(files[0])
        assert unknown.returncode != 0, "without a key nothing is said of it"
