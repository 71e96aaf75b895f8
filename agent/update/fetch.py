"""Fetching a bundle from the centre's listener: in pieces, as often as the line is cut, within a budget, checked.

1. What is there already counts: the next request asks for the rest (`Range`). Other bundles are taken away.
2. Every byte is counted, those of pieces thrown away too; past `budget_bytes` it is over. A rate bounds what the other
   traffic of the site has to live with.
3. Only the pinned authorities are believed. What was fetched is the bundle when its SHA-256 is the one of the command;
   once it is begun again from nothing when it is not.
A child process does this: its memory and its blocking reads are none of the daemon's.
"""

import hashlib
import http.client
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from agent.enrol.door import Address, context_for, dialled, judged
from agent.enrol.errors import EnrolError
from agent.files import sync_directory
from wire.release import RELEASE_PATH
from wire.shape import Struct

CHUNK_BYTES: Final = 16 * 1024
SYNC_BYTES: Final = 1024 * 1024
OVERHEAD_BYTES: Final = 6 * 1024
"""Of one request: handshake, certificates, headers (measured: 4 to 5 kB)."""
FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 120.0
MODE: Final = 0o640


class FetchError(Exception):
    """It cannot be had. `code`: not_found, budget, hash, storage, late."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Wish(Struct, frozen=True):
    """Which bundle, and what it may cost. `within_s`: all attempts together."""

    digest: str
    size_bytes: int
    budget_bytes: int
    bytes_per_s: int
    within_s: float


class Fetcher:
    """One bundle into one folder. `told(bytes_done)` after each piece."""

    def __init__(
        self, listener: Address, authorities: bytes, folder: Path, wish: Wish, *,
        told: Callable[[int], None] = lambda _: None, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._listener, self._authorities, self._folder, self._wish = listener, authorities, folder, wish
        self._told, self._sleep = told, sleep
        self._part = folder / f"{wish.digest}.part"
        self._whole = folder / f"{wish.digest}.bundle"
        self._begun_s = time.monotonic()
        self.spent_bytes = 0

    def run(self) -> Path:
        """The whole bundle. Raises FetchError."""
        try:
            self._clear_others()
            if self._whole.exists() and self._is_right(self._whole):
                return self._whole
            return self._fetched()
        except OSError as error:
            raise FetchError("storage", error.strerror or str(error)) from error

    def _fetched(self) -> Path:
        pause_s, anew = FIRST_PAUSE_S, False
        while True:
            before = self._have()
            trouble = self._try() if before < self._wish.size_bytes else ""
            if self._have() >= self._wish.size_bytes:
                if self._is_right(self._part):
                    return self._keep()
                self._part.unlink(missing_ok=True)
                if anew:
                    raise FetchError("hash", "what the centre hands out is not the release that was ordered")
                anew = True
                continue
            pause_s = FIRST_PAUSE_S if self._have() > before else min(2 * pause_s, LONGEST_PAUSE_S)
            if time.monotonic() - self._begun_s + pause_s > self._wish.within_s:
                raise FetchError("late", f"{self._have()} of {self._wish.size_bytes} bytes so far; {trouble}")
            self._sleep(pause_s)

    def _try(self) -> str:
        """One request; what kept it from being the last. Raises FetchError for what no attempt would change."""
        context = context_for(self._authorities)
        try:
            raw = dialled(self._listener, lambda held: held.close())
            with context.wrap_socket(raw, server_hostname=self._listener.host) as secured:
                connection = http.client.HTTPConnection(self._listener.host, self._listener.port)
                connection.sock = secured
                self._spend(OVERHEAD_BYTES)
                have = self._have()
                headers = {"Range": f"bytes={have}-", "Connection": "close"}
                connection.request("GET", RELEASE_PATH + self._wish.digest, headers=headers)
                with connection.getresponse() as answer:
                    return self._take(answer, have)
        except (FetchError, MemoryError):
            raise
        except (OSError, http.client.HTTPException, ValueError, EnrolError) as error:
            if isinstance(error, OSError) and error.filename is not None:
                raise
            return str(judged(error, self._listener))

    def _take(self, answer: http.client.HTTPResponse, have: int) -> str:
        size = self._wish.size_bytes
        if answer.status in (404, 410):
            raise FetchError("not_found", "the centre does not hand out this release (any more)")
        if answer.status == 206 and answer.getheader("Content-Range") != f"bytes {have}-{size - 1}/{size}":
            return "an answer about another part"
        if answer.status == 200:
            have = 0
        elif answer.status != 206:
            return f"status {answer.status}"
        with self._part.open("r+b" if self._part.exists() else "w+b") as stream:
            os.fchmod(stream.fileno(), MODE)
            stream.seek(have)
            stream.truncate()
            return self._pour(answer, stream.fileno(), size - have)

    def _pour(self, answer: http.client.HTTPResponse, target: int, left: int) -> str:
        begun_s, poured, unsynced = time.monotonic(), 0, 0
        try:
            while left and (block := answer.read1(min(CHUNK_BYTES, left))):
                os.write(target, block)
                left, poured, unsynced = left - len(block), poured + len(block), unsynced + len(block)
                if unsynced >= SYNC_BYTES:
                    os.fdatasync(target)
                    unsynced = 0
                self._spend(len(block))
                self._told(self._wish.size_bytes - left)
                ahead_s = poured / self._wish.bytes_per_s - (time.monotonic() - begun_s)
                if ahead_s > 0.05:
                    self._sleep(ahead_s)
        finally:
            os.fsync(target)
        return "cut off" if left else ""

    def _spend(self, size_bytes: int) -> None:
        self.spent_bytes += size_bytes
        if self.spent_bytes > self._wish.budget_bytes:
            raise FetchError("budget", f"{self._wish.budget_bytes} bytes are used up; what is here stays for next time")

    def _have(self) -> int:
        try:
            size = self._part.stat().st_size
        except FileNotFoundError:
            return 0
        if size > self._wish.size_bytes:
            self._part.unlink()
            return 0
        return size

    def _is_right(self, path: Path) -> bool:
        with path.open("rb") as stream:
            right = path.stat().st_size == self._wish.size_bytes
            return right and hashlib.file_digest(stream, "sha256").hexdigest() == self._wish.digest

    def _keep(self) -> Path:
        self._part.chmod(MODE)
        self._part.rename(self._whole)
        sync_directory(self._folder)
        return self._whole

    def _clear_others(self) -> None:
        for path in self._folder.iterdir():
            if path.suffix in (".part", ".bundle") and path not in (self._part, self._whole):
                with suppress(OSError):
                    path.unlink()
