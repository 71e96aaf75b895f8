"""The remote command `trace`: the routers on the way to a host."""

from typing import Final, cast

from agent.commands.job import Done, Job, Tools
from agent.commands.said import said
from wire.commands import Trace

TIMEOUT_S: Final = 120.0


async def run(job: Job, tools: Tools) -> Done:
    wish = cast(Trace, job.arguments)
    return await said(job, tools, ("trace", "--", wish.host), timeout_s=TIMEOUT_S)
