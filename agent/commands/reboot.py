"""`reboot`: the whole box starts again. Done is what the agent of the next boot says; in the same boot it is awaited.

1. The memo with this boot's id is on the disk before the helper is asked: whatever ends this process, the next knows.
2. The helper was asked (`asked`), or was not when the process ended in between: then the next process of the same boot
   asks. Asked twice, the box still starts again once: the first one takes the second wish along.
3. In the same boot after `WITHIN_MS` it has failed: systemd ends a machine within minutes or not at all.
"""

import asyncio
from typing import Final

from agent.commands.job import CommandError, Done, Job, Scalar, Tools

WITHIN_MS: Final = 10 * 60_000
"""Of boot-time since it was asked. The centre gives up after 15 minutes, which leaves the next boot its time."""


async def run(job: Job, tools: Tools) -> Done:
    """Never returns when all is well. CommandError: `helper`, or `not_rebooted`."""
    memo: dict[str, Scalar] = {"boot": tools.clock.boot, "mono_ms": tools.clock.mono_ms(), "asked": False}
    await job.keep(memo)
    return await _ask_and_wait(job, tools, memo)


async def resume(job: Job, tools: Tools) -> Done:
    """Done in another boot."""
    memo = dict(job.memo)
    if "boot" not in memo:
        raise CommandError("interrupted", "the agent ended before it asked for the restart")
    if memo["boot"] != tools.clock.boot:
        return Done(result={"before": memo["boot"], "boot": tools.clock.boot})
    return await _ask_and_wait(job, tools, memo)


async def _ask_and_wait(job: Job, tools: Tools, memo: dict[str, Scalar]) -> Done:
    if not memo.get("asked"):
        await tools.want("reboot")
        await job.keep({**memo, "asked": True})
    began_ms = memo["mono_ms"]
    assert isinstance(began_ms, int)
    await asyncio.sleep(max(0, began_ms + WITHIN_MS - tools.clock.mono_ms()) / 1000)
    raise CommandError("not_rebooted", f"still the same boot {WITHIN_MS // 60_000} minutes after it was asked for")
