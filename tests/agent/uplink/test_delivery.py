"""When the pump looks again: also where what held a stream back ended while it was looking elsewhere."""

import asyncio
from types import SimpleNamespace

from agent.core.inflight import Window
from agent.fakes import FakeClock
from agent.uplink.delivery import Delivery
from agent.uplink.progress import Progress


class SlowDisk:
    """A feeder whose one stream rests for a second, and whose look at the others takes two."""

    too_large: tuple[()] = ()
    too_large_known = True

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._until_s = clock.mono_s() + 1.0

    async def next(self, _: Window, now_s: float) -> None:
        assert now_s < self._until_s
        self._clock.advance(2.0)

    def wait_s(self, now_s: float) -> float | None:
        return self._until_s - now_s if self._until_s > now_s else None


def test_a_rest_that_ended_while_a_slow_disk_was_read_is_not_waited_for_again() -> None:
    clock = FakeClock()
    line = SimpleNamespace(closed=None, events=[])
    traffic = SimpleNamespace(meter=None, observe=lambda *_: None, urgent_within_s=lambda _: None)
    delivery = Delivery(line, clock, Window(1000), SlowDisk(clock), facts=Progress(), traffic=traffic)  # type: ignore[arg-type]

    async def story() -> None:
        await delivery.fill(None)  # type: ignore[arg-type]
        arrived = asyncio.Event()
        async with asyncio.timeout(20):
            await delivery.wait(arrived, 60.0)
        assert not arrived.is_set(), "it looks again by itself"

    asyncio.run(story())
