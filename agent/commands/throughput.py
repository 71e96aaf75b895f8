"""The remote command `throughput`: how fast the line to the centre is, within the byte budget of both sides."""

from typing import Final

from agent.commands.job import Done, Job, Tools
from agent.commands.said import said

TIMEOUT_S: Final = 150.0


async def run(job: Job, tools: Tools) -> Done:
    return await said(job, tools, ("throughput",), timeout_s=TIMEOUT_S)
