"""The byte ledger of line tests on this box: one small file in the data directory, and a lock held during a test.

The daemon and a technician's command share it, so the file belongs to whom the directory belongs to, whoever wrote it.
A save that is no longer waited for, because its test was cut off while the disk hung, keeps the lock until it has
ended: it would undo what the next test has written otherwise.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from agent.clock import Clock
from agent.core.budget import DAY_S, Moment
from agent.core.bytebudget import MONTH_S, Answer, ByteLedger, Caps, aged, ask, settle, spend, used
from agent.core.observation import Reason
from agent.files import give_to_owner, write_durably
from agent.probes.errors import ProbeError

FILE_NAME = "throughput.json"
LOCK_NAME = "throughput.lock"
_MAX_FILE_BYTES = 256 * 1024
"""1,440 entries of some 60 bytes are a third of this."""


class _Lock:
    """An open, locked file, held by the block that took the lock and by each save begun in it; the last closes it."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._users = 1
        self._counting = threading.Lock()

    def join(self) -> bool:
        """Hold it too; False when it has been given up already."""
        with self._counting:
            self._users += self._users > 0
            return self._users > 0

    def leave(self) -> None:
        with self._counting:
            self._users -= 1
            if not self._users:
                os.close(self._handle)


class LineBudget:
    """What may still go. Get one from `line_budget`; it is the only one while that block lasts."""

    def __init__(self, data_dir: Path, clock: Clock, caps: Caps, lock: _Lock) -> None:
        self._lock = lock
        self._path = data_dir / FILE_NAME
        self._clock = clock
        self._caps = caps
        self._ledger = _read(self._path, caps, self._moment())

    def ask(self, wanted_bytes: int) -> Answer:
        """May so many bytes go now?"""
        self._ledger = aged(self._ledger, self._moment())
        return ask(self._ledger, self._caps, wanted_bytes)

    def used_bytes(self) -> tuple[int, int]:
        """Spent in the last 24 hours and in the last 30 days."""
        self._ledger = aged(self._ledger, self._moment())
        return used(self._ledger, DAY_S), used(self._ledger, MONTH_S)

    def reserve(self, wanted_bytes: int) -> None:
        """Set them aside, on the disk before the first one goes. Raises ProbeError (not_permitted)."""
        self._save(spend(aged(self._ledger, self._moment()), wanted_bytes))

    def settle(self, reserved_bytes: int, used_bytes: int) -> None:
        """Give back what did not go. Where that cannot be saved, what was set aside stays spent: the safe side."""
        self._save(settle(aged(self._ledger, self._moment()), reserved_bytes, used_bytes))

    def _save(self, ledger: ByteLedger) -> None:
        if not self._lock.join():
            return  # its test was cut off before this began: the ledger may be another's by now
        try:
            write_durably(self._path, msgspec.json.encode(ledger))
            give_to_owner(self._path)
        except OSError as error:
            raise ProbeError(Reason.NOT_PERMITTED, _unwritable(self._path, error)) from error
        finally:
            self._lock.leave()
        self._ledger = ledger

    def _moment(self) -> Moment:
        clock = self._clock
        return Moment(clock.boot, clock.mono_s(), clock.wall_ms() / 1000, clock.synced)


@contextmanager
def line_budget(data_dir: Path | None, clock: Clock, caps: Caps) -> Iterator[LineBudget]:
    """The ledger, locked. Raises ProbeError: not_now while another test runs here, not_permitted without a place."""
    if data_dir is None:
        hint = "without a data directory the byte budget cannot be kept; name the configuration"
        raise ProbeError(Reason.NOT_PERMITTED, {"hint": hint})
    path = data_dir / LOCK_NAME
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ProbeError(Reason.NOT_PERMITTED, _unwritable(path, error)) from error
    lock = _Lock(handle)
    try:
        give_to_owner(path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ProbeError(Reason.NOT_NOW, {"refusal": "second", "by": "node", "free_in_s": 30}) from error
        yield LineBudget(data_dir, clock, caps, lock)
    finally:
        lock.leave()


def _read(path: Path, caps: Caps, now: Moment) -> ByteLedger:
    """No file: nothing was spent. One that cannot be read: as if the day's share had just gone."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_FILE_BYTES)
        ledger = msgspec.json.decode(raw, type=ByteLedger)
        if any(item.size_bytes < 0 or item.age_s < 0 or item.span_s < 0 for item in ledger.spent):
            raise ValueError("negative numbers")
    except FileNotFoundError:
        return ByteLedger()
    except (OSError, ValueError):  # msgspec's errors are ValueErrors
        return spend(aged(ByteLedger(), now), caps.day_bytes)
    return ledger


def _unwritable(path: Path, error: OSError) -> dict[str, str | int | float | bool | None]:
    return {"error": error.strerror or str(error), "hint": f"{path.parent} must be writable: the byte budget is there"}
