"""The self-check: what a reading of the box means, and that each change is filed once."""

import asyncio

import msgspec
import pytest

from agent.core.clock import Stamp
from agent.events import EventLog
from agent.fakes import FakeClock
from agent.outbox import OutboxError
from agent.selfcheck import SelfCheck, board_conditions
from wire.bodies import SelfWarning, SystemReading


class Journal:
    def __init__(self) -> None:
        self.filed: list[SelfWarning] = []

    async def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
        assert (stream, kind) == ("event", "warning")
        self.filed.append(msgspec.json.decode(body, type=SelfWarning))
        return len(self.filed)


def reading(**more: object) -> SystemReading:
    fields = {"cpu_pct": 1, "load1": 0.1, "mem_used_pct": 1, "mem_total_mb": 512, "disk_used_pct": 1}
    return SystemReading(**{**fields, "disk_free_mb": 1, "uptime_s": 1, "agent_rss_kb": 1, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        ({}, []),
        ({"throttled": 0}, []),
        ({"throttled": 0x1}, ["undervoltage"]),
        ({"throttled": 0x50000}, []),  # it was, since boot; now it is not
        ({"throttled": 0x4, "temp_c": 82.0}, ["overheated"]),
        ({"throttled": 0x8, "temp_c": 80.0}, ["overheated"]),
        ({"sd_wear_pct": 80.0}, []),
        ({"sd_wear_pct": 90.0}, ["storage_worn"]),
    ],
)
def test_a_reading_of_the_board_becomes_conditions(more: dict[str, object], codes: list[str]) -> None:
    assert list(board_conditions(reading(**more))) == codes


def test_a_board_that_says_nothing_has_no_conditions() -> None:
    assert board_conditions(None) == {}


def test_a_warning_is_filed_when_it_appears_and_when_it_goes() -> None:
    clock, journal, now = FakeClock(), Journal(), {"uplink_down": "no route"}

    async def conditions() -> dict[str, str]:
        return now

    check = SelfCheck(clock, EventLog(journal, clock), conditions)

    async def scenario() -> None:
        await check.check()
        assert check.codes() == ()
        clock.advance(61)
        await check.check()
        assert check.codes() == ("uplink_down",)
        assert check.status()[0]["for_s"] == 61
        await check.check()
        now.clear()
        await check.check()

    asyncio.run(scenario())
    assert [(w.code, w.active, w.detail) for w in journal.filed] == [
        ("uplink_down", True, "no route"),
        ("uplink_down", False, "no route"),
    ]


def test_what_a_full_disk_could_not_take_is_filed_afterwards_in_order_with_its_own_moments() -> None:
    clock, journal, now = FakeClock(), Journal(), {"disk_reserve": "0 MB free"}
    stamps: list[int] = []

    class FullDisk:
        full = True

        async def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
            if self.full:
                raise OutboxError("full", "0 MB free")
            stamps.append(stamp.mono_ms)
            return await journal.append(stream, kind, body, stamp)

    async def conditions() -> dict[str, str]:
        return now

    disk = FullDisk()
    check = SelfCheck(clock, EventLog(disk, clock), conditions)

    async def scenario() -> None:
        for _ in range(3):
            await check.check()
            clock.advance(10)
        now.clear()
        await check.check()
        assert (check.codes(), journal.filed) == ((), [])
        disk.full = False
        clock.advance(10)
        await check.check()
        await check.check()

    began_ms = clock.mono_ms()
    asyncio.run(scenario())
    assert [(w.code, w.active) for w in journal.filed] == [("disk_reserve", True), ("disk_reserve", False)]
    assert stamps == [began_ms, began_ms + 30_000]


def test_only_a_storage_that_takes_nothing_makes_warnings_stand_beside_the_reports() -> None:
    clock, now = FakeClock(), {"disk_reserve": "0 MB free", "undervoltage": ""}

    async def conditions() -> dict[str, str]:
        return now

    check = SelfCheck(clock, EventLog(Journal(), clock), conditions)
    asyncio.run(check.check())
    assert check.standing({}) == ()
    assert check.standing({"giving_up": "snapshot: 3"}) == ()
    assert check.standing({"disk_reserve": "0 MB free"}) == ("disk_reserve", "undervoltage")
    assert check.standing({"outbox_readonly": "read-only"}) == ("disk_reserve", "undervoltage")


def test_being_stirred_it_looks_at_once() -> None:
    clock, journal = FakeClock(), Journal()
    looked = asyncio.Queue[int]()

    async def scenario() -> None:
        async def conditions() -> dict[str, str]:
            looked.put_nowait(1)
            return {}

        check = SelfCheck(clock, EventLog(journal, clock), conditions)
        task = asyncio.create_task(check.run())
        await looked.get()
        check.stir()
        async with asyncio.timeout(30):
            await looked.get()
        task.cancel()

    asyncio.run(scenario())
