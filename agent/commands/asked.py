"""The agent's own operations (those of its control socket), asked by a command."""

import re
from collections.abc import Mapping
from typing import Final

from agent.commands.job import CommandError, Tools
from agent.control import ControlError

_CODE: Final = re.compile(r"[a-z0-9_]{1,40}")


async def ask(tools: Tools, name: str, request: Mapping[str, object]) -> Mapping[str, object]:
    """What the operation `name` answers. Raises CommandError: its own code, or `not_here` where the box has no such
    part (a snapshot without cameras)."""
    operation = tools.operations.get(name)
    if operation is None:
        raise CommandError("not_here", f"this box has no part for {name}")
    try:
        return await operation(request)
    except ControlError as error:
        code = error.code if _CODE.fullmatch(error.code) else "refused"
        raise CommandError(code, error.message) from error
