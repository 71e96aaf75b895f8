"""The timekeeper on a clock that moves when told: anchors filed, beats written, a refusing disk survived."""

import asyncio
import os
from pathlib import Path

import msgspec
import pytest

from agent.core.clock import Stamp
from agent.events import EventLog
from agent.fakes import FakeClock
from agent.heartbeat import PERIOD_S, Heartbeat, last_beat
from agent.outbox.errors import OutboxError
from agent.timekeeper import TICK_S, Timekeeper
from wire.bodies import Anchor, StopNotice


class Journal:
    """Keeps what was filed; refuses when told to."""

    def __init__(self) -> None:
        self.filed: list[tuple[str, str, bytes]] = []
        self.refusal: OutboxError | None = None

    async def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
        if self.refusal is not None:
            raise self.refusal
        self.filed.append((stream, kind, body))
        return len(self.filed)


@pytest.fixture
def parts(tmp_path: Path) -> tuple[FakeClock, Journal, Timekeeper, Heartbeat, EventLog]:
    clock, journal = FakeClock(synced=False), Journal()
    heartbeat, events = Heartbeat(tmp_path / "heartbeat"), EventLog(journal, clock)
    return clock, journal, Timekeeper(clock, heartbeat, events), heartbeat, events


def test_the_first_synchronised_tick_files_the_anchor_of_the_boot(parts: tuple) -> None:  # type: ignore[type-arg]
    clock, journal, keeper, _, _ = parts
    asyncio.run(keeper.tick())
    assert journal.filed == []
    assert "clock_unsynced" in keeper.conditions()
    clock.step(86_400, synced=True)
    asyncio.run(keeper.tick())
    [(stream, kind, body)] = journal.filed
    assert (stream, kind) == ("event", "anchor")
    anchor = msgspec.json.decode(body, type=Anchor)
    assert anchor.boot == clock.boot
    assert anchor.offset_ms == clock.wall_ms() - clock.mono_ms()
    assert keeper.conditions() == {}


def test_a_beat_is_written_about_every_thirty_seconds(parts: tuple, tmp_path: Path) -> None:  # type: ignore[type-arg]
    clock, _, keeper, _, _ = parts
    seen = set()
    for _ in range(31):
        asyncio.run(keeper.tick())
        beat = last_beat(tmp_path / "heartbeat")
        assert beat is not None
        seen.add(beat.mono_ms)
        clock.advance(TICK_S)
    assert len(seen) == 11


def test_no_beat_is_spent_while_the_outbox_commits_and_they_return_when_it_stops(tmp_path: Path) -> None:
    clock, journal, flushed_s = FakeClock(synced=False), Journal(), -1e9
    keeper = Timekeeper(clock, Heartbeat(tmp_path / "beat"), EventLog(journal, clock), lambda: flushed_s)
    asyncio.run(keeper.tick())
    first = last_beat(tmp_path / "beat")
    for _ in range(60):
        clock.advance(TICK_S)
        if round(clock.mono_s()) % 30 < TICK_S:
            flushed_s = clock.mono_s()
        asyncio.run(keeper.tick())
    assert last_beat(tmp_path / "beat") == first
    clock.advance(PERIOD_S + TICK_S)
    asyncio.run(keeper.tick())
    beat = last_beat(tmp_path / "beat")
    assert beat is not None
    assert beat.mono_ms == clock.mono_ms()


def test_a_disk_that_refuses_is_a_condition_and_no_end(parts: tuple) -> None:  # type: ignore[type-arg]
    clock, _, keeper, heartbeat, _ = parts
    broken = os.open("/dev/full", os.O_RDWR)
    good, heartbeat._fd = heartbeat._fd, broken
    asyncio.run(keeper.tick())
    assert "No space left" in keeper.conditions()["outbox_readonly"]
    heartbeat._fd = good
    clock.advance(60)
    asyncio.run(keeper.tick())
    assert "outbox_readonly" not in keeper.conditions()
    os.close(broken)


def test_what_the_outbox_refuses_becomes_a_condition_and_the_keeper_goes_on(parts: tuple) -> None:  # type: ignore[type-arg]
    clock, journal, keeper, _, events = parts
    clock.step(0, synced=True)
    journal.refusal = OutboxError("read_only", "attempt to write a readonly database")
    asyncio.run(keeper.tick())
    assert "outbox_readonly" in events.conditions()
    journal.refusal = OutboxError("full", "disk is full")
    assert asyncio.run(events.file("stop", StopNotice("SIGTERM"))) is False
    assert "disk_reserve" in events.conditions()
    journal.refusal = None
    asyncio.run(events.retry())
    assert events.conditions() == {}
    assert [kind for _, kind, _ in journal.filed] == ["anchor", "stop"]
