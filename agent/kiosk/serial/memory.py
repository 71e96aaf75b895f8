"""The two things the process remembers: how far panels have counted (on the disk), and a secret (in memory only).

The secret makes names for presses of panels that cannot draw a nonce. It lies below /run, so it outlives a restart of
this process but never lies on the card: whoever finds the card cannot compute what codes and PINs were made from.
"""

import asyncio
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from agent.core.panel_sequence import Mark, SequenceBook
from agent.files import write_durably

log: Final = logging.getLogger("agent.kiosk.serial")
SECRET_BYTES: Final = 32
KEY_FILE: Final = "panel.key"
BOOK_FILE: Final = "panels.json"
MOST_BYTES: Final = 64 * 1024


class Memory:
    """`book` and `secret`; `save` is called before anything that hangs on what the book says."""

    def __init__(self, state_dir: Path, run_dir: Path) -> None:
        self._path = state_dir / BOOK_FILE
        self._writing = asyncio.Lock()
        self.book = SequenceBook(_marks(self._path))
        self.secret = _secret(run_dir / KEY_FILE)

    async def save(self) -> None:
        """Write the book down when it has something new. A disk that takes nothing is no reason to refuse a citizen:
        what is lost then counts only if the box restarts within the same round of 65,536 presses."""
        async with self._writing:
            if not self.book.unsaved:
                return
            content = msgspec.json.encode(self.book.marks())
            try:
                await asyncio.to_thread(write_durably, self._path, content)
            except OSError as error:
                self.book.unsaved = True  # the next press tries again
                log.warning("panels-not-noted", extra={"detail": error.strerror or str(error)})


def _marks(path: Path) -> tuple[Mark, ...]:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(MOST_BYTES), type=tuple[Mark, ...])
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.DecodeError) as error:
        log.warning("panels-unreadable", extra={"detail": type(error).__name__})
        return ()


def _secret(path: Path) -> bytes:
    with suppress(OSError):
        secret = path.read_bytes()
        if len(secret) == SECRET_BYTES:
            return secret
    secret = os.urandom(SECRET_BYTES)
    try:
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secret)
    except OSError as error:
        log.warning("secret-not-kept", extra={"detail": error.strerror or str(error)})
    return secret
