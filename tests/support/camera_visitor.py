"""The camera process as the core sees it: a client of the picture door that keeps to its words, and need not."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

from agent.cameras.handing import (
    VERSION,
    CameraReport,
    FromCore,
    Hello,
    Kept,
    Offer,
    Refused,
    Report,
    Take,
    Verdict,
    read_from_core,
)
from agent.cameras.lines import write_line
from agent.sockets import short_path

PATIENCE_S = 60.0
SAMPLES = sorted((Path(__file__).resolve().parents[2] / "agent" / "cameras" / "samples").glob("*.jpg"))
SAMPLE_SIZE = (960, 540)


class Visitor:
    """One connection to the door."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.heard: list[FromCore] = []

    @classmethod
    async def come(cls, path: Path) -> "Visitor":
        end_s = time.monotonic() + PATIENCE_S
        while True:  # the agent answers before its door is open
            try:
                with short_path(path) as address:
                    return cls(*await asyncio.open_unix_connection(address))
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > end_s:
                    raise
                await asyncio.sleep(0.02)

    def say(self, word: Hello | Offer | Report, body: bytes = b"") -> None:
        self.writer.write(write_line(word) + body)

    def greet(self, *cameras: str) -> None:
        self.say(Hello(VERSION, list(cameras)))

    async def next(self) -> FromCore | None:
        """The next word of the core; None when it has closed the connection."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                line = await self.reader.readline()
            except ConnectionError:
                return None
        if not line.endswith(b"\n"):
            return None
        word = read_from_core(line)
        self.heard.append(word)
        return word

    async def until(self, *kinds: type) -> FromCore:
        """The next word of one of these kinds."""
        while True:
            word = await self.next()
            assert word is not None, "the core closed the connection"
            if isinstance(word, kinds):
                return word

    async def hand_in(self, offer: Offer, image: bytes) -> Kept | Refused:
        self.say(offer, image)
        word = await self.until(Kept, Refused)
        assert isinstance(word, Kept | Refused)
        return word

    async def is_cut(self) -> bool:
        """Whether the core ends the connection, whatever it says before."""
        while await self.next() is not None:
            pass
        return True

    async def take(self) -> Take:
        word = await self.until(Take)
        assert isinstance(word, Take)
        return word

    def leave(self) -> None:
        self.writer.close()


@contextlib.asynccontextmanager
async def visiting(path: Path, *cameras: str) -> AsyncIterator[Visitor]:
    """A visitor who has greeted, when cameras are named, and leaves at the end."""
    visitor = await Visitor.come(path)
    try:
        if cameras:
            visitor.greet(*cameras)
        yield visitor
    finally:
        visitor.leave()


def sample(number: int = 0) -> bytes:
    """A real picture, 960 x 540."""
    return SAMPLES[number % len(SAMPLES)].read_bytes()


def offer_of(
    image: bytes,
    camera: str = "gate",
    *,
    request_id: str | None = None,
    verdict: Verdict = "ok",
    size: tuple[int, int] = SAMPLE_SIZE,
    age_ms: int = 250,
) -> Offer:
    """The words that belong to this picture."""
    reason = "schedule" if request_id is None else "request"
    return Offer(camera, len(image), *size, age_ms, reason, verdict, "", request_id, {"connect": 12, "body": 34})  # type: ignore[arg-type]


def report_of(*cameras: str, state: str = "ok") -> Report:
    made = {name: CameraReport(state, "replay", "traffic", 300.0, pictures=3) for name in cameras}  # type: ignore[arg-type]
    return Report(made)
