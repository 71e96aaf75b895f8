"""Filing events: what the outbox refuses waits in order with its own moments, and what gives way is counted."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import msgspec
import pytest

from agent import events
from agent.core.clock import Stamp
from agent.events import EventLog
from agent.fakes import FakeClock
from agent.outbox import OutboxError
from wire.bodies import Anchor, Reach, SelfWarning, StartNotice, StopNotice

FULL = OutboxError("full", "the disk is full")
START = StartNotice(None, None, "first")
REACH = Reach("gateway", "down", 2, 1)


class Disk:
    """Keeps what was filed; refuses, hangs or is slow when told to."""

    def __init__(self) -> None:
        self.filed: list[tuple[str, int, bytes]] = []
        self.refusal: OutboxError | None = None
        self.answers = asyncio.Event()
        self.answers.set()

    async def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
        await self.answers.wait()
        if self.refusal is not None:
            raise self.refusal
        self.filed.append((kind, stamp.mono_ms, body))
        return len(self.filed)

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _, _ in self.filed]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def journal(disk: Disk, clock: FakeClock) -> EventLog:
    return EventLog(disk, clock)


def run(scenario: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(120):
            await scenario

    asyncio.run(bounded())


def test_what_is_refused_is_filed_in_order_with_its_own_moments_once_the_outbox_takes_again(
    disk: Disk, clock: FakeClock, journal: EventLog
) -> None:
    async def scenario() -> None:
        disk.refusal = FULL
        for kind, body in (("start", START), ("reach", REACH), ("anchor", Anchor(clock.boot, 1, 1.0, "ntp"))):
            assert await journal.file(kind, body) is False
            clock.advance(10)
        assert disk.filed == []
        disk.refusal = None
        assert await journal.file("stop", StopNotice("SIGTERM")) is True

    began_ms = clock.mono_ms()
    run(scenario())
    assert [(kind, (mono_ms - began_ms) // 10_000) for kind, mono_ms, _ in disk.filed] == [
        ("start", 0), ("reach", 1), ("anchor", 2), ("stop", 3),
    ]  # fmt: skip
    assert journal.status() == {"waiting": 0, "lost": {}}


def test_a_retry_files_what_waits_without_a_new_event(disk: Disk, journal: EventLog) -> None:
    async def scenario() -> None:
        disk.refusal = FULL
        await journal.file("reach", REACH)
        await journal.retry()
        assert journal.conditions() == {"disk_reserve": "the disk is full"}
        disk.refusal = None
        await journal.retry()

    run(scenario())
    assert disk.kinds == ["reach"]
    assert journal.conditions() == {}


def test_a_commit_slower_than_anybody_waits_is_filed_once_and_keeps_the_order(disk: Disk, journal: EventLog) -> None:
    async def scenario() -> None:
        disk.answers.clear()
        assert await journal.file("start", START, wait_s=0.01) is False
        for _ in range(3):
            await journal.retry(0.01)
        assert await journal.file("stop", StopNotice("SIGTERM"), wait_s=0.01) is False
        disk.answers.set()
        await journal.retry()

    run(scenario())
    assert disk.kinds == ["start", "stop"]


def test_whoever_is_cancelled_while_it_files_does_not_take_the_event_along(disk: Disk, journal: EventLog) -> None:
    async def scenario() -> None:
        disk.answers.clear()
        task = asyncio.create_task(journal.file("reach", REACH))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait({task})
        disk.answers.set()
        assert await journal.file("stop", StopNotice("SIGTERM")) is True

    run(scenario())
    assert disk.kinds == ["reach", "stop"]


def test_too_many_waiting_give_way_by_the_commonest_kind_and_their_number_is_filed(
    disk: Disk, journal: EventLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(events, "MOST_WAITING", 10)

    async def scenario() -> None:
        disk.refusal = FULL
        await journal.file("start", START)
        await journal.file("reach", REACH)
        for number in range(30):
            journal.warn("disk_reserve", number % 2 == 0, str(number))
            await journal.retry()
        assert journal.status() == {"waiting": 10, "lost": {"warning": 22}}
        disk.refusal = None
        await journal.retry()

    with caplog.at_level(logging.ERROR):
        run(scenario())
    assert disk.kinds == ["start", "reach", *["warning"] * 9]
    told = [msgspec.json.decode(body, type=SelfWarning) for kind, _, body in disk.filed if kind == "warning"]
    assert [word.detail for word in told[:-1]] == [str(number) for number in range(22, 30)]
    assert (told[-1].code, told[-1].active) == ("giving_up", False)
    assert told[-1].detail.endswith(": 22 (22 warning)")
    assert journal.status() == {"waiting": 0, "lost": {}}
    assert [record.message for record in caplog.records].count("events-lost") == 1


def test_the_number_of_the_lost_that_is_refused_as_well_is_told_later(
    disk: Disk, journal: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_WAITING", 1)
    accept = disk.append

    async def only_one(stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
        if disk.filed:
            raise FULL
        return await accept(stream, kind, body, stamp)

    async def scenario() -> None:
        disk.refusal = FULL
        for _ in range(3):
            await journal.file("reach", REACH)
        disk.refusal = None
        monkeypatch.setattr(disk, "append", only_one)
        await journal.retry()
        assert (disk.kinds, journal.status()) == (["reach"], {"waiting": 0, "lost": {"reach": 2}})
        monkeypatch.setattr(disk, "append", accept)
        await journal.retry()

    run(scenario())
    assert disk.kinds == ["reach", "warning"]
    assert b"2 (2 reach)" in disk.filed[-1][2]


def test_what_will_never_be_a_record_does_not_hold_up_the_others_nor_blame_the_storage(
    disk: Disk, journal: EventLog
) -> None:
    async def scenario() -> None:
        disk.refusal = OutboxError("too_large", "the body is too large", permanent=True)
        assert await journal.file("reach", REACH) is False
        assert journal.conditions() == {}
        disk.refusal = None
        assert await journal.file("stop", StopNotice("SIGTERM")) is True

    run(scenario())
    assert disk.kinds == ["stop", "warning"]
    assert b"1 (1 reach)" in disk.filed[-1][2]


def test_a_defect_of_the_outbox_reaches_who_files_and_loses_nothing(disk: Disk, journal: EventLog) -> None:
    right = disk.append

    async def broken(*_: object) -> int:
        raise ZeroDivisionError

    async def scenario() -> None:
        disk.append = broken  # type: ignore[method-assign, assignment]
        with pytest.raises(ZeroDivisionError):
            await journal.file("reach", REACH)
        disk.append = right  # type: ignore[method-assign]
        await journal.retry()

    run(scenario())
    assert disk.kinds == ["reach"]


def test_a_report_taken_into_memory_does_not_excuse_a_disk_that_refuses_events(disk: Disk, journal: EventLog) -> None:
    async def scenario() -> None:
        disk.refusal = OutboxError("read_only", "read-only file system")
        await journal.file("reach", REACH)
        disk.refusal = None
        assert await journal.file("report", REACH, stream="health") is True
        assert "outbox_readonly" in journal.conditions()

    run(scenario())
