"""What a running command tells the centre: its output in parts, and how far it is, soon but not often.

1. Output is gathered until it fills a part or has waited for a moment: a page looks live, and the card takes one write
   for what a program prints in one go. The longer a command talks, the longer the moment.
2. Progress: the newest word, at most once a second, and less often later on; a word that changes nothing is left out.
3. All output of a command together is bounded; what is beyond is dropped, and the last part says so.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final

from wire.afar import MAX_PART_BYTES, CommandNotice, OutputNotice
from wire.commands import MAX_OUTPUT_BYTES
from wire.shape import Struct

MOST_PARTS: Final = 1000
"""As `OutputNotice` counts them."""
FULL_CHARACTERS: Final = MAX_PART_BYTES // 2
"""Waiting output of so many characters is told at once."""
GATHER_S: Final = ((50, 0.3), (200, 1.0), (500, 5.0))
"""Up to so many parts, output waits for so long; beyond, `SLOWEST_S`. `MOST_PARTS` are enough for eight hours."""
SLOWEST_S: Final = 60.0
PROGRESS_S: Final = ((60, 1.0), (200, 5.0), (500, 30.0))
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

File = Callable[[str, Struct], Awaitable[object]]
"""(kind, body): files an event."""


def plain(text: str) -> str:
    """Text as every reader of a record can keep it: no control characters but tab and line feed, no half characters."""
    return _CONTROLS.sub("", text)


def pace_s(steps: tuple[tuple[int, float], ...], done: int) -> float:
    """How long to wait when so many were told before."""
    return next((seconds for most, seconds in steps if done < most), SLOWEST_S)


class Telling:
    """The mouth of one command. `run` beside the command; `close` when it is over: all its output is told then."""

    def __init__(
        self,
        notice: Callable[[int, str], CommandNotice],
        file: File,
        mark: Callable[[int, int], Awaitable[None]],
        parts: int = 0,
        printed_bytes: int = 0,
    ) -> None:
        """`notice(progress, detail)` makes a word about the command; `mark(parts, printed_bytes)` is awaited before a
        part is filed; the two numbers are those it was last called with."""
        self._notice, self._file, self._mark = notice, file, mark
        self.parts, self.printed_bytes = parts, printed_bytes
        self._ident = notice(0, "").id
        self._waiting = ""
        self._cut = printed_bytes >= MAX_OUTPUT_BYTES
        self._overflow = False
        self._progress: tuple[int, str] | None = None
        self._said: tuple[int, str] = (0, "")
        self._words = 0
        self._stirred = asyncio.Event()
        self._one = asyncio.Lock()

    async def output(self, text: str) -> None:
        """Add to what it printed. Waits where a part is full until that is filed: who prints too fast is held back."""
        if self._cut or self._overflow:
            return
        text = plain(text)
        room = MAX_OUTPUT_BYTES - self.printed_bytes - len(self._waiting.encode())
        if len(text.encode()) > room:
            text = text.encode()[: max(0, room)].decode(errors="ignore")
            self._overflow = True
        self._waiting += text
        self._stirred.set()
        if self._overflow or len(self._waiting) >= FULL_CHARACTERS:
            await self.flush()

    def progress(self, pct: int, detail: str) -> None:
        """How far it is, 0..100."""
        word = (min(100, max(0, int(pct))), plain(detail)[:500])
        self._progress = None if word == self._said else word
        self._stirred.set()

    async def run(self) -> None:
        """Until cancelled: tell what waits, in its time."""
        loop = asyncio.get_running_loop()
        told_s = float("-inf")
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            await asyncio.sleep(pace_s(GATHER_S, self.parts) if self._waiting else 0)
            await self.flush()
            if self._progress is None:
                continue
            due_s = told_s + pace_s(PROGRESS_S, self._words) - loop.time()
            if due_s > 0:
                loop.call_later(due_s, self._stirred.set)
                continue
            await self._say_progress()
            told_s = loop.time()

    async def flush(self) -> None:
        """File all output that waits."""
        async with self._one:
            while (self._waiting or self._overflow) and not self._cut:
                await self._next_part()

    async def _next_part(self) -> None:
        piece = self._waiting.encode()[:MAX_PART_BYTES].decode(errors="ignore")
        rest = self._waiting[len(piece) :]
        last = self.parts + 1 >= MOST_PARTS
        cut = (self._overflow and not rest) or (last and bool(rest))
        await self._mark(self.parts + 1, self.printed_bytes + len(piece.encode()))
        self.parts, self.printed_bytes = self.parts + 1, self.printed_bytes + len(piece.encode())
        self._waiting, self._cut = self._waiting[len(piece) :], cut or last
        await self._file("output", OutputNotice(self._ident, self.parts, piece, cut))

    async def _say_progress(self) -> None:
        word, self._progress = self._progress, None
        if word is not None:
            self._said = word
            self._words += 1
            await self._file("command", self._notice(*word))
