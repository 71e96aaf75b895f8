"""Takes remote commands, carries them out one after the other, and sees to it that each has exactly one end.

1. What arrives is judged (`agent.core.command_state`) and on the disk before anybody is told that it was taken.
2. One command that changes something runs at a time; beside it up to `MOST_LOOKS` that only look.
3. At a start, what ran is taken up again by its `resume`, or has failed as `interrupted`, like all that waited.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.clock import Clock
from agent.commands import table
from agent.commands.book import Book
from agent.commands.config import CommandsConfig
from agent.commands.job import Tools
from agent.commands.store import Entry
from agent.commands.task import Ending, Task, failed
from agent.commands.verify import Pinned, pinned
from agent.core import command_state
from agent.core.command_state import Sight, Verdict, Verify
from agent.core.together import until_next
from agent.events import EventLog
from agent.outbox import OutboxError, OutboxWriter
from wire.errors import WireError
from wire.messages import Downlink
from wire.shape import Struct, replace

log = logging.getLogger("agent.commands")

MOST_LOOKS: Final = 2
"""Each is a process of some 40 MiB for seconds; the smallest board has 512."""
RETELL_S: Final = 10.0
KEYS_LAST_S: Final = 1.0
"""So long the keys read from the disk serve: a flood of forgeries costs one look at it a second."""

Lane = asyncio.Queue[tuple[str, bool]]
"""Ids, and whether it is taken up again."""


class Needs(Struct, frozen=True):
    """What the runner stands on. `nonce`: of the present session, empty without one; `forged`: hears of forgeries."""

    node: str
    data_dir: Path
    folder: Path
    credentials: Path
    config: CommandsConfig
    clock: Clock
    writer: OutboxWriter
    events: EventLog
    nonce: Callable[[], str]
    tools: Tools
    verify: Verify
    forged: Callable[[str], None]


class Runner:
    """`take` what arrives, at any time while `run` runs."""

    def __init__(self, needs: Needs) -> None:
        self._needs = needs
        self.book = Book(needs.folder, needs.writer, needs.clock, needs.nonce)
        self._deeds, self._looks = Lane(), Lane()
        self._one = asyncio.Lock()
        self._pinned: tuple[float, Pinned] | None = None
        self._accepting: set[asyncio.Task[str]] = set()

    async def run(self, ready: Callable[[], None]) -> None:
        """For ever; `ready` is called once what an earlier run left is settled. OSError where nothing can be read."""
        async with self._one:
            await self.book.open()
            self._deeds, self._looks = Lane(), Lane()
            for entry in self.book.entries:
                await self._settle(entry)
        ready()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work_off(self._deeds), name="commands")
            for number in range(MOST_LOOKS):
                group.create_task(self._work_off(self._looks), name=f"looks-{number}")
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
            sight = await self._sight(downlink)
            verdict = command_state.judge(leaf, downlink, sight, self._needs.verify, self._needs.config.allows)
            if verdict.kind == "forged":
                self._needs.forged(verdict.code)
            if verdict.kind == "known":
                return str(verdict.state)
            if verdict.kind not in ("accepted", "ended"):
                return ""
            if self.book.full:
                log.error("commands-full", extra={"detail": "too many commands that could still be repeated"})
                return ""
            entry = self._entry(leaf, downlink, verdict)
            await self.book.write(entry)
            await (self.book.tell(entry) if entry.over else self._line_up(entry))
            return entry.state

    async def _sight(self, downlink: Downlink) -> Sight:
        needs, found = self._needs, await self._keys()
        kept, stamp = self.book.get(downlink.id), needs.clock.stamp()
        return Sight(
            needs.node,
            needs.nonce(),
            stamp.wall_ms,
            stamp.synced,
            found.keys,
            kept.state if kept is not None else None,
            self._deeds.qsize() + self._looks.qsize(),
        )

    async def _keys(self) -> Pinned:
        needs, now_s = self._needs, self._needs.clock.mono_s()
        if self._pinned is None or now_s - self._pinned[0] > KEYS_LAST_S:
            self._pinned = (now_s, await needs.writer.call(pinned, needs.credentials, needs.data_dir))
        return self._pinned[1]

    def _entry(self, leaf: str, downlink: Downlink, verdict: Verdict) -> Entry:
        stamp, over = self._needs.clock.stamp(), verdict.kind == "ended"
        return Entry(
            downlink.id,
            verdict.name,
            self.book.next_number,
            "config" if leaf == command_state.CONFIG else "command",
            verdict.state or "accepted",
            stamp.boot,
            stamp.mono_ms,
            stamp.wall_ms,
            nonce=downlink.nonce,
            expires_ms=downlink.expires_ms,
            key_id=downlink.key_id,
            body="" if over else bytes(downlink.body).decode(),
            code=verdict.code,
            detail=failed("", verdict.detail).detail,
            ended_wall_ms=stamp.wall_ms if over else 0,
        )

    async def _line_up(self, entry: Entry) -> None:
        try:
            await self._needs.events.file("command", entry.notice())
        finally:
            lane = self._looks if command_state.beside_others(entry.name) else self._deeds
            lane.put_nowait((entry.id, False))

    # -- carrying out -------------------------------------------------------------------------------------------------

    async def _settle(self, entry: Entry) -> None:
        """What a start does with a command an earlier run left."""
        resumable = table.resumable(entry.name)
        todo = command_state.at_start(entry.state, entry.starts, resumable=resumable)
        if todo == "resume":
            self._deeds.put_nowait((entry.id, True))
        elif todo == "interrupted":
            words = "it had not begun" if entry.state == "accepted" else "it was running"
            await self.book.end(entry, failed("interrupted", f"the agent was started again; {words}"))
        elif not entry.told:
            await self.book.tell(entry)

    async def _work_off(self, lane: Lane) -> None:
        while True:
            ident, resumed = await lane.get()
            entry, ending = await self._carry_out(self.book[ident], resumed=resumed)
            self._pinned = None  # it may have been the one that changes them
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
