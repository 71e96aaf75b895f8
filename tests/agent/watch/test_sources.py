"""The screen's own measuring, where this user may not ping."""

import asyncio

import pytest

from agent.core.observation import Reason
from agent.diagnose.ground import ground
from agent.probes.errors import ProbeError
from agent.probes.pinger import Pinger
from agent.watch.sources import Live


def test_a_ping_that_may_not_be_sent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ProbeError(Reason.NOT_PERMITTED)

    monkeypatch.setattr(Pinger, "send", refuse)
    live = Live(ground(None, "127.0.0.1"), lambda *_: None, 0.01)

    async def story() -> None:
        pinging = asyncio.create_task(live._ping("center"))
        await asyncio.sleep(0.3)
        assert not pinging.done()
        pinging.cancel()

    asyncio.run(story())
    assert sum(map(len, live._pending.values())) == 0
