"""The core's side of the picture door for tests of the camera process: honest, or as rude as the test wants."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from agent.cameras.handing import Facts, FromCore, Hello, Kept, Missed, Offer, Report, Take, read_from_camera
from agent.cameras.lines import write_line
from agent.sockets import short_path

FACTS = Facts("kel-3673011001", "Kelurahan Serang", synced=True, metered=False)
WAIT_S = 120.0


class PictureCore:
    """Hears everything; answers offers with `answers` in turn, then with Kept. None in `answers`: the line is cut."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.greeting: FromCore | bytes = FACTS
        self.answers: list[FromCore | bytes | None] = []
        self.hellos: list[Hello] = []
        self.offers: list[tuple[Offer, bytes]] = []
        self.missed: list[Missed] = []
        self.reports: list[Report] = []
        self._news = asyncio.Condition()
        self._writers: set[asyncio.StreamWriter] = set()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["PictureCore"]:
        """Listen until the end of the block; then every connection is gone."""
        with short_path(self.path) as address:
            server = await asyncio.start_unix_server(self._serve, path=address)
        try:
            yield self
        finally:
            server.close()
            self.hang_up()
            self.path.unlink(missing_ok=True)

    def hang_up(self) -> None:
        """Cut whoever is there."""
        for writer in self._writers:
            writer.transport.abort()

    def say(self, word: FromCore | bytes) -> None:
        """To whoever is there."""
        for writer in self._writers:
            writer.write(word if isinstance(word, bytes) else write_line(word))

    def take(self, camera: str, ident: str, reason: Any = "request", *, urgent: bool = False) -> None:
        """Ask for a picture."""
        self.say(Take(camera, reason, ident, urgent))

    async def until(self, condition: Any) -> None:
        """Wait until what was heard fulfils the condition."""
        async with asyncio.timeout(WAIT_S), self._news:
            await self._news.wait_for(condition)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while line := await reader.readline():
                word = read_from_camera(line)
                body = await reader.readexactly(word.size_bytes) if isinstance(word, Offer) else b""
                async with self._news:
                    self._hear(word, body, writer)
                    self._news.notify_all()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _hear(self, word: Hello | Offer | Missed | Report, body: bytes, writer: asyncio.StreamWriter) -> None:
        match word:
            case Hello():
                self.hellos.append(word)
                self.say(self.greeting)
            case Offer():
                self.offers.append((word, body))
                answer = self.answers.pop(0) if self.answers else Kept(len(self.offers))
                if answer is None:
                    writer.transport.abort()
                else:
                    writer.write(answer if isinstance(answer, bytes) else write_line(answer))
            case Missed():
                self.missed.append(word)
            case Report():
                self.reports.append(word)
