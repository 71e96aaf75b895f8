"""`restart-agent`: this process ends in order, systemd starts the next one, and that one says that it is done."""

import asyncio
from typing import Final

from agent.commands.job import CommandError, Done, Job, Tools

ENDS_WITHIN_S: Final = 120.0
"""Beyond the patience of the unit itself (TimeoutStopSec=15)."""


async def run(job: Job, tools: Tools) -> Done:
    """Never returns when all is well: the end of the process takes it along."""
    await job.keep({"run": tools.clock.run})
    tools.stop(f"command {job.id}")
    await asyncio.sleep(ENDS_WITHIN_S)
    raise CommandError("not_stopped", f"the agent still runs {ENDS_WITHIN_S:g} s after it was told to end")


async def resume(job: Job, tools: Tools) -> Done:
    """In the next process: another run is what was asked for. What was cut before the memo was written was no restart
    by this command, and is not taken for one."""
    before = job.memo.get("run")
    if not before:
        raise CommandError("interrupted", "the agent ended before it was told to")
    if before == tools.clock.run:
        return await run(job, tools)
    return Done(result={"before": before, "run": tools.clock.run})
