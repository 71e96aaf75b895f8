"""Watches the clocks and keeps the heart beating: files anchors, notices steps of the wall clock, writes beats."""

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Final

from agent.clock import Clock
from agent.core.clock import ClockVerdict, ClockWatch, observe
from agent.core.stillness import Progress
from agent.core.together import until_next
from agent.events import EventLog
from agent.heartbeat import PERIOD_S, Heartbeat
from agent.uplink.threads import in_daemon_thread
from wire.bodies import Anchor

log = logging.getLogger("agent.clock")

# Soon enough that a node which synchronises dates its records within one report; one reading costs microseconds.
TICK_S: Final = 10.0
# A commit of the outbox is a sign of life too (agent.core.endings.latest): no beat while reports are committed every
# PERIOD_S. Each of the two writes 4 KiB at least, and together they would be most of what this agent writes.
SKIP_SLACK_S: Final = 2.0
STUCK_S: Final = 90.0  # a card may take half a minute for one write while it tidies up inside


class Timekeeper:
    """One loop over both clocks and the heartbeat. `disk_error` is the last refusal of the disk, "" when it is well."""

    def __init__(
        self, clock: Clock, heartbeat: Heartbeat, events: EventLog, flushed_s: Callable[[], float] = lambda: -math.inf
    ) -> None:
        self._clock = clock
        self._heartbeat = heartbeat
        self._events = events
        self._watch = ClockWatch()
        self._flushed_s = flushed_s
        self._next_beat_s = 0.0
        self.disk_error = ""
        self.progress = Progress(lambda: self._ticks, STUCK_S)
        self._ticks = 0

    @property
    def synced(self) -> bool:
        return self._watch.synced

    async def run(self) -> None:
        while True:
            await self.tick()
            self._ticks += 1
            await asyncio.sleep(until_next(asyncio.get_running_loop().time(), TICK_S))

    async def tick(self) -> None:
        """A beat when it is due, and one look at the clocks."""
        if self._clock.mono_s() >= max(self._next_beat_s, self._flushed_s() + PERIOD_S + SKIP_SLACK_S):
            await self.beat()
        verdict = observe(self._watch, self._clock.reading())
        self._watch = verdict.watch
        _tell(verdict)
        if verdict.anchor is not None:
            anchor = verdict.anchor  # filed now or, when the disk refuses, as soon as it takes it (`EventLog`)
            await self._events.file("anchor", Anchor(self._clock.boot, anchor.offset_ms, float(anchor.error_ms), "ntp"))

    def conditions(self) -> dict[str, str]:
        """What the clock and the heartbeat's disk have against this box."""
        found = {} if self._watch.synced else {"clock_unsynced": ""}
        return {**found, "outbox_readonly": self.disk_error} if self.disk_error else found

    async def beat(self) -> None:
        """A beat now; a disk that refuses it becomes a condition."""
        self._next_beat_s = self._clock.mono_s() + PERIOD_S - TICK_S / 2
        try:
            stamp = self._clock.stamp()
            await in_daemon_thread("heartbeat", lambda: self._heartbeat.beat(stamp))
        except OSError as error:
            if not self.disk_error:
                log.error("heartbeat-failed", extra={"detail": str(error)})
            self.disk_error = error.strerror or str(error)
        else:
            if self.disk_error:
                log.info("heartbeat-recovered")
            self.disk_error = ""

    def status(self) -> dict[str, object]:
        return {"synced": self._watch.synced, "anchored": self._watch.anchor_offset_ms is not None}


def _tell(verdict: ClockVerdict) -> None:
    if verdict.step_ms is not None:
        log.warning("clock-stepped", extra={"step_ms": verdict.step_ms})
    if verdict.sync_changed:
        log.info("clock-synchronised" if verdict.watch.synced else "clock-lost")
