"""Handing out release bundles: files of one folder, named by their SHA-256, from any byte on.

Whoever asks gets them, enrolled or not: a bundle holds no secret, and what makes it good is the release key's
signature, which every box checks. What is bounded is what it costs: so many at a time, each at a rate, and who does not
read is cut.
"""

import asyncio
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from center.throughput.stream import Line
from wire.release import RELEASE_PATH

FOLDER: Final = "releases"
SUFFIX: Final = ".sandi"
_PATH: Final = re.compile(re.escape(RELEASE_PATH) + r"([0-9a-f]{64})")
_RANGE: Final = re.compile(r"bytes=([0-9]{1,12})-")
_CHUNK_BYTES: Final = 64 * 1024
BUSY_S: Final = 30


@dataclass(frozen=True, slots=True)
class Cost:
    """What handing out may take of this machine's line. `stall_s`: who takes nothing for so long is cut."""

    at_a_time: int = 8
    per_address: int = 2
    bytes_per_s: int = 1024 * 1024
    stall_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A bundle from this byte on; `partly`: as the request said with `Range`."""

    digest: str
    start: int = 0
    partly: bool = False


def wanted(path: str, range_header: str | None) -> Wanted | None:
    """None for another path. Raises ValueError for a range of another shape."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    if range_header is None:
        return Wanted(found[1])
    part = _RANGE.fullmatch(range_header)
    if part is None:
        raise ValueError("only Range: bytes=N- is understood")
    return Wanted(found[1], int(part[1]), partly=True)


class HandingOut:
    """The door of one listener."""

    def __init__(self, folder: Path, cost: Cost | None = None) -> None:
        self._folder = folder
        self._cost = cost or Cost()
        self._busy: dict[str, int] = {}

    async def send(self, line: Line, want: Wanted, address: str) -> None:
        """The whole answer. Raises OSError or TimeoutError when it is not taken."""
        with self._place(address) as free:
            if not free:
                await self._head(line, "503 Service Unavailable", f"Retry-After: {BUSY_S}\r\nContent-Length: 0")
                return
            try:
                handle, size = _opened(self._folder / f"{want.digest}{SUFFIX}")
            except OSError:
                await self._head(line, "404 Not Found", "Content-Length: 0")
                return
            with os.fdopen(handle, "rb") as bundle:
                if want.start >= size:
                    text = f"Content-Range: bytes */{size}\r\nContent-Length: 0"
                    await self._head(line, "416 Range Not Satisfiable", text)
                    return
                bundle.seek(want.start)
                text = f"Content-Type: application/octet-stream\r\nContent-Length: {size - want.start}"
                if want.partly:
                    text += f"\r\nContent-Range: bytes {want.start}-{size - 1}/{size}"
                await self._head(line, "206 Partial Content" if want.partly else "200 OK", text)
                await self._pour(line, bundle.fileno())

    async def _head(self, line: Line, status: str, text: str) -> None:
        async with asyncio.timeout(self._cost.stall_s):
            await line.send(f"HTTP/1.1 {status}\r\n{text}\r\nConnection: close\r\n\r\n".encode())

    async def _pour(self, line: Line, handle: int) -> None:
        loop = asyncio.get_running_loop()
        begun_s, sent = loop.time(), 0
        while block := await asyncio.to_thread(os.read, handle, _CHUNK_BYTES):
            async with asyncio.timeout(self._cost.stall_s):
                await line.send(block)
            sent += len(block)
            await asyncio.sleep(max(0.0, sent / self._cost.bytes_per_s - (loop.time() - begun_s)))

    @contextmanager
    def _place(self, address: str) -> Iterator[bool]:
        """Whether one more is possible, counted while it lasts."""
        cost = self._cost
        if sum(self._busy.values()) >= cost.at_a_time or self._busy.get(address, 0) >= cost.per_address:
            yield False
            return
        self._busy[address] = self._busy.get(address, 0) + 1
        try:
            yield True
        finally:
            self._busy[address] -= 1
            if not self._busy[address]:
                del self._busy[address]


def _opened(path: Path) -> tuple[int, int]:
    """A descriptor and the size. Raises OSError, for what is no plain file too."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):
        os.close(handle)
        raise FileNotFoundError(path)
    return handle, about.st_size
