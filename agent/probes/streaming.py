"""The runner's jobs that are pinged without an end: which they are, and how their rounds reach the job."""

import asyncio
from collections.abc import Callable

from agent.core.observation import Observation, Reason
from agent.core.reachability import Transition
from agent.probes import targets
from agent.probes.config import ProbesConfig
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError
from agent.probes.icmp import IcmpConfig
from agent.probes.job import Job
from agent.probes.pace import Pace
from agent.probes.stream import Seen, Stream
from wire.shape import replace

Took = Callable[[Job, Observation | None, Observation, tuple[Transition, ...]], None]
"""A job took a round in: the job, what was known before, the round, and what to announce."""


def is_streamed(target: Target, config: ProbesConfig) -> bool:
    """Whether this target is pinged one by one rather than in rounds: the gateway and the centre are."""
    wanted = target.probe == "icmp" and target.host in (targets.CENTER, targets.GATEWAY)
    return wanted and config.icmp.continuous_s > 0


class Streaming:
    """Pings for these jobs, one stream each, at one pace."""

    def __init__(self, jobs: list[Job], node: str, context: Context, took: Took, *, metered: bool) -> None:
        self._context = context
        self._took = took
        self._jobs = {job.target.name: job for job in jobs}
        streams = [Stream(job.target, context, metered=metered) for job in jobs]
        every_s = min((job.target.config.interval_s for job in jobs), default=60.0)
        self._pace = Pace(node, streams, every_s, take=self._take, fail=self._fail, ask=self._where)

    async def run(self) -> None:
        """Until cancelled. Without such jobs nothing is pinged."""
        if self._jobs:
            await self._pace.run()
        else:
            await asyncio.Event().wait()

    def look_up(self) -> None:
        """Links, addresses or routes have changed: the targets may be elsewhere."""
        self._pace.look_up()

    async def _where(self, stream: Stream) -> str:
        config = stream.target.settings(IcmpConfig)
        return await self._context.resolver.address(stream.target.host, config.timeout_s)

    def _take(self, stream: Stream, seen: Seen) -> None:
        job, now_ms = self._jobs[stream.target.name], self._context.clock.mono_ms()
        if stream.skipped:
            job.slot = replace(job.slot, skipped=job.slot.skipped + stream.skipped)
            stream.skipped = 0
        if seen.run is None:
            job.window.pass_over(seen.suspect)
            return
        before = job.last
        if seen.burst:
            transitions, confirm = job.confirm(seen.run, now_ms, seen.shown), False
        else:
            transitions, confirm = job.take(seen.run, now_ms, seen.shown)
        if confirm:
            stream.confirm()
        stream.hurried = job.restless
        self._took(job, before, seen.run, transitions)

    def _fail(self, stream: Stream, error: ProbeError) -> None:
        """Nothing can be sent: a run like that of any other probe says so."""
        job, now_ms = self._jobs[stream.target.name], self._context.clock.mono_ms()
        before = job.last
        seen = Observation("icmp", stream.target.name, now_ms, False, error.reason, detail=error.detail)
        transitions, _ = job.take(seen, now_ms)
        if transitions or error.reason is not Reason.NO_TARGET or before is None or before.reason is not error.reason:
            self._took(job, before, seen, transitions)
