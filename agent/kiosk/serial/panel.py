"""A panel on its line: bytes to its session, and what the session wants done."""

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from agent.core.panel_moves import Appeared, Move, Rules, Scanned, Send, Session, Silent, Work
from agent.core.panel_session import FrameSession
from agent.core.panel_text import TextSession
from agent.core.panel_words import Status
from agent.kiosk.serial.config import PanelConfig
from agent.kiosk.serial.desk import Desk, Receipt
from agent.kiosk.serial.keeper import Keeper
from agent.kiosk.serial.memory import Memory
from agent.kiosk.serial.port import Port, PortError, open_port
from agent.kiosk.serial.shared import Shared

log: Final = logging.getLogger("agent.kiosk.serial")
TICK_S: Final = 1.0
LOOK_EVERY_S: Final = 10.0
"""How often the intake is asked how the box is; after a press it is asked at once."""


class Panel:
    """One panel. `print_it` and `scanned` hand things to the other devices, and must not wait."""

    def __init__(
        self,
        name: str,
        settings: PanelConfig,
        place: str,
        desk: Desk,
        memory: Memory,
        *,
        print_it: Callable[[str, Receipt], None],
        scanned: Callable[[str], None],
        open_it: Callable[[Path], Port] | None = None,
        tick_s: float = TICK_S,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._name = name
        self._settings = settings
        self._place = place
        self._desk = desk
        self._memory = memory
        self._print_it = print_it
        self._scanned = scanned
        self._tick_s, self._look_every_s = tick_s, look_every_s
        self._look = asyncio.Event()
        self.there = ""
        self.keeper = Keeper(name, settings, open_it or (lambda path: open_port(path, settings.baud)))

    async def run(self) -> None:
        """For ever."""
        await self.keeper.run(self._serve)

    async def _serve(self, port: Port) -> None:
        conversation = _Conversation(port, self._session())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(conversation, group))
                group.create_task(self._keep_time(conversation, group))
                group.create_task(self._watch(conversation, group))
        except* PortError as errors:
            raise _first(errors) from None
        finally:
            self.there = ""

    def _session(self) -> Session:
        settings, memory = self._settings, self._memory
        boot = int.from_bytes(os.urandom(4), "big")
        rules = Rules(presses_per_min=settings.presses_per_min)
        if settings.mode == "frames":
            return FrameSession(boot, self._place, memory.book, memory.secret, rules)
        return TextSession(
            boot,
            self._place,
            memory.book,
            memory.secret,
            rules,
            name=self._name[:16],
            checked=settings.checked,
            lang=settings.lang,
        )

    async def _listen(self, conversation: "_Conversation", group: asyncio.TaskGroup) -> None:
        while True:
            data = await conversation.port.read()
            await self._do(conversation, conversation.session.receive(data, time.monotonic()), group)

    async def _keep_time(self, conversation: "_Conversation", group: asyncio.TaskGroup) -> None:
        while True:
            await self._do(conversation, conversation.session.tick(time.monotonic()), group)
            await asyncio.sleep(self._tick_s)

    async def _watch(self, conversation: "_Conversation", group: asyncio.TaskGroup) -> None:
        shown: Status | None = None
        while True:
            self._look.clear()
            status = await self._desk.status(self._settings.lang)
            if status != shown:
                shown = status
                await self._do(conversation, conversation.session.show(status, time.monotonic()), group)
            try:
                async with asyncio.timeout(self._look_every_s):
                    await self._look.wait()
            except TimeoutError:
                continue

    async def _do(self, conversation: "_Conversation", moves: Iterable[Move], group: asyncio.TaskGroup) -> None:
        for move in moves:
            if isinstance(move, Send):
                await conversation.port.write(move.data)
            elif isinstance(move, Work):
                group.create_task(self._work(conversation, move, group))
            elif isinstance(move, Scanned):
                self._scanned(move.text)
            else:
                self._note(move)

    async def _work(self, conversation: "_Conversation", work: Work, group: asyncio.TaskGroup) -> None:
        await self._memory.save()
        outcome, receipt = await self._desk.outcome(work)
        # The paper first: it is put in a queue, and a panel that is gone by now would keep it from being printed.
        if receipt is not None and self._settings.receipts:
            self._print_it(_job(work), receipt)
        await self._do(conversation, conversation.session.answer(work, outcome, time.monotonic()), group)
        self._look.set()

    def _note(self, move: Appeared | Silent) -> None:
        if isinstance(move, Appeared):
            self.there = move.hello.panel
            log.info("panel-there", extra={"device": self._name, "panel": move.hello.panel})
        else:
            self.there = ""
            log.warning("panel-silent", extra={"device": self._name, "panel": move.panel})


def _job(work: Work) -> str:
    """The receipt's name: the same for a repeat, another for any other press, and no way back to its client_id."""
    return "panel-" + hashlib.sha256(work.client_id.encode()).hexdigest()[:32]


class _Conversation:
    """One open line and who speaks on it."""

    def __init__(self, port: Port, session: Session) -> None:
        self.port = port
        self.session = session


def _first(errors: BaseExceptionGroup[PortError]) -> PortError:
    """One of the group's errors: all of them say that the line is lost."""
    for error in errors.exceptions:
        if isinstance(error, PortError):
            return error
        if isinstance(error, BaseExceptionGroup):
            return _first(error)
    return PortError("gone")


def make(settings: PanelConfig, number: int, shared: Shared) -> Panel:
    """For the table of devices."""
    return Panel(
        f"panel-{number}",
        settings,
        shared.place,
        shared.desk,
        shared.memory,
        print_it=shared.print_it,
        scanned=shared.scans.put,
    )
