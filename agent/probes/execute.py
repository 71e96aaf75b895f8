"""One run of one probe, within its deadline: whatever goes wrong in it is an observation."""

import asyncio
import logging

from agent.core.observation import Observation, Reason
from agent.probes.context import Context, Target
from agent.probes.table import load
from wire.shape import replace

log = logging.getLogger("agent.probes")

BURST = 5
"""Attempts of the confirming burst."""
BURST_GAP_S = 0.5
"""Between its single attempts, for probes which make one per run (icmp makes five by itself)."""


async def observe(target: Target, context: Context) -> Observation:
    """Run the target's probe once. Never raises, except when cancelled."""
    began_ms = context.clock.mono_ms()
    scope = asyncio.timeout(target.config.deadline_s)
    try:
        async with scope:
            return await load(target.probe)(target, context)
    except Exception as error:  # a plugin's defect is reported, and must not end the others
        if isinstance(error, TimeoutError) and scope.expired():
            return Observation(target.probe, target.name, began_ms, False, Reason.DEADLINE)
        log.debug("probe-crash", exc_info=error)
        detail = {"error": f"{type(error).__name__}: {error}"}
        return Observation(target.probe, target.name, began_ms, False, Reason.PROBE_FAILED, detail=detail)


async def confirm_burst(target: Target, context: Context) -> Observation:
    """Five attempts, quickly; the first that succeeds ends it. The result is the last run's."""
    quick = replace(target, burst=True)
    attempts = 0
    while True:
        seen = await observe(quick, context)
        attempts += max(1, seen.sent)
        if seen.ok or attempts >= BURST:
            return seen
        await asyncio.sleep(BURST_GAP_S)
