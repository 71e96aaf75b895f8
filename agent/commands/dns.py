"""The remote command `dns`: one name, asked of every resolver of this box."""

from typing import Final, cast

from agent.commands.job import Done, Job, Tools
from agent.commands.said import said
from wire.commands import Dns

TIMEOUT_S: Final = 45.0


async def run(job: Job, tools: Tools) -> Done:
    wish = cast(Dns, job.arguments)
    return await said(job, tools, ("dns", "--", wish.name), timeout_s=TIMEOUT_S)
