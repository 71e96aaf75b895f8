"""Takes remote commands, carries them out one after the other, and sees to it that each has exactly one end.

1. What arrives is judged (`agent.core.command_state`) and on the disk before anybody is told that it was taken.
2. One command that changes something runs at a time; beside it up to `MOST_LOOKS` that only look, and words, which
   are done at once.
3. At a start, what ran is taken up again by its `resume`, or has failed as `interrupted`, like all that waited.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from agent.commands import table
from agent.commands.admission import Admission
from agent.commands.book import Book
from agent.commands.needs import Needs
from agent.commands.store import Entry
from agent.commands.task import Ending, Task, failed
from agent.core import command_state
from agent.core.together import until_next
from agent.outbox import OutboxError
from wire.errors import WireError
from wire.messages import Downlink
from wire.shape import replace

log = logging.getLogger("agent.commands")

MOST_LOOKS: Final = 2
"""Each is a process of some 40 MiB for seconds; the smallest board has 512."""
RETELL_S: Final = 10.0

Line = asyncio.Queue[tuple[str, bool]]
"""Ids, and whether it is taken up again."""


class Runner:
    """`take` what arrives, at any time while `run` runs."""

    def __init__(self, needs: Needs) -> None:
        self._needs = needs
        self.book = Book(needs.folder, needs.writer, needs.clock, needs.nonce)
        self._lines = _lines()
        self._one = asyncio.Lock()
        self._admission = Admission(needs, self.book)
        self._accepting: set[asyncio.Task[str]] = set()

    async def run(self, ready: Callable[[], None]) -> None:
        """For ever; `ready` is called once what an earlier run left is settled. OSError where nothing can be read."""
        async with self._one:
            await self.book.open()
            self._lines = _lines()
            for entry in self.book.entries:
                await self._settle(entry)
        ready()
        async with asyncio.TaskGroup() as group:
            for lane, line in self._lines.items():
                for number in range(MOST_LOOKS if lane == "look" else 1):
                    group.create_task(self._work_off(line), name=f"commands-{lane}-{number}")
            while True:
                await asyncio.sleep(until_next(asyncio.get_running_loop().time(), RETELL_S))
                await self.book.tell_again()

    # -- taking -------------------------------------------------------------------------------------------------------

    async def take(self, leaf: str, downlink: Downlink) -> str:
        """The state for the receipt; empty where there is none to be filed. Raises what keeps it off the disk."""
        accepting = asyncio.create_task(self._take(leaf, downlink), name="command-taken")
        self._accepting.add(accepting)
        accepting.add_done_callback(self._accepting.discard)
        return await asyncio.shield(accepting)  # who waits may give up; what is on the disk is in a lane as well

    async def _take(self, leaf: str, downlink: Downlink) -> str:
        async with self._one:
            found = await self._admission.admit(leaf, downlink, sum(line.qsize() for line in self._lines.values()))
            if isinstance(found, str):
                return found
            await (self.book.tell(found) if found.over else self._line_up(found))
            return found.state

    async def _line_up(self, entry: Entry) -> None:
        try:
            await self._needs.events.file("command", entry.notice())
        finally:
            self._lines[command_state.lane(entry.name)].put_nowait((entry.id, False))

    # -- carrying out -------------------------------------------------------------------------------------------------

    async def _settle(self, entry: Entry) -> None:
        """What a start does with a command an earlier run left."""
        resumable = table.resumable(entry.name)
        todo = command_state.at_start(entry.state, entry.starts, resumable=resumable)
        if todo == "resume":
            self._lines[command_state.lane(entry.name)].put_nowait((entry.id, True))
        elif todo == "interrupted":
            words = "it had not begun" if entry.state == "accepted" else "it was running"
            await self.book.end(entry, failed("interrupted", f"the agent was started again; {words}"))
        elif not entry.told:
            await self.book.tell(entry)

    async def _work_off(self, line: Line) -> None:
        while True:
            ident, resumed = await line.get()
            entry, ending = await self._carry_out(self.book[ident], resumed=resumed)
            self._admission.look_again()  # it may have been the one that changes them
            await self.book.end(entry, ending)

    async def _carry_out(self, entry: Entry, *, resumed: bool) -> tuple[Entry, Ending]:
        needs, stamp = self._needs, self._needs.clock.stamp()
        left_s = command_state.left_s(entry.name, entry.boot, entry.mono_ms, stamp.boot, stamp.mono_ms)
        if left_s <= 0:
            return entry, failed("timeout", "it was not done in time")
        try:
            handler = table.load(entry.name, resumed=resumed)
            _, arguments = command_state.read_body(entry.leaf, entry.body.encode())
        except (ImportError, AttributeError, KeyError, WireError) as error:
            log.error("command-not-loaded", extra={"command": entry.name, "detail": str(error)})
            return entry, failed("fault", f"this version cannot carry it out: {error}")
        entry = replace(entry, state="running", starts=entry.starts + resumed)
        try:
            await self.book.write(entry)
        except (OSError, OutboxError) as error:
            return entry, failed("storage", str(error))
        await needs.events.file("command", entry.notice())
        task = Task(entry, arguments, self.book.write, needs.events.file, careful=table.resumable(entry.name))
        ending = await task.work(handler, needs.tools, left_s)
        return task.entry, ending


def _lines() -> dict[command_state.Lane, Line]:
    return {"deed": Line(), "look": Line(), "word": Line()}
