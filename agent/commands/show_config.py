"""The remote command `show-config`: the configuration this box runs with, its secrets masked."""

from typing import Final

from agent.commands.job import Done, Job, Tools
from agent.commands.said import said

TIMEOUT_S: Final = 45.0


async def run(job: Job, tools: Tools) -> Done:
    return await said(job, tools, ("config", "show"), timeout_s=TIMEOUT_S)
