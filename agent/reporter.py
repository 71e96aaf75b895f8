"""Builds one health report per interval: what the probes measured, what the box says, what waits in the outbox."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, cast

from agent.clock import Clock
from agent.core.stillness import Progress
from agent.events import EventLog
from agent.health.reading import SystemReader
from agent.outbox import OutboxError
from agent.uplink.threads import in_daemon_thread
from agent.version import VERSION
from wire.bodies import HealthReport, ProbeWindow, SystemReading
from wire.messages import StreamName

log = logging.getLogger("agent.report")

# A first report soon after the start: whoever installs the box sees data on the wall while still standing there.
FIRST_AFTER_S: Final = 3.0
STUCK_S: Final = 60.0  # beyond two intervals: reading a sick card's counters may take long


class Measured(Protocol):
    """The probes as a report sees them."""

    def windows(self) -> tuple[ProbeWindow, ...]:
        """What was measured since the previous call."""

    def verdict(self) -> str:
        """The code of the present verdict."""


Held = Callable[[], Awaitable[tuple[str, dict[str, tuple[int, int, int]]]]]
"""The outbox's epoch and, per stream: oldest held, head, pending."""


class Reporter:
    """Files `health` reports, open loop: a late one does not move those after it; those a box slept through are one."""

    def __init__(
        self,
        *,
        interval_s: float,
        clock: Clock,
        reader: SystemReader,
        probes: Measured,
        events: EventLog,
        held: Held,
        warnings: Callable[[], tuple[str, ...]],
    ) -> None:
        self._interval_s = interval_s
        self._clock = clock
        self._reader = reader
        self._probes = probes
        self._events = events
        self._held = held
        self._warnings = warnings
        self.system: SystemReading | None = None
        self.last_report_s: float | None = None
        self.progress = Progress(lambda: self.last_report_s, 2 * interval_s + STUCK_S)

    async def run(self) -> None:
        began_s = self._clock.mono_s()
        due_s = began_s + min(FIRST_AFTER_S, self._interval_s)
        while True:
            await asyncio.sleep(max(0.0, due_s - self._clock.mono_s()))
            now_s = self._clock.mono_s()
            await self.report(now_s - began_s)
            began_s = now_s
            due_s += self._interval_s * max(1, math.floor((now_s - due_s) / self._interval_s) + 1)

    async def report(self, period_s: float) -> None:
        """File one report over the `period_s` since the one before."""
        self.system = await self._read_system()
        epoch, heads = await self._held_or_none()
        report = HealthReport(
            period_s=round(min(period_s, 86_400.0), 1),
            verdict=self._probes.verdict(),
            probes=self._probes.windows(),
            system=self.system,
            outbox=heads,
            warnings=self._warnings(),
            version=VERSION,
            epoch=epoch,
        )
        await self._events.file("report", report, stream="health")
        self.last_report_s = self._clock.mono_s()

    async def _held_or_none(self) -> tuple[str, dict[StreamName, tuple[int, int, int]]]:
        try:
            return cast("tuple[str, dict[StreamName, tuple[int, int, int]]]", await self._held())
        except OutboxError:  # said elsewhere (`EventLog`); a report without heads is still a report
            return "", {}

    async def _read_system(self) -> SystemReading | None:
        try:
            return await in_daemon_thread("health", self._reader.read)
        except OSError as error:  # a sick disk or a hidden /proc: the network's story is still worth telling
            if self.system is not None:
                log.warning("system-unreadable", extra={"detail": str(error)})
            return None
