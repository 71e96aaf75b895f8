"""`snapshot`: a picture now, of one camera or of all. It travels by its own lane; here it is said which one it is."""

import asyncio
from typing import TYPE_CHECKING, Final, cast

from agent.commands.asked import ask
from agent.commands.job import CommandError, Done, Job, Scalar, Tools

if TYPE_CHECKING:
    from wire.commands import Snapshot

MOST_TOLD: Final = 12
"""Cameras told one by one: three figures each, and a result has forty."""


async def run(job: Job, tools: Tools) -> Done:
    """Done when at least one camera gave a picture. For the n-th one the result holds `camera_n`, `seq_n` (of the
    record in the stream `snapshot`) and `request_n` (in the picture's signed record, by which it is found as soon as
    it is stored: this command's id, or that of whoever asked a moment earlier and whose picture serves this too).
    """
    wanted = cast("Snapshot", job.arguments).camera
    cameras = [wanted] if wanted else sorted(tools.config.cameras)
    if not cameras:
        raise CommandError("no_cameras", "no camera is configured on this box")
    outcomes = await asyncio.gather(*(_picture(job, tools, camera) for camera in cameras))
    taken = [outcome for outcome in outcomes if not isinstance(outcome, CommandError)]
    missed = [
        (camera, outcome)
        for camera, outcome in zip(cameras, outcomes, strict=True)
        if isinstance(outcome, CommandError)
    ]
    for camera, error in missed:
        await job.output(f"{camera}: {error.code}: {error.detail}\n")
    if not taken:
        raise missed[0][1]
    result: dict[str, Scalar] = {"pictures": len(taken), "missed": len(missed)}
    for number, (camera, seq, request_id) in enumerate(taken[:MOST_TOLD], 1):
        result |= {f"camera_{number}": camera, f"seq_{number}": seq, f"request_{number}": request_id}
    return Done(", ".join(f"{camera}: {error.code}" for camera, error in missed), result)


async def _picture(job: Job, tools: Tools, camera: str) -> tuple[str, int, str] | CommandError:
    """Camera, seq and request id; an error is handed back, so that one camera does not end the others."""
    try:
        answer = await ask(tools, "snapshot", {"camera": camera, "request_id": job.id})
    except CommandError as error:
        return error
    found = cast("dict[str, object]", answer["snapshot"])
    seq, age_ms, verdict = cast("int", found["seq"]), cast("int", found["age_ms"]), found["verdict"]
    await job.output(f"{camera}: {verdict}, {found['width']}x{found['height']}, {age_ms} ms, #{seq}\n")
    return camera, seq, str(found["request_id"])
