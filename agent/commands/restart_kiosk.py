"""`restart-kiosk`: the screen's server, its browser and the kiosk's devices start again, as far as they are on."""

from agent.commands.job import Done, Job, Tools


async def run(job: Job, tools: Tools) -> Done:
    """Done when the root helper has taken the word. A box without a kiosk restarts nothing, and that is done too."""
    await tools.want("restart-kiosk")
    await job.keep({"asked": True})
    return Done()


async def resume(job: Job, tools: Tools) -> Done:
    """A word that was taken is not said again; one that may not have been is: a screen may start twice."""
    return Done() if job.memo.get("asked") else await run(job, tools)
