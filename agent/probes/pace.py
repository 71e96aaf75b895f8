"""One timer for all targets that are pinged without an end: one wakeup sends to all of them, another hears nothing new.

The timer is a chain of `call_at`, without a task of its own to wake: at one ping a second and target that is most of
what the agent does. Where the pings go is looked up beside it, at intervals and when the runner asks for it.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from agent.core.observation import Reason
from agent.core.schedule import phase_ms
from agent.probes.errors import ProbeError
from agent.probes.stream import Seen, Stream

IDLE_S: Final = 60.0

Take = Callable[[Stream, Seen], None]
Fail = Callable[[Stream, ProbeError], None]
Ask = Callable[[Stream], Awaitable[str]]


class Pace:
    """Runs the streams of one node. `take` gets every closed round, `fail` what kept a stream from pinging, and `ask`
    says where a stream's target is (raises ProbeError)."""

    def __init__(
        self, node: str, streams: Sequence[Stream], every_s: float, *, take: Take, fail: Fail, ask: Ask
    ) -> None:
        self._streams = streams
        self._every_s = every_s
        self._take, self._fail, self._ask = take, fail, ask
        self._phase_s = phase_ms(node, "pings", 1000) / 1000
        self._look_up = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._planned_s = 0.0
        self._broken: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Ping until cancelled; a defect ends it with its exception."""
        self._broken = broken = asyncio.get_running_loop().create_future()
        try:
            while not broken.done():
                await self._find()
                self._tick()
                await self._next_look_up(broken)
            broken.result()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            for stream in self._streams:
                stream.end()

    def look_up(self) -> None:
        """The targets may have moved: ask again now."""
        self._look_up.set()

    async def _find(self) -> None:
        now_s = asyncio.get_running_loop().time
        for stream in self._streams:
            try:
                address = await self._ask(stream)
                stream.begin(address, self._phase_s, now_s())
            except Exception as error:  # noqa: BLE001  # whatever a probe's run dies of is an observation
                found = _told(error)
                if not stream.address or found.reason is Reason.NO_TARGET:
                    stream.end()
                    self._fail(stream, found)

    async def _next_look_up(self, broken: "asyncio.Future[None]") -> None:
        waiting = asyncio.ensure_future(self._look_up.wait())
        try:
            await asyncio.wait((waiting, broken), timeout=self._every_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            self._look_up.clear()

    def _tick(self) -> None:
        """Wake every stream. A timer has no caller to raise to: `run` raises what is not the ping's own trouble."""
        now_s = asyncio.get_running_loop().time()
        try:
            for stream in self._streams:
                if stream.wake_s <= now_s:
                    self._wake(stream, now_s)
        except Exception as error:  # noqa: BLE001
            if self._broken is not None and not self._broken.done():
                self._broken.set_exception(error)
            return
        self._set_timer()

    def _wake(self, stream: Stream, now_s: float) -> None:
        try:
            found = stream.tick(now_s, self._planned_s)
        except Exception as error:  # noqa: BLE001  # the same; it is tried again at the next look-up
            stream.end()
            self._fail(stream, _told(error))
            return
        for seen in found:
            self._take(stream, seen)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        wanted_s = min((stream.wake_s for stream in self._streams), default=math.inf)
        self._planned_s = min(max(wanted_s, now_s), now_s + IDLE_S)
        self._timer = loop.call_at(self._planned_s, self._tick)


def _told(error: Exception) -> ProbeError:
    if isinstance(error, ProbeError):
        return error
    return ProbeError(Reason.PROBE_FAILED, {"error": f"{type(error).__name__}: {error}"})
