"""Handlers of remote commands for tests: one that waits to be let go, and one that does a little of everything."""

import asyncio

from agent.commands.job import Done, Job, Tools

BEGUN: list[str] = []
"""Ids, in the order in which they began."""
KEPT: list[str] = []
_gates: list[asyncio.Event] = []


def begin() -> None:
    """A new story."""
    BEGUN.clear()
    KEPT.clear()
    _gates[:] = [asyncio.Event()]


def let_go() -> None:
    """Whoever waits goes on, and so does who comes later."""
    _gates[0].set()


async def held(job: Job, tools: Tools) -> Done:
    """Begins, waits to be let go, and is done."""
    BEGUN.append(job.id)
    await _gates[0].wait()
    return Done()


async def kept_and_held(job: Job, tools: Tools) -> Done:
    """The same, with something kept before it waits."""
    await job.keep({"step": 1})
    await job.output("last words\n")
    KEPT.append(job.id)
    return await held(job, tools)


async def run(job: Job, tools: Tools) -> Done:
    """Says something, keeps something, says something more: as one that ends the process does."""
    BEGUN.append(job.id)
    await job.output("first words\n")
    await job.progress(50, "half of it")
    await job.keep({"step": 1})
    await job.output("more words\n")
    return Done("as asked", {"figure": 1})


async def resume(job: Job, tools: Tools) -> Done:
    """Goes on where the memo says."""
    await job.output(f"again after step {job.memo.get('step', 0)}\n")
    return Done("after a start", {"figure": 2, **job.memo})
