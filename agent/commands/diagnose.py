"""The remote command `diagnose`: which part of the line is broken, found now, from this box alone."""

from typing import Final

from agent.commands.job import Done, Job, Tools
from agent.commands.said import said

TIMEOUT_S: Final = 90.0


async def run(job: Job, tools: Tools) -> Done:
    # Quick: somebody waits at the centre, and what loses a single ping is measured in full all the same.
    return await said(job, tools, ("diagnose", "--quick"), timeout_s=TIMEOUT_S, inconclusive=True)
