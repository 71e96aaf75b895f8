"""The one scheduler of all probes: each gets its time and its deadline, none takes the others down.

1. Probes run at the times of their slots (`core.schedule`), as tasks; the same probe at the same target never twice
   at once. A run that exceeds its deadline is cut off; one that crashes is an observation too (`probe_failed`), is
   logged once, and waits longer and longer.
2. Each result goes into the window of the next report and into the target's state. After three failed runs a burst
   is run at once; its result decides.
   The gateway and the centre are pinged without an end instead (`streaming`); their rounds count like such runs, and
   when they begin to fail, or to be answered again, the other probes of the way run at once.
3. A netlink message about a link, an address or a route makes those three run at once; when one of them changed its
   answer, so do the probes of the gateway, the centre and the resolvers.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

from agent.clock import Clock
from agent.core.observation import Observation, Reason
from agent.core.reachability import Transition
from agent.core.stillness import Progress
from agent.probes import lastaddress, netlink, targets
from agent.probes.config import ProbesConfig
from agent.probes.context import Center, Context
from agent.probes.execute import BURST, confirm_burst, observe
from agent.probes.job import FACTS, Job
from agent.probes.known import Known
from agent.probes.pinger import Pinger
from agent.probes.planning import planned
from agent.probes.resolve import Resolver
from agent.probes.streaming import Streaming, is_streamed
from agent.probes.telling import ReportReach, Teller

log = logging.getLogger("agent.probes")

SETTLE_MS = 200
"""One cable event comes as several messages (link, addresses, routes): wait until they are through."""
MIN_SPACING_MS = 1000
"""At most once a second on account of messages: a port that flaps at 10 Hz must not cost a core."""
LONGEST_SLEEP_MS = 60_000
"""Nothing may be due for an hour; that the loop turns is shown all the same."""
OVERDUE_MS = 60_000
"""Beyond a run's own deadlines: its result also has to reach the outbox."""

CERTAIN_RUNS = 4
"""Failed runs in a row by which the ladder and the state have made up their minds: three, and the burst."""


class ProbeRunner:
    """Runs the probes of one node; what came of them is `known`."""

    def __init__(
        self,
        config: ProbesConfig,
        node: str,
        clock: Clock,
        *,
        center: Center | None = None,
        uplink_connected: Callable[[], bool] = lambda: False,
        uplink_refusal: Callable[[], str] = lambda: "",
        data_dir: Path | None = None,
        metered: bool = False,
        changed: Callable[[], None] = lambda: None,
        root: Path = Path("/"),
    ) -> None:
        """`metered`: the line is paid by the byte. `changed` is called when a run may have changed the verdict."""
        self._config = config
        self._clock = clock
        metered = metered or config.metered
        host = center.host if center is not None else ""
        resolver = Resolver(root, host, lastaddress.recall(data_dir, host) if host else "")
        self._context = Context(
            clock,
            Pinger(),
            resolver,
            center,
            uplink_connected,
            uplink_refusal,
            data_dir=data_dir,
            metered=metered,
            root=root,
        )
        now_ms = clock.mono_ms()
        self._jobs = [planned(target, node, now_ms) for target in targets.build(config, center)]
        streamed = [job for job in self._jobs if is_streamed(job.target, config)]
        self._scheduled = [job for job in self._jobs if not is_streamed(job.target, config)]
        self.known = Known(self._jobs, clock)
        self._streaming = Streaming(streamed, node, self._context, self._took, metered=metered)
        self._changed = changed
        self._group: asyncio.TaskGroup | None = None
        self._wake = asyncio.Event()
        self._teller = Teller()
        self._turns = 0
        self.progress = Progress(lambda: self._turns, 2 * LONGEST_SLEEP_MS / 1000)

    async def run(self, report: ReportReach) -> None:
        """Run until cancelled. `report` gets a `reach` event's body whenever a target's state changes."""
        self._teller.report = report
        changes = self._watch_changes()
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(self._streaming.run(), name="probe pings")
                while True:
                    self._start_due(group)
                    await self._sleep()
                    self._turns += not self._overdue()
        finally:
            self._group = None
            if changes is not None:
                asyncio.get_running_loop().remove_reader(changes)
                changes.close()
            self._context.pinger.close()

    def _start_due(self, group: asyncio.TaskGroup) -> None:
        now_ms = self._clock.mono_ms()
        for job in self._scheduled:
            if job.slot.due_ms > now_ms:
                continue
            if job.running:
                job.slot = job.slot.postponed(now_ms)
                continue
            job.slot = job.slot.started(now_ms)
            self._begin(group, job)

    def _begin(self, group: asyncio.TaskGroup, job: Job) -> "asyncio.Task[None]":
        job.running, job.started_ms = True, self._clock.mono_ms()
        return group.create_task(self._run_job(job), name=f"probe {job.key}")

    def _overdue(self) -> bool:
        """Whether a run goes on although its deadlines, a confirming burst's included, have long passed."""
        now_ms = self._clock.mono_ms()
        return any(
            job.running and now_ms - job.started_ms > OVERDUE_MS + 1000 * (BURST + 1) * job.target.config.deadline_s
            for job in self._jobs
        )

    async def _sleep(self) -> None:
        """Until the next slot, or until something asks for a run sooner."""
        now_ms = self._clock.mono_ms()
        due_ms = min((job.slot.due_ms for job in self._scheduled), default=now_ms + LONGEST_SLEEP_MS)
        delay_s = min(max(0, due_ms - now_ms), LONGEST_SLEEP_MS) / 1000
        timer = asyncio.get_running_loop().call_later(delay_s, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()
            self._wake.clear()

    async def _run_job(self, job: Job) -> None:
        try:
            before = job.last
            seen = await observe(job.target, self._context)
            lastaddress.note(self._context.data_dir, self._context.center, seen)
            self._note_health(job, before, seen)
            transitions, confirm = job.take(seen, self._clock.mono_ms())
            self._tell_change(job, before, seen)
            await self._teller.announce(job, transitions)
            if confirm:
                burst = await confirm_burst(job.target, self._context)
                transitions = job.confirm(burst, self._clock.mono_ms())
                self._changed()
                await self._teller.announce(job, transitions)
            if job.target.probe in FACTS and before is not None and before.reason is not seen.reason:
                self._streaming.look_up()
                self._sooner((other for other in self._scheduled if other.target.host in targets.ROLES), 0)
        finally:
            job.running = False
        if job.restless:
            self._sooner([job], int(self._config.recheck_s * 1000))

    def _took(
        self, job: Job, before: Observation | None, seen: Observation, transitions: tuple[Transition, ...]
    ) -> None:
        """A round of pings was taken in, at a time when nobody can wait for the outbox."""
        self._note_health(job, before, seen)
        self._tell_change(job, before, seen)
        if job.turned:  # what the other probes found before it is as good as nothing
            self._sooner((other for other in self._scheduled if other.target.host in targets.ROLES), 0)
        if transitions and self._group is not None:
            self._group.create_task(self._teller.announce(job, transitions), name=f"announce {job.key}")

    def _tell_change(self, job: Job, before: Observation | None, seen: Observation) -> None:
        """A run that says what the one before it said changes nothing, once a failure is a certain one."""
        if before is None or _differs(before, seen) or 0 < job.failed_runs <= CERTAIN_RUNS:
            self._changed()

    def _note_health(self, job: Job, before: Observation | None, seen: Observation) -> None:
        """Tell of a probe's own trouble, and space a crashing one out."""
        if seen.reason is Reason.PROBE_FAILED:
            job.slot = job.slot.crashed(self._clock.mono_ms())
        else:
            job.slot = job.slot.recovered()
        self._teller.trouble(job, before, seen)

    def _watch_changes(self) -> socket.socket | None:
        """Be told by the kernel; where that is denied the intervals have to do."""
        try:
            changes = netlink.open_changes()
        except OSError as error:
            log.info("netlink-unavailable", extra={"error": str(error)})
            return None
        asyncio.get_running_loop().add_reader(changes, self._on_change, changes)
        return changes

    def _on_change(self, changes: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if netlink.drain_changes(changes):
                self._sooner((job for job in self._scheduled if job.target.probe in FACTS), SETTLE_MS)
                self._streaming.look_up()

    def _sooner(self, jobs: Iterable[Job], delay_ms: int) -> None:
        now_ms = self._clock.mono_ms()
        for job in jobs:
            job.slot = job.slot.sooner(max(now_ms + delay_ms, job.started_ms + MIN_SPACING_MS))
        self._wake.set()


def _differs(before: Observation, seen: Observation) -> bool:
    if (before.ok, before.reason) != (seen.ok, seen.reason):
        return True
    return any(before.detail.get(name) != seen.detail.get(name) for name in ("address", "offender", "phase"))
