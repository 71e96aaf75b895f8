"""What a citizen types and an officer answers is found where the desk keeps it, and nowhere else.

A word of its own is planted in every field. Then everything that could have kept it is searched, in every form: what
processes said, their arguments and environment, what went over the broker, the box's whole disk with its freed blocks,
the bundle for support, the centre's files. Crashes are part of the trip.
"""

import contextlib
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.control_client import RefusedError, ask
from tests.support.city import ROOT, City, running_city, wait_until
from tests.support.kiosk_screen import serves
from tests.support.loop_disk import LoopDisk, why_not
from tests.support.number_picture import draw
from tests.support.voice_caller import send_photo
from tests.support.voice_officer import Officer
from tests.support.voice_planted import Trip, quiet_environment, ready, stored
from tests.support.voice_search import (
    SPOKEN,
    search_processes,
    search_the_centre,
    search_the_disk,
    search_the_line,
    the_desk_has_them,
)
from tests.support.voice_spy import Spy, check_spy, let_spy, watched
from tests.support.voice_visitor import LostError, ScreenVisitor

pytestmark = [
    pytest.mark.full,
    pytest.mark.broker,
    pytest.mark.timeout(500),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]


@pytest.fixture
def trip(tmp_path: Path) -> Iterator[Trip]:
    with LoopDisk(tmp_path / "card", 64) as disk:
        loud = {"DJANGO_SETTINGS_MODULE": "tests.support.loud_settings", "PYTHONFAULTHANDLER": "1"}
        with quiet_environment(loud), running_city(tmp_path) as city:
            made = Trip(city, disk, tmp_path)
            try:
                yield made
            finally:
                for program in (made.agent, made.screen):
                    with contextlib.suppress(AssertionError):
                        program.stop(signal.SIGKILL)


def test_planted_words_are_found_nowhere_outside_the_desk(trip: Trip) -> None:
    city = trip.city
    let_spy(city)
    with Spy(city) as spy, watched() as watcher:
        trip.agent.start()
        wait_until(lambda: ready(trip), f"the intake\n{trip.agent.tail()}")
        citizens_talk(trip)
        nonsense_is_said(trip)
        the_screen_is_used(trip)
        the_agent_crashes(trip)
        wait_until(lambda: stored(city) == len(trip.tickets), "every complaint at the desk", 120)
        check_spy(city, spy)
        officers_work(trip)
        the_pages_break(trip)
        wait_until(lambda: answers_at(trip) == 1, f"the answer at the kiosk\n{trip.agent.tail()}", 120)
        bundle = the_bundle(trip)
        wait_until(lambda: spy.leaves >= SPOKEN, f"the spy to hear all of it: {spy.leaves}")
        trip.agent.stop()
        search_the_line(trip, spy)
        search_processes(trip, watcher)
        search_the_disk(trip)
    with Spy(city) as late:  # who comes later is told what is retained, and nothing else
        wait_until(lambda: any(retained for _, _, retained in late.seen), "retained messages")
        for topic, payload, _ in late.seen:
            trip.look(f"retained: {topic}", topic.encode() + b"\n" + payload)
    trip.look("bundle", bundle)
    search_the_centre(trip)
    assert {where: hits for where, hits in trip.found.items() if hits} == {}
    the_desk_has_them(trip)


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


def the_screen_is_used(trip: Trip) -> None:
    """Somebody hands in by the screen's forms, somebody else types as it is aborted, and others knock strangely."""
    plant, base = trip.markers.plant, f"http://127.0.0.1:{trip.port}"
    trip.screen.start()
    wait_until(lambda: serves(base), f"the screen\n{trip.screen.tail()}")
    visitor = ScreenVisitor(base)
    code, pin = visitor.hand_in(plant("typed text"))
    ticket = trip.ask(op="lookup", code=code, pin=pin, lang="id")
    trip.note("typing citizen", {"code": code, "pin": pin, "service_request_id": ticket["service_request_id"]})
    for path, body in ((f"/{plant('strange path')}", None), ("/photo", plant("strange photo")), ("/", "x=%ff&" * 9)):
        request = urllib.request.Request(base + path, body.encode() if body else None, {"Origin": base})
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(request, timeout=30)

    def aborted() -> None:
        assert trip.screen.process is not None
        trip.screen.process.send_signal(signal.SIGABRT)
        trip.screen.process.wait(90)

    with pytest.raises(LostError):
        visitor.hand_in(plant("text of an aborted visit"), at_review=aborted)
    assert "Fatal Python error: Aborted" in trip.screen.tail(20_000)


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
            trip.agent.process.wait(90)
        if read_only:
            trip.disk.restart(repair=True)
        elif last == signal.SIGABRT:
            # Read now: what a failing disk has not written yet, the log too, is lost with it.
            assert b"Fatal Python error: Aborted" in trip.log.read_bytes(), "it said where it was"
        trip.agent.start()
        wait_until(lambda: ready(trip), f"the intake after {last!r}\n{trip.agent.tail()}")
        trip.hand_in(who, request)


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
