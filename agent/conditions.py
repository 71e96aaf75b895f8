"""What holds against this box now, gathered from its parts for the self-check."""

import asyncio
from typing import TYPE_CHECKING, Final

from agent.events import NO_ROOM
from agent.outbox import OutboxError
from agent.selfcheck import board_conditions
from agent.supervise import named

if TYPE_CHECKING:
    from agent.parts import Parts

OUTBOX_ANSWERS_S: Final = (
    5.0  # far more than a commit on a tired card; what lasts longer is told, and watched by systemd
)


class BoxConditions:
    """Asks the parts. Remembers of the last round only whether the outbox answered, for who cannot wait for it."""

    def __init__(self, parts: "Parts") -> None:
        self._parts = parts
        self._silence: dict[str, str] = {}

    def standing(self) -> tuple[str, ...]:
        """For the birth: the codes of the self-warnings that no report can tell, since the disk takes none."""
        parts = self._parts
        return parts.selfcheck.standing({**parts.writer.conditions(), **parts.events.conditions(), **self._silence})

    async def gather(self) -> dict[str, str]:
        """Everything that holds against this box now: code of a warning -> detail."""
        parts = self._parts
        found = {
            **parts.timekeeper.conditions(),
            **parts.uplink.conditions(),
            **board_conditions(parts.reporter.system),
            **parts.loop.conditions(),
            **parts.writer.conditions(),
            **parts.events.conditions(),
            **parts.commands.conditions(),
        }
        if failing := parts.supervisor.failing():
            found["plugin_failing"] = named(failing, lambda state: state.error)
        stuck = [named(parts.supervisor.stuck(), lambda state: state.stuck)] if parts.supervisor.stuck() else []
        try:
            async with asyncio.timeout(OUTBOX_ANSWERS_S):
                found |= await self._of_outbox()
            self._silence = {}
        except TimeoutError:
            stuck.append(f"outbox (no answer for {OUTBOX_ANSWERS_S:g} s)")
            self._silence = {"outbox_readonly": stuck[-1]}  # it takes nothing either, though it does not say so
        if stuck:
            found["plugin_stuck"] = "; ".join(stuck)
        if denied := parts.probes.known.denied():
            found["icmp_not_permitted"] = ", ".join(denied)
        return found

    async def _of_outbox(self) -> dict[str, str]:
        writer = self._parts.writer
        try:
            closed = await writer.call(writer.outbox.door)
        except OutboxError as error:
            closed = error
        # Any other refusal is the writer's to tell (`outbox_readonly`).
        return {"disk_reserve": closed.detail} if closed is not None and closed.code in NO_ROOM else {}
