"""What a citizen types and an officer answers is found where the desk keeps it, and nowhere else.

A word of its own is planted in every field. Then everything that could have kept it is searched, in every form: what
processes said, their arguments and environment, what went over the broker, the box's whole disk with its freed blocks,
the bundle for support, the centre's files. Crashes are part of the trip.
"""

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.control_client import NoDaemonError, RefusedError, ask
from tests.support.city import NODE, ROOT, City, Program, running_city, wait_until
from tests.support.loop_disk import LoopDisk, why_not
from tests.support.number_picture import draw
from tests.support.voice_caller import send_photo
from tests.support.voice_markers import Markers
from tests.support.voice_officer import Officer
from tests.support.voice_spy import Spy, Watcher, check_spy, let_spy, watched
from wire import topics
from wire.codec import decode_up

pytestmark = [
    pytest.mark.full,
    pytest.mark.broker,
    pytest.mark.timeout(500),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]
LOUD = {"SANDI_LOG": "debug", "PYTHONFAULTHANDLER": "1"}
DESK_COLUMNS = {
    ("complaints_event", "detail"): ("reply", "note", "hold", "question"),
    ("complaints_disclosure", "reason"): ("reason",),
}
"""Where the centre keeps what its officers typed. What citizens typed is in no column at all."""
CODE_PLACES = re.compile(r"line: .*/up/complaint|box: (data/(kiosk|outbox/outbox|outbox)\.db(-wal)?|raw image)")
"""A record carries its ticket's code in the clear (`wire.voices.Complaint.code`): on the line, and on the box until the
sealed body is purged. The PIN and everything typed are nowhere."""


@dataclass
class Trip:
    """A box on a disk of its own, a centre, and what was planted."""

    city: City
    disk: LoopDisk
    folder: Path
    markers: Markers = field(default_factory=Markers)
    found: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    tickets: list[dict[str, object]] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    """What the markers' search calls the tickets' codes."""

    def __post_init__(self) -> None:
        for part in ("data", "run", "tmp"):
            (self.disk.path / part).mkdir()
        self.config = self.folder / "agent.toml"
        self.config.write_text(
            f'[node]\nid = "{NODE}"\ndata_dir = "{self.disk.path / "data"}"\nrun_dir = "{self.disk.path / "run"}"\n'
            f'[uplink]\nhost = "127.0.0.1"\nport = {self.city.mqtt_port}\n'
            f'credentials = "{self.city.credentials(NODE)}"\nreconnect_min_s = 0.2\nreconnect_max_s = 2\n'
            "[outbox]\nreserve_mb = 1\nack_commit_s = 1\n"
        )
        # Its log lies on the same disk: on a real box the journal does, too.
        self.log = self.disk.path / "agent.log"
        words = ("agent.cli", "run", "--config", str(self.config))
        self.agent = Program(self.log, *words, env=LOUD | {"TMPDIR": str(self.disk.path / "tmp")})

    @property
    def intake(self) -> Path:
        return self.disk.path / "run" / "intake.sock"

    def ask(self, **request: object) -> dict[str, Any]:
        """As the kiosk's page does: again while nobody answers."""
        answers: list[dict[str, Any]] = []

        def answered() -> bool:
            with contextlib.suppress(NoDaemonError):
                answers.append(ask(self.intake, request, 30))
            return bool(answers)

        wait_until(answered, f"an answer\n{self.agent.tail()}", 60)
        return answers[0]

    def look(self, where: str, content: bytes, *, within: bool = True) -> None:
        """Search some bytes; what is found goes on the list."""
        hits = self.markers.hits_within(content) if within else self.markers.hits(content)
        if CODE_PLACES.fullmatch(where):
            hits = {hit for hit in hits if hit.partition(" (")[0] not in self.codes}
        if hits:
            self.found[where] |= hits

    # -- what people do -----------------------------------------------------------------------------------------------

    def person(self, who: str, category: str, **more: object) -> dict[str, object]:
        """A request with a word of its own in every field that can be typed into."""
        plant = self.markers.plant
        typed = {name: f"{plant(f'{who} {name}')} di sini" for name in ("text", "name")}
        typed |= {"contact": plant(f"{who} contact"), "rt_rw": "01/02"}
        client_id = plant(f"{who} client_id") + "-0123456789"
        common = {"op": "submit", "category": category, "client_id": client_id, "channel": "web", "lang": "id"}
        return common | typed | more

    def hand_in(self, who: str, request: dict[str, object]) -> dict[str, object]:
        ticket = self.ask(**request)
        self.tickets.append(ticket)
        self.codes.add(f"{who} code")
        self.markers.watch(f"{who} code", str(ticket["code"]))
        for written in ('"pin":"{}"', '"pin": "{}"', "pin={}\n", "'pin': '{}'"):
            self.markers.watch(f"{who} PIN", written.format(ticket["pin"]), only_text=True)
        return ticket


@pytest.fixture
def trip(tmp_path: Path) -> Iterator[Trip]:
    with LoopDisk(tmp_path / "card", 64) as disk:
        loud = {"DJANGO_SETTINGS_MODULE": "tests.support.loud_settings", "PYTHONFAULTHANDLER": "1"}
        with quiet_environment(loud), running_city(tmp_path) as city:
            made = Trip(city, disk, tmp_path)
            try:
                yield made
            finally:
                with contextlib.suppress(AssertionError):
                    made.agent.stop(signal.SIGKILL)


@contextlib.contextmanager
def quiet_environment(more: dict[str, str]) -> Iterator[None]:
    """These variables for every process that is started in the block."""
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_planted_words_are_found_nowhere_outside_the_desk(trip: Trip) -> None:
    city = trip.city
    let_spy(city)
    with Spy(city) as spy, watched() as watcher:
        trip.agent.start()
        wait_until(lambda: ready(trip), f"the intake\n{trip.agent.tail()}")
        citizens_talk(trip)
        nonsense_is_said(trip)
        the_agent_crashes(trip)
        wait_until(lambda: stored(city) == len(trip.tickets), "every complaint at the desk", 120)
        check_spy(city, spy)
        officers_work(trip)
        the_pages_break(trip)
        wait_until(lambda: answers_at(trip) == 1, f"the answer at the kiosk\n{trip.agent.tail()}", 120)
        bundle = the_bundle(trip)
        trip.agent.stop()
        search_the_line(trip, spy)
        search_processes(trip, watcher)
        search_the_disk(trip)
    with Spy(city) as late:  # who comes later is told what is retained, and nothing else
        wait_until(lambda: any(retained for _, _, retained in late.seen), "retained messages", 30)
        for topic, payload, _ in late.seen:
            trip.look(f"retained: {topic}", topic.encode() + b"\n" + payload)
    trip.look("bundle", bundle)
    search_the_centre(trip)
    assert dict(trip.found) == {}
    the_desk_has_them(trip)


def ready(trip: Trip) -> bool:
    with contextlib.suppress(NoDaemonError, RefusedError):
        return bool(ask(trip.intake, {"op": "ready", "lang": "id"})["ready"])
    return False


def stored(city: City) -> int:
    return int(str(city.query("SELECT count(*) FROM complaints_complaint")[0][0]))


# -- the trip ----------------------------------------------------------------------------------------------------------


def citizens_talk(trip: Trip) -> None:
    """A complaint with a photograph, one whose name is confidential, and a request for information."""
    first = trip.person("citizen", "aduan", identity="contact")
    note = trip.markers.plant("citizen exif")
    picture = draw(0x0123456789ABCDEF, exif_note=note)
    assert trip.markers.hits(picture) == {"citizen exif (text)"}, "the camera wrote it, so it can be found"
    first["photos"] = [send_photo(trip.intake, str(first["client_id"]), 0, picture)]
    trip.hand_in("citizen", first)
    assert trip.ask(**first)["code"] == trip.tickets[0]["code"], "a client that did not hear"
    trip.hand_in("shy citizen", trip.person("shy citizen", "laporan", identity="confidential"))
    purpose = trip.markers.plant("applicant purpose")
    trip.hand_in("applicant", trip.person("applicant", "ppid", purpose=purpose, way="email", assisted=True))
    ticket = trip.tickets[0]
    shown = trip.ask(op="lookup", code=ticket["code"], pin=ticket["pin"], lang="id")
    assert shown["replies"] == []


def nonsense_is_said(trip: Trip) -> None:
    """Everything that goes wrong at the door, with words in it that must not come out by way of an error."""
    plant = trip.markers.plant
    good = trip.person("hostile", "aduan", identity="contact")
    wrong: list[dict[str, object]] = [
        good | {"category": plant("hostile category")},
        good | {"subject": plant("hostile subject").lower()},
        good | {plant("hostile key"): 1},
        good | {"text": [plant("hostile list")]},
        good | {"name": plant("hostile long name") * 40},
        good | {"photos": [plant("hostile photo id")]},
        good | {"follows_code": plant("hostile code"), "follows_pin": plant("hostile pin")},
        {"op": plant("hostile op"), "lang": plant("hostile lang")},
        {"op": "lookup", "code": plant("hostile look-up"), "pin": plant("hostile look-up pin"), "lang": "id"},
        {"op": "photo", "client_id": plant("hostile photo") + "-012345", "data": plant("hostile data")},
        {"op": "survey", "unit": plant("hostile unit"), "answers": [plant("hostile answer")], "lang": "id"},
    ]
    for request in wrong:
        with pytest.raises(RefusedError):
            ask(trip.intake, request, 30)
    for line in (f'{{"op": "submit", "text": "{plant("hostile broken JSON")}', plant("hostile flood") * 30_000):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(trip.intake))
            connection.sendall(line.encode() + b"\n")
            connection.recv(4096)


def the_agent_crashes(trip: Trip) -> None:
    """Abort with a trace of all threads while somebody hands something in; a disk that turns read-only; kill -9."""
    for number, (last, read_only) in enumerate(
        ((signal.SIGABRT, False), (signal.SIGKILL, False), (signal.SIGABRT, True))
    ):
        who = f"unlucky citizen {number}"
        request = trip.person(who, "saran", identity="contact")
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(trip.intake))
            connection.sendall(json.dumps(request).encode() + b"\n")
            if read_only:
                trip.disk.fail_read_only()
                connection.settimeout(30)
                with contextlib.suppress(OSError):
                    connection.recv(65536)
            assert trip.agent.process is not None
            trip.agent.process.send_signal(last)
            trip.agent.process.wait(30)
        if read_only:
            trip.disk.restart(repair=True)
        trip.agent.start()
        wait_until(lambda: ready(trip), f"the intake after {last!r}\n{trip.agent.tail()}", 60)
        trip.hand_in(who, request)
    assert b"Fatal Python error: Aborted" in trip.log.read_bytes(), "it said where it was"


def officers_work(trip: Trip) -> None:
    """The desk opens, notes, asks, holds and answers; a word in everything that is typed there."""
    page, officer, plant = _page(trip), Officer(trip.city), trip.markers.plant
    shown = officer.fill(page, "/open", why="other", more=plant("reason"))
    assert trip.markers.planted["citizen text"] in shown, "the desk can read it"
    officer.fill(page, "/do/verify")
    officer.fill(page, "/do/note", text=plant("note"))
    officer.fill(page, "/do/take")
    officer.fill(page, "/do/hold", reason=plant("hold"))
    officer.fill(page, "/do/take")
    officer.fill(page, "/do/ask", text=plant("question"))
    officer.fill(page, "/do/note", text=plant("too long a note") * 1000)
    officer.send(page, f"{page}do/hold", reason=plant("hold that is over"), until="2001-01-01")
    officer.fill(page, "/reply", status=plant("strange status"), text=plant("refused reply"))


def the_pages_break(trip: Trip) -> None:
    """An answer is sent while a table is gone: the trace of the failed request goes to the log, its words do not."""
    officer, plant = Officer(trip.city), trip.markers.plant
    for there, gone in (("operations_downlink", "away"), ("complaints_event", "away")):
        _rename(trip.city, there, gone)
        try:
            officer.send(_page(trip), f"{_page(trip)}reply", status="answered", text=plant(f"reply without {there}"))
        finally:
            _rename(trip.city, gone, there)
    log = trip.city.up.log.read_text()
    assert "no such table: operations_downlink" in log, "it said what was wrong"
    officer.fill(_page(trip), "/reply", status="answered", text=plant("reply"))


def _page(trip: Trip) -> str:
    return f"/complaints/{trip.tickets[0]['service_request_id']}/"


def _rename(city: City, there: str, gone: str) -> None:
    with contextlib.closing(sqlite3.connect(city.data / "center.db", timeout=30)) as database:
        database.execute("PRAGMA legacy_alter_table = ON")
        database.execute(f"ALTER TABLE {there} RENAME TO {gone}")
        database.commit()


def answers_at(trip: Trip) -> int:
    ticket = trip.tickets[0]
    shown = trip.ask(op="lookup", code=ticket["code"], pin=ticket["pin"], lang="id")
    return sum(trip.markers.planted["reply"] in reply["text"] for reply in shown["replies"])


def the_bundle(trip: Trip) -> bytes:
    """What a technician sends to support, made while the agent runs."""
    out = trip.folder / "bundle.tar.gz"
    command = [sys.executable, "-m", "agent.cli", "bundle", "--quick", "--config", str(trip.config), "-o", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert out.exists(), done.stderr
    return out.read_bytes()


# -- the search --------------------------------------------------------------------------------------------------------


def search_the_line(trip: Trip, spy: Spy) -> None:
    """Everything published, unpacked by the wire's own rules as well."""
    assert {"complaint", "attachment", "ack", "reply"} <= spy.leaves, spy.leaves
    for topic, payload, _ in spy.seen:
        trip.look(f"line: {topic}", topic.encode() + b"\n" + payload)
        with contextlib.suppress(Exception):
            if topics.parse(topic).leaf in ("complaint", "event", "health"):
                decoded = decode_up(topic, payload)
                for record in decoded.records:  # type: ignore[union-attr]
                    trip.look(f"line: {topic}", bytes(record.body))


def search_processes(trip: Trip, watcher: Watcher) -> None:
    """Arguments and environment of every process that ran."""
    for program in ("agent.cli", "mosquitto", "center"):
        assert any(program in words for words in watcher.programs), program
    for (process, what), content in watcher.seen.items():
        trip.look(f"{what} of {process.partition(' ')[0]}", content)


def search_the_disk(trip: Trip) -> None:
    """The box's files one by one, then the raw image: freed blocks, the file system's own journal, slack."""
    for path in sorted(trip.disk.path.rglob("*")):
        if path.is_file():
            trip.look(f"box: {path.relative_to(trip.disk.path)}", path.read_bytes())
    os.sync()
    image = trip.disk.image.read_bytes()
    assert b"uplink-up" in image, "the image is that of the disk the box wrote on"
    trip.look("box: raw image", image, within=False)


def search_the_centre(trip: Trip) -> None:
    """Every file of the centre: in the database only in the columns of the desk, and of what citizens typed nothing."""
    data = trip.city.data
    for path in sorted((*data.rglob("*"), trip.city.up.log)):
        if path.is_file() and not path.name.startswith("center.db"):
            trip.look(f"centre: {path.name}", path.read_bytes())
    with contextlib.closing(sqlite3.connect(data / "center.db")) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = database.execute(f"SELECT * FROM {table}")
            columns = [column[0] for column in rows.description]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    _search_cell(trip, table, column, value)


def _search_cell(trip: Trip, table: str, column: str, value: object) -> None:
    content = value if isinstance(value, bytes) else str(value).encode()
    allowed = {f"{name} (text)" for name in DESK_COLUMNS.get((table, column), ())}
    if column == "code" or table == "ingest_rawrecord":  # the desk knows tickets by their code, as the box sent it
        allowed |= {f"{code} (text)" for code in trip.codes}
    if hits := trip.markers.hits_within(content) - allowed:
        trip.found[f"centre: {table}.{column}"] |= hits


def the_desk_has_them(trip: Trip) -> None:
    """A search that finds nothing anywhere would also be one that planted nothing."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for table, column in DESK_COLUMNS:
        for (value,) in trip.city.query(f"SELECT {column} FROM {table}"):
            seen[table, column] |= trip.markers.hits(str(value).encode())
    for place, names in DESK_COLUMNS.items():
        assert {f"{name} (text)" for name in names} <= seen[place], place
