"""Which node had how many bytes of line tests today, kept over restarts in one small file."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from center.core.transfer_quota import Hours, TransferQuota
from center.files import PRIVATE, make_directory, write_atomic

log = logging.getLogger("center.throughput")

STATE_FILE = Path("run") / "throughput.json"
_MAX_FILE_BYTES = 4 * 1024 * 1024
"""Some 24 numbers of 20 bytes for each of 2,000 nodes are a quarter of this."""


def read_state(data: Path) -> dict[str, Hours]:
    """What the file holds; empty when there is none. Raises OSError or ValueError."""
    try:
        with (data / STATE_FILE).open("rb") as file:
            raw = file.read(_MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return {}
    if len(raw) > _MAX_FILE_BYTES:
        raise ValueError("the file is too large")
    return msgspec.json.decode(raw, type=dict[str, dict[int, int]])


class TransferLedger:
    """The quota and its file. A disk that does not take the file is told once; the count goes on in memory."""

    def __init__(self, data: Path, limit_bytes: int, wall_s: Callable[[], float] = time.time) -> None:
        self._data = data
        self._wall_s = wall_s
        self._broken = False
        self._writing = asyncio.Lock()
        self._saving = threading.Lock()
        self._saves = self._saved = 0
        try:
            saved = read_state(data)
        except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors
            log.warning("throughput-ledger-unreadable", extra={"error": str(error)[:200]})
            saved = {}
        self._quota = TransferQuota(limit_bytes, saved)

    def wait_s(self, node: str, size_bytes: int) -> int | None:
        """See `TransferQuota`."""
        return self._quota.wait_s(node, size_bytes, self._wall_s())

    async def spend(self, node: str, size_bytes: int) -> None:
        """Count, and have it on the disk."""
        self._quota.spend(node, size_bytes, self._wall_s())
        async with self._writing:
            self._saves += 1
            await asyncio.to_thread(self._save, msgspec.json.encode(self._quota.saved()), self._saves)

    def _save(self, content: bytes, number: int) -> None:
        """In a thread: it goes on when its stream is cancelled, and must not undo what is saved after that."""
        with self._saving:
            if number > self._saved:
                self._write(content, number)

    def _write(self, content: bytes, number: int) -> None:
        try:
            make_directory((self._data / STATE_FILE).parent, 0o700)
            write_atomic(self._data / STATE_FILE, content, PRIVATE)
        except Exception as error:  # noqa: BLE001 - whatever the disk says: the count holds while the process lives
            if not self._broken:
                log.warning("throughput-ledger-unwritten", extra={"error": str(error)})
            self._broken = True
            return
        if self._broken:
            log.info("throughput-ledger-written-again")
        self._broken = False
        self._saved = number
