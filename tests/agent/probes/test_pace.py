"""One timer for all streams: together, on time, and never silently stopped."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from agent.clock import Clock
from agent.core.observation import Reason
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError
from agent.probes.icmp import IcmpConfig
from agent.probes.pace import Pace
from agent.probes.pinger import Echo, Pinger
from agent.probes.resolve import Resolver
from agent.probes.stream import Seen, Stream

HERE = "127.0.0.1"


class Counting(Pinger):
    """Notes when each ping leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.left_s: list[float] = []

    def send(self, address: str, payload_bytes: int, changed: Callable[[Echo], None], **more: object) -> Echo:
        self.left_s.append(asyncio.get_running_loop().time())
        return super().send(address, payload_bytes, changed, **more)  # type: ignore[arg-type]


class Paced:
    """Two streams on this machine's loopback; what the pace told."""

    def __init__(self, **config: float) -> None:
        self.pinger = Counting()
        context = Context(Clock(), self.pinger, Resolver(Path("/"), ""))
        settings = IcmpConfig(**{"continuous_s": 0.25, **config})  # type: ignore[arg-type]
        self.streams = [Stream(Target("icmp", name, settings, host=name), context) for name in ("center", "gateway")]
        self.taken: list[tuple[str, Seen]] = []
        self.failed: list[tuple[str, Reason]] = []
        self.address: str | Exception = HERE
        self.every_s = 60.0

    async def ask(self, _: Stream) -> str:
        if isinstance(self.address, Exception):
            raise self.address
        return self.address

    def take(self, stream: Stream, seen: Seen) -> None:
        self.taken.append((stream.target.name, seen))

    async def until(self, done: Callable[[], bool], meanwhile: Callable[[Pace], None] = lambda _: None) -> None:
        pace = Pace(
            "kel-3673011001",
            self.streams,
            self.every_s,
            take=self.take,
            fail=lambda stream, error: self.failed.append((stream.target.name, error.reason)),
            ask=self.ask,
        )
        running = asyncio.create_task(pace.run())
        try:
            async with asyncio.timeout(60):
                while not done():
                    if running.done():
                        running.result()
                    meanwhile(pace)
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            await asyncio.wait({running})
            self.pinger.close()


def test_both_targets_are_pinged_in_the_same_wakeup() -> None:
    paced = Paced()
    asyncio.run(paced.until(lambda: len(paced.taken) >= 8))
    left = paced.pinger.left_s[10:]
    # Each beside its neighbour in time, whichever that is: a ping more or less on a busy machine shifts them all.
    gaps = [later - earlier for earlier, later in pairwise(left)]
    nearest = sorted(min(gaps[max(0, place - 1) : place + 1]) for place in range(len(left)))
    assert nearest[len(nearest) // 2] < 0.01
    assert {name for name, _ in paced.taken} == {"center", "gateway"}
    assert all(seen.run is not None and seen.run.ok for _, seen in paced.taken if seen.run is not None)
    assert all(stream.address == "" for stream in paced.streams)  # its end leaves nothing on its way


def test_a_target_that_is_gone_ends_its_pings_and_they_begin_again_when_it_is_back() -> None:
    paced = Paced()

    def gone(pace: Pace) -> None:
        if len(paced.taken) >= 2 and not paced.failed:
            paced.address = ProbeError(Reason.NO_TARGET)
            pace.look_up()

    asyncio.run(paced.until(lambda: len(paced.failed) >= 2, gone))
    assert {reason for _, reason in paced.failed} == {Reason.NO_TARGET}
    paced.address = HERE
    before = len(paced.taken)
    asyncio.run(paced.until(lambda: len(paced.taken) >= before + 2))


def test_a_name_that_cannot_be_looked_up_any_more_is_pinged_where_it_was() -> None:
    paced = Paced()

    def unknown(pace: Pace) -> None:
        if len(paced.taken) >= 2 and paced.address == HERE:
            paced.address = ProbeError(Reason.RESOLVE_FAILED)
            pace.look_up()

    asyncio.run(paced.until(lambda: len(paced.taken) >= 6 and paced.address != HERE, unknown))
    assert paced.failed == []


@pytest.mark.parametrize("error", [ProbeError(Reason.NOT_PERMITTED), OSError(24, "Too many open files")])
def test_what_keeps_pings_from_being_sent_is_told_and_tried_again(error: Exception) -> None:
    paced = Paced()
    paced.every_s = 0.1
    paced.address = error
    asyncio.run(paced.until(lambda: len(paced.failed) >= 4))
    assert paced.failed[0][1] in (Reason.NOT_PERMITTED, Reason.PROBE_FAILED)
    paced.address = HERE
    asyncio.run(paced.until(lambda: bool(paced.taken)))


def test_a_defect_in_what_takes_the_rounds_ends_the_pace_with_it() -> None:
    paced = Paced()

    def broken(stream: Stream, seen: Seen) -> None:
        raise ZeroDivisionError

    paced.take = broken  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        asyncio.run(paced.until(lambda: False))
