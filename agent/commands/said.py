"""Commands that only say what the technician's command line says: run it, and read its exit code."""

from collections.abc import Sequence
from typing import Final

from agent.commands.job import CommandError, Done, Job, Tools

OK: Final = 0
PROBLEM: Final = 1
USAGE: Final = 2
INCONCLUSIVE: Final = 3
"""Of `sandi`: all well; a problem was found; wrong use; it cannot be measured or concluded here."""


async def said(job: Job, tools: Tools, words: Sequence[str], *, timeout_s: float, inconclusive: bool = False) -> Done:
    """What `sandi` with these words printed is the answer, whether or not it found a problem: `result` says which.

    CommandError: `usage`, `not_measurable` (unless `inconclusive` is an answer too), `crashed`, `timeout`.
    """
    code = await tools.sandi(job, words, timeout_s=timeout_s)
    if code in (OK, PROBLEM) or (inconclusive and code == INCONCLUSIVE):
        return Done(result={"exit": code, "ok": code == OK})
    spoken = f"sandi {words[0]} ended with {code}"
    if code == USAGE:
        raise CommandError("usage", spoken)
    raise CommandError("not_measurable" if code == INCONCLUSIVE else "crashed", spoken)
