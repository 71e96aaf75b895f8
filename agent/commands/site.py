"""The remote command `site`: open one web site as a citizen of this place would."""

from typing import Final, cast

from agent.commands.job import Done, Job, Tools
from agent.commands.said import said
from wire.commands import Site

TIMEOUT_S: Final = 70.0


async def run(job: Job, tools: Tools) -> Done:
    wish = cast(Site, job.arguments)
    return await said(job, tools, ("site", "--", wish.url), timeout_s=TIMEOUT_S)
