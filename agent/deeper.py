"""When the node looks deeper than it measures all the time, and what becomes of it.

1. At the first sign of trouble on the way to the centre: at once, with what explains outages; then every
   `AGAIN_S` while it lasts. What was found before the trouble is forgotten: it speaks of another time.
2. When the trouble is over, once more, so that nothing that was found in it stands on.
3. Otherwise once an hour, at a minute that is the node's own; a fault found then is looked at again sooner, and less
   and less often while it stays the same. That there is no Wi-Fi, or no modem, is no fault.
4. Never more often than every `SPACING_S`: each look is a process of its own.

A trace is compared with those of the hours before (`core.path`): a router that was never seen there is an event, and
so is the way as it is found in trouble.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Protocol

from agent.clock import Clock
from agent.core.evidence import NO_EVIDENCE, Evidence
from agent.core.schedule import next_on_grid, phase_ms
from agent.core.stillness import Progress
from agent.events import EventLog
from agent.looker import LookError
from wire.shape import replace

if TYPE_CHECKING:
    from agent.core.path import Path, PathMemory

log = logging.getLogger("agent.look")

HOUR_MS: Final = 3_600_000
FIRST_MS: Final = 60_000
"""After the start: the first trace is what later ones, and those of an outage, are compared with."""
SPREAD_MS: Final = 60_000
AGAIN_S: Final = 300
SPACING_S: Final = 60
STUCK_S: Final = 4_000.0
ON_FAILURE: Final = ("gateway", "trace", "refusal", "internet", "portal", "beside", "mtu", "ntp")
"""What explains an outage, besides what is measured all the time. A wrong clock looks like a bad certificate, and lost
large packets like a hung broker."""
HOURLY: Final = ("trace", "mtu", "internet", "portal", "ipv6", "ntp", "wifi", "lte", "power")
_TRACE: Final = "trace"


class Looks(Protocol):
    """`agent.looker.Looker`."""

    async def look(self, names: Iterable[str]) -> tuple[Evidence, ...]: ...


class Learner(Protocol):
    """The probes, which take in what was found."""

    def learn(self, found: Iterable[Evidence]) -> None: ...
    def forget(self, *, only_faults: bool) -> None: ...


class Deeper:
    """Looks when told of trouble, and by the hour. `changed` is called when something was learnt."""

    def __init__(
        self,
        looker: Looks,
        probes: Learner,
        events: EventLog,
        clock: Clock,
        node: str,
        *,
        changed: Callable[[], None],
    ) -> None:
        self._looker, self._probes, self._events, self._clock = looker, probes, events, clock
        self._changed = changed
        self._phase_ms = phase_ms(node, "looks", HOUR_MS)
        self._due_ms = clock.mono_ms() + FIRST_MS + self._phase_ms % SPREAD_MS
        self._looked_ms: int | None = None
        self._troubled = False
        self._path_told = False
        self._memory: PathMemory | None = None
        self._usual: Path | None = None
        self._faults: frozenset[str] = frozenset()
        self._again_s = AGAIN_S
        self._turns = 0
        self._wake = asyncio.Event()
        self.progress = Progress(lambda: self._turns, STUCK_S)

    @property
    def due_ms(self) -> int:
        """When the next look is due."""
        return self._due_ms

    def trouble(self) -> None:
        """Trouble is seen on the way to the centre."""
        if not self._troubled:
            self._troubled, self._path_told = True, False
            self._probes.forget(only_faults=False)
            self._soon()

    def well(self) -> None:
        """The trouble is over."""
        if self._troubled:
            self._troubled = False
            self._probes.forget(only_faults=True)
            self._soon()

    async def run(self) -> None:
        while True:
            await self._pause()
            await self.turn()
            self._turns += 1

    async def turn(self) -> None:
        """Look, if it is time."""
        if self._clock.mono_ms() >= self._due_ms:
            await self._look()

    async def _pause(self) -> None:
        delay_s = min(max(0, self._due_ms - self._clock.mono_ms()) / 1000, HOUR_MS / 1000)
        try:
            async with asyncio.timeout(delay_s):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    def _soon(self) -> None:
        now_ms = self._clock.mono_ms()
        earliest_ms = now_ms if self._looked_ms is None else self._looked_ms + 1000 * SPACING_S
        self._due_ms = min(self._due_ms, max(now_ms, earliest_ms))
        self._wake.set()

    async def _look(self) -> None:
        troubled, now_ms = self._troubled, self._clock.mono_ms()
        self._looked_ms, self._due_ms = now_ms, next_on_grid(now_ms, HOUR_MS, self._phase_ms)
        names = ON_FAILURE if troubled else HOURLY
        try:
            found = await self._looker.look(names)
        except LookError as error:
            log.warning("look-failed", extra={"detail": str(error)})
            found = ()
        if troubled and not self._troubled:
            return  # it speaks of a trouble that was over before the answer came; another look is due
        found = tuple([await self._traced(item, troubled=troubled) for item in found])
        again_s = AGAIN_S if self._troubled else self._sooner_s(found)
        if again_s is not None:
            self._due_ms = min(self._due_ms, self._clock.mono_ms() + 1000 * again_s)
        self._probes.learn(found)
        self._changed()

    def _sooner_s(self, found: Iterable[Evidence]) -> int | None:
        """When to look at these faults again; None when there are none."""
        before, self._faults = self._faults, frozenset(map(_fault, found)) - {""}
        if not self._faults:
            return None
        self._again_s = 2 * self._again_s if self._faults == before else AGAIN_S
        return self._again_s

    async def _traced(self, item: Evidence, *, troubled: bool) -> Evidence:
        """A trace is compared and, when that is news, told; the way's usual length joins its evidence."""
        seen = item.seen
        if seen.probe != _TRACE:
            return item
        from agent.core import path as paths

        path = paths.from_observation(seen)
        memory, changed = paths.learn(self._memory or paths.PathMemory(), path)
        if path.reached and not troubled:
            self._memory, self._usual = memory, path
        if troubled and not self._path_told:
            self._path_told = True
            await self._events.file("path", paths.notice(seen.target, path, "failure", changed=bool(changed)))
        elif changed and not troubled:
            await self._events.file("path", paths.notice(seen.target, path, "hourly", changed=True))
        if self._usual is None or self._usual.address != path.address:
            return item
        usual = {"known_hops": len(self._usual.hops), "known_last": paths.last_router(self._usual)}
        return replace(item, seen=replace(seen, detail={**seen.detail, **usual}))


def _fault(item: Evidence) -> str:
    """What is broken here; empty when nothing is, or there is nothing to be broken."""
    seen = item.seen
    if seen.ok or seen.reason in NO_EVIDENCE:
        return ""
    return f"{seen.probe}:{seen.target}:{seen.reason}"
