"""A stay that outlives a boot, on a box whose clock is set only afterwards."""

import asyncio
from pathlib import Path

import pytest

from agent import maintenance
from agent.events import EventLog
from agent.fakes import FakeClock
from agent.maintenance import Maintenance
from agent.names import MAINTENANCE_FILE
from tests.support.told_line import Outbox


@pytest.mark.parametrize(("off_h", "over"), [(10, True), (0.1, False)])
def test_the_centre_learns_that_a_stay_was_over_as_soon_as_the_clock_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, off_h: float, over: bool
) -> None:
    monkeypatch.setattr(maintenance, "CLOCK_LOOK_S", 0.01)
    clock, outbox = FakeClock(), Outbox()
    events = EventLog(outbox, clock)

    async def story() -> None:
        await Maintenance(tmp_path, clock, events).operation({"action": "begin", "lasts_s": 7200, "peer_uid": 0})
        clock.advance(60)
        clock.reboot("00000000-0000-4000-8000-000000000002", "2")
        after = Maintenance(tmp_path, clock, events)
        resumed = asyncio.create_task(after.resume())
        await asyncio.sleep(0.1)
        assert after.current() is not None
        assert not resumed.done()
        clock.step(off_h * 3600, synced=True)
        await asyncio.wait_for(resumed, 30)
        assert (after.current() is None) is over

    asyncio.run(story())
    told = [body["active"] for body in outbox.of("maintenance")]
    assert told == [True, True, False] if over else told == [True, True]
    assert (tmp_path / MAINTENANCE_FILE).exists() is not over
