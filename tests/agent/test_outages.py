"""The watch over the verdict: what goes into the journal and to the centre, whatever disk, outbox and restarts do."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from agent import journals, outages
from agent.core.endings import Beat
from agent.core.evidence import Evidence
from agent.core.journal import parse
from agent.core.observation import Observation, Reason
from agent.events import EventLog
from agent.fakes import FakeClock
from agent.journals import MOST_BYTES, numbered, read
from agent.outagebook import again
from agent.outages import OutageWatch
from agent.outbox import OutboxError
from tests.support.small_tmpfs import SmallTmpfs
from tests.support.told_line import Outbox, ToldLine
from tests.support.torture import often

NODE = "kel-3673011001"
PATIENCE_S = 120.0


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No write is given up because a busy disk is slow, where the test is about something else."""
    monkeypatch.setattr(outages, "WRITE_S", PATIENCE_S)


class Life:
    """One run of the agent's watch in a folder, driven second by second."""

    def __init__(self, folder: Path, clock: FakeClock | None = None, last: Beat | None = None) -> None:
        self.folder = folder / "journal"
        self.clock = clock or FakeClock()
        self.line, self.outbox = ToldLine(), Outbox()
        self.trouble: list[str] = []
        self.told: list[tuple[str, str]] = []
        self.watch = OutageWatch(
            self.line,
            EventLog(self.outbox, self.clock),
            self.clock,
            NODE,
            folder,
            last=last,
            on_trouble=lambda: self.trouble.append("trouble"),
            on_well=lambda: self.trouble.append("well"),
            on_outage=lambda ident, what: self.told.append((ident, what)),
        )

    async def hold(self, how: str, seconds: int) -> None:
        """The line `is_up`, `is_cut` or `is_silent` for so long."""
        for _ in range(seconds):
            getattr(self.line, how)(self.clock.mono_ms())
            await self.watch.look()
            self.clock.advance(1)

    async def begin(self) -> None:
        """What `run` does first."""
        running = asyncio.create_task(self.watch.run())
        while not self.watch.progress.mark():
            assert not running.done(), running.exception()
            await asyncio.sleep(0.01)
        running.cancel()

    @property
    def files(self) -> list[Path]:
        return [path for _, path in numbered(self.folder)]


def test_an_outage_is_told_when_found_and_when_over_and_the_journal_has_all_of_it(tmp_path: Path) -> None:
    life = Life(tmp_path)

    async def story() -> None:
        await life.hold("is_up", 30)
        await life.hold("is_cut", 60)
        assert life.watch.status() is not None
        await life.hold("is_silent", 30)
        await life.hold("is_up", 30)

    asyncio.run(story())
    began, ended = life.outbox.of("outage")
    assert (began["phase"], began["code"], ended["phase"], ended["code"]) == ("begun", "L1", "ended", "L1")
    assert began["id"] == ended["id"]
    assert life.told == [(began["id"], "begun"), (began["id"], "ended")]
    assert began["onset_mono_ms"] == ended["onset_mono_ms"] == 90_000
    assert ended["end_mono_ms"] == 180_000
    assert [step["code"] for step in ended["steps"]] == ["L1", "L5d"]
    assert (ended["sent"], ended["lost"]) == (90, 90)
    assert began["evidence"][0]["reason"] == "no_carrier"
    (path,) = life.files
    found = read(path)
    assert found.header.node == NODE
    assert [entry.kind for entry in found.entries] == ["begun", "step", "step"]
    assert found.end is not None
    assert (found.end.end_ms, found.end.how) == (180_000, "seen")
    assert all(line["agrees"] for line in again(found))
    assert life.trouble == ["trouble", "well"]
    assert life.watch.status() is None


def test_every_lasting_verdict_is_an_event(tmp_path: Path) -> None:
    life = Life(tmp_path)

    async def story() -> None:
        await life.hold("is_up", 30)
        await life.hold("is_cut", 30)
        await life.hold("is_up", 3)
        await life.hold("is_silent", 30)

    asyncio.run(story())
    told = life.outbox.of("verdict")
    assert [body["code"] for body in told] == ["OK", "L1", "L5d"]
    assert told[1]["since_mono_ms"] == 90_000
    assert {rung["name"]: rung["state"] for rung in told[1]["rungs"]}["link"] == "failed"


def test_an_outage_cut_short_by_a_restart_is_ended_by_the_next_run(tmp_path: Path) -> None:
    first = Life(tmp_path)

    async def before() -> None:
        await first.hold("is_up", 10)
        await first.hold("is_cut", 60)

    asyncio.run(before())
    clock = FakeClock(mono_ms=200_000, run="2")
    beat = Beat(clock.boot, first.clock.run, 150_000, 0, True)
    second = Life(tmp_path, clock, beat)
    asyncio.run(second.begin())
    (told,) = second.outbox.of("outage")
    assert (told["phase"], told["how"], told["end_mono_ms"]) == ("ended", "restart", 150_000)
    assert told["id"] == first.outbox.of("outage")[0]["id"]
    assert told["boot"] == first.clock.boot
    assert [step["code"] for step in told["steps"]] == ["L1"]
    assert told["steps"][0]["evidence"][0]["reason"] == "no_carrier"
    (path,) = second.files
    end = read(path).end
    assert end is not None
    assert (end.how, end.end_ms) == ("restart", 150_000)
    third = Life(tmp_path, FakeClock(mono_ms=300_000, run="3"))
    asyncio.run(third.begin())
    assert third.outbox.of("outage") == []


def test_a_restart_while_the_line_was_already_back_ends_the_outage_there(tmp_path: Path) -> None:
    first = Life(tmp_path)

    async def before() -> None:
        await first.hold("is_cut", 30)
        await first.hold("is_up", 8)

    asyncio.run(before())
    second = Life(tmp_path, FakeClock(mono_ms=200_000, run="2"))
    asyncio.run(second.begin())
    (told,) = second.outbox.of("outage")
    assert (told["how"], told["end_mono_ms"]) == ("restart", 90_000)
    assert [step["code"] for step in told["steps"]] == ["L1"]


def test_wherever_the_last_line_was_torn_the_next_run_ends_the_outage(tmp_path: Path) -> None:
    first = Life(tmp_path)

    async def before() -> None:
        await first.hold("is_cut", 15)
        await first.hold("is_silent", 15)

    asyncio.run(before())
    (path,) = first.files
    whole = path.read_bytes()
    header = whole.index(b"\n") + 1
    for cut in (header, header + 1, header + 500, len(whole) - 1, len(whole)):
        path.write_bytes(whole[:cut])
        life = Life(tmp_path, FakeClock(mono_ms=200_000, run="2"))
        asyncio.run(life.begin())
        found = parse(path.read_bytes())
        assert found.end is not None, cut
        assert (found.end.how, found.torn) == ("restart", 0)
        assert len(life.outbox.of("outage")) == 1


def test_a_file_that_is_no_journal_stands_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "000001-broken.jsonl").write_bytes(b"\0\0\0")
    (tmp_path / "journal" / "notes.txt").write_text("by hand")
    life = Life(tmp_path)
    asyncio.run(life.begin())
    asyncio.run(life.hold("is_cut", 15))
    assert [path.name[:6] for path in life.files] == ["000001", "000002"]
    assert life.outbox.of("outage")


def test_a_thousand_flaps_fill_neither_the_journal_nor_the_outbox(tmp_path: Path) -> None:
    """Of some hundred where SANDI_TORTURE does not ask for all."""
    life = Life(tmp_path)
    flaps = often(300, 1000)

    async def story() -> None:
        for _ in range(flaps):
            await life.hold("is_silent", 11)
            await life.hold("is_up", 14)

    asyncio.run(story())
    files = life.files
    assert 1 <= len(files) <= 3
    assert sum(path.stat().st_size for path in files) <= len(files) * MOST_BYTES
    assert len(life.outbox.of("outage")) <= 6
    assert len(life.outbox.of("verdict")) <= 25 * flaps / 600 * 12
    assert all(read(path).torn == 0 for path in files)


def test_a_disk_that_refuses_loses_lines_of_the_journal_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Life(tmp_path)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async def story() -> None:
        await life.hold("is_up", 5)
        with monkeypatch.context() as full:
            full.setattr("agent.journals._write", refuse)
            await life.hold("is_cut", 30)
        assert life.files == []
        await life.hold("is_silent", 30)
        await life.hold("is_up", 30)

    asyncio.run(story())
    assert [body["phase"] for body in life.outbox.of("outage")] == ["begun", "ended"]
    (path,) = life.files
    found = read(path)
    assert [entry.code for entry in found.entries] == ["L5d", "OK"]
    assert found.end is not None
    assert found.end.code == "L1"


def test_an_outbox_that_refuses_has_it_told_later(tmp_path: Path) -> None:
    life = Life(tmp_path)

    async def story() -> None:
        life.outbox.refusal = OutboxError("full", "the disk is full")
        await life.hold("is_cut", 30)
        life.outbox.refusal = None
        await life.hold("is_up", 30)

    asyncio.run(story())
    assert [body["phase"] for body in life.outbox.of("outage")] == ["begun", "ended"]


def test_a_disk_that_hangs_does_not_stop_the_watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    stuck = threading.Event()
    monkeypatch.setattr(outages, "WRITE_S", 0.1)
    monkeypatch.setattr("agent.journals._write", lambda *_: stuck.wait(PATIENCE_S))
    life = Life(tmp_path)

    async def story() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await life.hold("is_cut", 30)
            await life.hold("is_silent", 20)
            await life.hold("is_up", 30)

    try:
        asyncio.run(story())
    finally:
        stuck.set()
    assert [body["phase"] for body in life.outbox.of("outage")] == ["begun", "ended"]


def _may_mount() -> bool:
    done = subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True)
    return done.returncode == 0


@pytest.mark.skipif(not _may_mount(), reason="mounting a small disk needs root")
def test_a_full_disk_leaves_no_stump_and_the_journal_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with SmallTmpfs(tmp_path / "disk", 1) as disk:
        life = Life(disk.path)

        async def story() -> None:
            await life.hold("is_cut", 15)
            disk.fill()
            await life.hold("is_silent", 10)
            await life.hold("is_cut", 10)
            disk.free()
            await life.hold("is_silent", 10)
            await life.hold("is_up", 30)

        asyncio.run(story())
        (path,) = life.files
        found = read(path)
        assert found.torn == 0
        assert found.entries[0].code == "L1"
        assert found.end is not None
        assert [body["phase"] for body in life.outbox.of("outage")] == ["begun", "ended"]


def test_a_fault_that_only_a_deeper_look_names_does_not_end_the_outage(tmp_path: Path) -> None:
    """The broker's certificate seems bad; then the look finds the clock wrong, which is no more than a note."""
    life = Life(tmp_path)
    bad = Observation("broker", "center", 0, False, Reason.TLS_NOT_YET_VALID, (None,))
    clock = Observation("ntp", "clock", 0, False, Reason.CLOCK_WRONG, detail={"offset_s": 1e8})

    async def story() -> None:
        told, extra = life.line.evidence, [Evidence(bad, "down", 3)]
        life.line.evidence = lambda now_ms: (*told(now_ms), *extra)  # type: ignore[method-assign]
        await life.hold("is_up", 30)
        extra.append(Evidence(clock))
        await life.hold("is_up", 60)

    asyncio.run(story())
    assert life.trouble == ["trouble"]
    (began,) = life.outbox.of("outage")
    assert began["phase"] == "begun"
    assert life.watch.status() is not None


def test_a_login_page_that_does_not_hold_up_this_node_is_no_outage(tmp_path: Path) -> None:
    life = Life(tmp_path)
    page = Evidence(Observation("portal", "portal", 0, False, Reason.CAPTIVE_PORTAL, (9.0,)))
    session = Evidence(Observation("broker", "center", 0, True, detail={"evidence": "uplink"}), "up")

    async def story() -> None:
        told, extra = life.line.evidence, [page, session]
        life.line.evidence = lambda now_ms: (*told(now_ms), *extra)  # type: ignore[method-assign]
        await life.hold("is_up", 60)
        assert (life.trouble, life.outbox.of("outage")) == ([], [])
        extra.remove(session)
        await life.hold("is_up", 60)

    asyncio.run(story())
    assert [event["code"] for event in life.outbox.of("outage")] == ["P1"]


def test_a_watch_that_is_started_anew_does_not_end_the_outage_it_watches(tmp_path: Path) -> None:
    life = Life(tmp_path)

    async def story() -> None:
        await life.hold("is_up", 10)
        await life.hold("is_cut", 60)
        await life.begin()
        await life.hold("is_cut", 30)
        await life.hold("is_up", 60)

    asyncio.run(story())
    assert [body["phase"] for body in life.outbox.of("outage")] == ["begun", "ended"]
    (path,) = life.files
    end = read(path).end
    assert end is not None
    assert end.how == "seen"


def test_a_disk_that_hung_in_one_outage_and_answers_in_the_next_mixes_none_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    stuck, write = threading.Event(), journals._write
    monkeypatch.setattr(outages, "WRITE_S", 0.1)
    monkeypatch.setattr(journals, "_write", lambda handle, line: (stuck.wait(PATIENCE_S), write(handle, line)))
    life = Life(tmp_path)

    async def story() -> None:
        await life.hold("is_cut", 30)
        await life.hold("is_up", 60)
        await life.hold("is_silent", 30)
        stuck.set()
        monkeypatch.setattr(outages, "WRITE_S", PATIENCE_S)  # from here on no write is given up because it is slow
        assert life.watch._writing is not None
        await asyncio.wait({life.watch._writing})
        await life.hold("is_cut", 30)
        await life.hold("is_up", 60)

    asyncio.run(story())
    first, second = (read(path) for path in life.files)
    told = life.outbox.of("outage")
    assert (first.header.id, second.header.id) == (told[0]["id"], told[2]["id"])
    assert all(entry.mono_ms < second.header.found_ms for entry in first.entries)
    assert second.end is not None
