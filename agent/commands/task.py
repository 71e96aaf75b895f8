"""One command at work: the `Job` its handler is given, and how whatever the handler does becomes an end."""

import asyncio
import contextlib
import logging
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from agent.commands.job import CommandError, Done, Run, Tools
from agent.commands.store import Entry
from agent.commands.telling import File, Telling, plain
from agent.outbox.errors import OutboxError
from agent.supervise import asked_to_end
from wire.afar import CommandNotice, Scalar, State
from wire.shape import Struct, field, replace

log = logging.getLogger("agent.commands")

MOST_RESULTS: Final = 40
MOST_TEXT: Final = 500
MOST_KEY: Final = 60
MOST_BYTES: Final = 16 * 1024
"""All figures together, as JSON: a record takes four times that, and a page shows a fraction."""
LAST_WORDS_S: Final = 0.3
"""When the process is told to end, what was printed by then is still filed; a plugin has half a second to give way."""
_LARGEST: Final = 2**53 - 1
"""The largest whole number every reader of JSON keeps exact."""

Keep = Callable[[Entry], Awaitable[None]]
"""Writes an entry down, durably."""


class Ending(Struct, frozen=True):
    """How a command ended, fit for the wire."""

    state: State
    code: str = ""
    detail: str = ""
    result: Mapping[str, Scalar] = field(default_factory=dict)


class Task:
    """What a handler holds: `agent.commands.job.Job`. `entry` is the command as it stands on the disk."""

    def __init__(self, entry: Entry, arguments: Struct, keep: Keep, file: File, *, careful: bool) -> None:
        """`careful`: it may be taken up again, so what was told of its output is written down part by part."""
        self.entry = entry
        self._arguments, self._keep, self._careful = arguments, keep, careful
        self._telling = Telling(self._notice, file, self._mark, entry.parts, entry.printed_bytes)

    @property
    def id(self) -> str:
        return self.entry.id

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def arguments(self) -> Struct:
        return self._arguments

    @property
    def memo(self) -> Mapping[str, Scalar]:
        return self.entry.memo

    @property
    def key_id(self) -> str:
        """Of the key this command was signed with."""
        return self.entry.key_id

    async def progress(self, pct: int, detail: str = "") -> None:
        self._telling.progress(pct, detail)

    async def output(self, text: str) -> None:
        await self._telling.output(text)

    async def keep(self, memo: Mapping[str, Scalar]) -> None:
        if fit(memo) != dict(memo):
            raise ValueError("a memo is a few short figures, which come back as they went")
        await self._telling.flush()
        await self._write(memo=dict(memo), parts=self._telling.parts, printed_bytes=self._telling.printed_bytes)

    async def work(self, handler: Run, tools: Tools, within_s: float) -> Ending:
        """Run it to its end and tell its output. Only the end of the process leaves it without one."""
        telling = asyncio.create_task(self._telling.run(), name=f"telling {self.name}")
        try:
            ending = await self._run(handler, tools, within_s)
            await self._telling.flush()
            return ending
        except asyncio.CancelledError:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_S):
                    await self._telling.flush()
            raise
        finally:
            telling.cancel()
            await asyncio.wait({telling})

    async def _run(self, handler: Run, tools: Tools, within_s: float) -> Ending:
        try:
            async with asyncio.timeout(within_s) as patience:
                done = await handler(self, tools)
            return ending_of(done)
        except CommandError as error:
            return failed(error.code, error.detail)
        except asyncio.CancelledError as error:
            if asked_to_end():
                raise
            return self._fault(error)
        except Exception as error:  # noqa: BLE001 - a handler may break in any way, and that is how it ends
            if isinstance(error, TimeoutError) and patience.expired():
                return failed("timeout", f"not done after {within_s:.0f} s")
            return self._fault(error)

    def _fault(self, error: BaseException) -> Ending:
        log.error("command-fault", extra={"command": self.name, "kind": type(error).__name__}, exc_info=error)
        return failed("fault", f"{type(error).__name__}: {error}")

    def _notice(self, pct: int, detail: str) -> CommandNotice:
        return replace(self.entry, detail=detail).notice(pct)

    async def _mark(self, parts: int, printed_bytes: int) -> None:
        if not self._careful:
            return
        try:
            await self._write(parts=parts, printed_bytes=printed_bytes)
        except (OSError, OutboxError) as error:  # at worst a part is numbered twice after a restart
            log.warning("command-not-kept", extra={"command": self.name, "detail": str(error)})

    async def _write(self, **changes: object) -> None:
        entry = replace(self.entry, **changes)
        await self._keep(entry)
        self.entry = entry


def ending_of(done: Done) -> Ending:
    """Done, with figures and words that fit a notice whatever the handler put into them."""
    return Ending("done", "", plain(str(done.detail))[:MOST_TEXT], fit(done.result))


def failed(code: str, detail: str) -> Ending:
    """Failed, with a code and words that fit a notice."""
    return Ending("failed", re.sub(r"[^a-z0-9_]+", "_", code.lower())[:40] or "fault", plain(detail)[:MOST_TEXT])


def fit(figures: Mapping[str, object]) -> dict[str, Scalar]:
    """The first of them, within `MOST_RESULTS` and `MOST_BYTES`, each as a value of JSON that comes back as it went."""
    found: dict[str, Scalar] = {}
    room = MOST_BYTES
    for key, value in list(figures.items())[:MOST_RESULTS]:
        name, scalar = plain(str(key))[:MOST_KEY], _scalar(value)
        room -= len(msgspec.json.encode((name, scalar)))
        if room < 0:
            break
        found[name] = scalar
    return found


def _scalar(value: object) -> Scalar:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= _LARGEST:
        return int(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return plain(str(value))[:MOST_TEXT]
