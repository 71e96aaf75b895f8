"""The book of remote commands: what is known of each, and that its end is told once. Cut anywhere, it still holds.

An end is written down, then filed under a mark that the outbox takes once, then noted as told. The outbox has the last
word: what stands there under the mark is the end, also where the file of the command was lost.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from agent.clock import Clock
from agent.commands.store import MOST_ENTRIES, MOST_FINALS, CommandStore, Entry
from agent.commands.task import Ending
from agent.core.command_state import may_follow, replayable
from agent.outbox import OutboxError, OutboxWriter
from wire.bodies import encode_body
from wire.commands import COMMANDS
from wire.shape import replace

log = logging.getLogger("agent.commands")

MARK: Final = "final {}"


class OrderError(RuntimeError):
    """A state that cannot follow on the one a command has: a defect of ours, and better an error than a second end."""


class Book:
    """All it does on the disk is done in the outbox's thread: one thing after the other, whoever stopped waiting."""

    def __init__(self, folder: Path, writer: OutboxWriter, clock: Clock, session: Callable[[], str]) -> None:
        """`session`: the nonce of the present one, empty without."""
        self._store = CommandStore(folder)
        self._writer, self._clock, self._session = writer, clock, session
        self._refused: set[str] = set()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All that is known, oldest first."""
        return tuple(self._store.entries.values())

    def __getitem__(self, ident: str) -> Entry:
        return self._store.entries[ident]

    def get(self, ident: str) -> Entry | None:
        return self._store.entries.get(ident)

    @property
    def next_number(self) -> int:
        return self._store.next_number

    @property
    def full(self) -> bool:
        """Whether no more can be remembered: none may be forgotten that a copy could still repeat."""
        return len(self._store.entries) >= MOST_ENTRIES

    async def open(self) -> None:
        """Read all of it. OSError where the disk gives nothing."""
        await self._writer.call(self._store.open)
        for name in self._store.damaged:
            log.error("command-file-damaged", extra={"path": str(self._store.folder / name)})

    async def write(self, entry: Entry) -> None:
        """Keep this, durably. OSError or OutboxError when it is not; OrderError for a state that cannot follow."""
        self._check(entry)
        await self._writer.call(self._store.write, entry)

    async def end(self, entry: Entry, ending: Ending) -> None:
        """It is over, and that is told; where the disk refuses, `tell_again` tries until it does not."""
        over = replace(
            entry, state=ending.state, code=ending.code, detail=ending.detail, result=dict(ending.result), body="",
            memo={}, ended_wall_ms=self._clock.wall_ms(),
        )  # fmt: skip
        self._check(over)
        self._store.entries[over.id] = over
        await self.tell(over)

    async def tell(self, over: Entry) -> None:
        """File its end, unless that was done."""
        try:
            await self._writer.call(self._seal, over)
        except (OSError, OutboxError) as error:
            if over.id not in self._refused:
                log.warning("command-end-not-filed", extra={"command": over.name, "detail": str(error)})
            self._refused.add(over.id)
        else:
            self._refused.discard(over.id)

    async def tell_again(self) -> None:
        """Once more all ends that are not told."""
        for entry in self.entries:
            if entry.over and not entry.told:
                await self.tell(entry)

    def _check(self, after: Entry) -> None:
        before = self.get(after.id)
        if not may_follow(before.state if before is not None else None, after.state):
            raise OrderError(f"{after.id}: {after.state} after {before.state if before is not None else 'nothing'}")

    def _seal(self, over: Entry) -> None:
        with suppress(OSError):  # then the outbox alone remembers, if that can be written
            self._store.write(over)
        body, stamp = encode_body(over.notice()), self._clock.stamp()
        self._writer.outbox.append_once(MARK.format(over.id), "command", body, stamp)
        self._store.write(replace(over, told=True))
        self._prune()

    def _prune(self) -> None:
        stamp = self._clock.stamp()
        repeats = partial(replayable, session=self._session(), wall_ms=stamp.wall_ms, synced=stamp.synced)
        # Looks are cheap to order: however many there are, they push out nothing that changed the box.
        for looks in (True, False):
            over = [entry for entry in self.entries if entry.over and _is_look(entry.name) == looks]
            spent = [entry.id for entry in over if entry.told and not repeats(entry.nonce, entry.expires_ms)]
            self._store.forget(spent[: max(0, len(over) - MOST_FINALS)])


def _is_look(name: str) -> bool:
    kind = COMMANDS.get(name)
    return kind is None or kind.gravity == "look"
