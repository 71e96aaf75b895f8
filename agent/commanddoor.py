"""The door for commands from afar. What carries them out is loaded when the first one comes: most days none does."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.names import COMMANDS_FOLDER
from agent.uplink.threads import in_daemon_thread

if TYPE_CHECKING:
    from agent.commands.runner import Runner
    from agent.commands.store import Entry
    from agent.parts import Parts
    from wire.messages import Downlink

log: Final = logging.getLogger("agent.commands")

OPENING_S: Final = 45.0
"""A card that is slow to give what an earlier run left; the centre offers the command again after that."""
QUIET_S: Final = 3600.0
"""A forged command is told of once, and again only when none came for so long."""
MOST_SHOWN: Final = 50
_FINISHED: Final = b'"told":true'


class CommandDoor:
    """`take` is the uplink's, `run` the supervisor's, `operation` the control socket's."""

    def __init__(self, parts: "Parts") -> None:
        self._parts = parts
        self._folder: Path = parts.config.node.data_dir / COMMANDS_FOLDER
        self._wanted, self._is_open = asyncio.Event(), asyncio.Event()
        self._runner: Runner | None = None
        self._forged: Counter[str] = Counter()
        self._forged_s = float("-inf")

    async def run(self) -> None:
        """For ever: at once where a command of an earlier run is not settled, else from the first one on."""
        if not await in_daemon_thread("commands", lambda: _unsettled(self._folder)):
            await self._wanted.wait()
        self._runner = self._runner or self._made()
        try:
            await self._runner.run(self._is_open.set)
        finally:
            self._is_open.clear()

    async def take(self, leaf: str, downlink: "Downlink") -> str:
        """The outcome for the receipt, empty for none. Raises where it could not be judged: it is offered again."""
        self._wanted.set()
        async with asyncio.timeout(OPENING_S):
            await self._is_open.wait()
        if self._runner is None:
            raise RuntimeError("the commands' part is closed")
        return await self._runner.take(leaf, downlink)

    def forged(self, code: str) -> None:
        """Something came that is no command of the centre's; `code` says why."""
        now_s = self._parts.clock.mono_s()
        if now_s - self._forged_s > QUIET_S:
            self._forged.clear()
        self._forged_s = now_s
        self._forged[code] += 1
        if self._forged[code] == 1:
            log.warning("command-forged", extra={"code": code})

    def conditions(self) -> dict[str, str]:
        """The self-warning about them: how many, and what was wrong with them."""
        if self._parts.clock.mono_s() - self._forged_s > QUIET_S:
            return {}
        kinds = ", ".join(f"{count} {code}" for code, count in self._forged.most_common())
        return {"command_forged": f"{self._forged.total()} ({kinds})"}

    async def status(self) -> dict[str, object]:
        """How many keys are pinned, by which file, and what runs and waits."""
        from agent.commands.verify import pinned

        node, uplink = self._parts.config.node, self._parts.config.uplink
        found = await in_daemon_thread("command-keys", lambda: pinned(uplink.credentials, node.data_dir))
        states = Counter(entry.state for entry in self._entries())
        facts = {"keys": len(found.keys), "source": found.source, "fault": found.fault}
        return {**facts, "running": states["running"], "waiting": states["accepted"]}

    async def operation(self, _: Mapping[str, object]) -> Mapping[str, object]:
        """The newest commands, for `sandi commands`."""
        from agent.commands.shown import rows

        return {"commands": await in_daemon_thread("commands", lambda: rows(self._folder, MOST_SHOWN))}

    def _entries(self) -> "tuple[Entry, ...]":
        return self._runner.book.entries if self._runner is not None else ()

    def _made(self) -> "Runner":
        from agent.commanding import AgentTools
        from agent.commands.needs import Needs
        from agent.commands.runner import Runner
        from agent.signing import verifies

        parts = self._parts
        node, credentials = parts.config.node, parts.config.uplink.credentials
        return Runner(
            Needs(
                node.id, node.data_dir, self._folder, credentials, parts.config.commands, parts.clock, parts.writer,
                parts.events, lambda: parts.uplink.nonce, AgentTools(parts), verifies, self.forged,
            )
        )  # fmt: skip


def _unsettled(folder: Path) -> bool:
    """Whether a command in the folder is not over, or not told to be. Read as bytes: nothing is loaded for it."""
    try:
        return any(_FINISHED not in path.read_bytes() for path in folder.glob("*.json"))
    except OSError:
        return True  # whoever opens it says why
