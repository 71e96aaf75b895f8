"""`maintenance`: the centre says that work goes on at this box, or that it is over. The box keeps and tells it, exactly
as when a technician types it there."""

from typing import TYPE_CHECKING, Final, cast

from agent.commands.asked import ask
from agent.commands.job import CommandError, Done, Job, Tools

if TYPE_CHECKING:
    from wire.commands import Maintenance

BY: Final = "pusat"
"""Who it was by name stands in the centre's audit chain, beside the command's id; here only that it came from there."""
_ROOT: Final = 0  # whose word on who it is for is believed (`agent.maintenance`)


async def run(job: Job, tools: Tools) -> Done:
    """`left_s` of the work from now on, 0 when it is over. Ending what was not going on is done too."""
    wanted = cast("Maintenance", job.arguments)
    if wanted.lasts_s == 0:
        return await _end(tools)
    request = {"action": "begin", "lasts_s": wanted.lasts_s, "ticket": wanted.ticket, "note": wanted.note}
    answer = await ask(tools, "maintenance", {**request, "by": BY, "peer_uid": _ROOT})
    stay = cast("dict[str, object] | None", answer["maintenance"])
    return Done(result={"left_s": cast("int", stay["left_s"]) if stay else 0, "filed": bool(answer["filed"])})


async def _end(tools: Tools) -> Done:
    try:
        answer = await ask(tools, "maintenance", {"action": "end", "by": BY, "peer_uid": _ROOT})
    except CommandError as error:
        if error.code != "no_maintenance":
            raise
        return Done("no maintenance was going on", {"left_s": 0, "filed": True})
    return Done(result={"left_s": 0, "filed": bool(answer["filed"])})
