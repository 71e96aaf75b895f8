"""`restart-kiosk`: the screen's server, its browser and the kiosk's devices start again, as far as they are on."""

from agent.commands.job import Done, Job, Tools


async def run(job: Job, tools: Tools) -> Done:
    """Done when the root helper has taken the word. A box without a kiosk restarts nothing, and that is done too."""
    await tools.want("restart-kiosk")
    return Done()
