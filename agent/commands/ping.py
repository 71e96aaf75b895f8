"""The remote command `ping`: echo requests to a host, counted honestly."""

from typing import Final, cast

from agent.commands.job import Done, Job, Tools
from agent.commands.said import said
from wire.commands import Ping

INTERVAL_S: Final = 0.2
SPARE_S: Final = 40.0
"""For a slow board to load the program, for the name, and for the last answer."""


async def run(job: Job, tools: Tools) -> Done:
    wish = cast(Ping, job.arguments)
    words = ("ping", "-n", str(wish.count), "-i", str(INTERVAL_S), "--", wish.host)
    return await said(job, tools, words, timeout_s=wish.count * INTERVAL_S + SPARE_S)
