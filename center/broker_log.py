"""What the broker says, line by line, on its way to the journal: refusals are counted into a file.

The file is for looking (`sandi-center security`, the metrics): DATA/run/broker.json, or in the runtime directory of the
broker's own unit. Who runs the broker writes it, at most every ten seconds while somebody is turned away. A disk that
does not take it ends nothing; the count goes on in memory.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from center.core.broker_watch import BrokerWatch, Seen
from center.files import PRIVATE, write_atomic

FILE_NAME: Final = "broker.json"
FILE: Final = Path("run") / FILE_NAME
UNIT_FILE: Final = Path("/run/sandi-broker") / FILE_NAME
SAVE_EVERY_S: Final = 10.0
_MAX_FILE_BYTES: Final = 4 * 1024 * 1024
"""Some 2,048 addresses of 8 nodes and 256 rows, at their longest 1.5 MB."""


def read_seen(data: Path) -> Seen:
    """What was counted for a data directory, by its supervisor or the broker's own unit, whichever wrote last; empty
    when neither has. Raises OSError or ValueError."""
    places = [path for path in (data / FILE, UNIT_FILE) if path.exists()]
    return _read(max(places, key=lambda path: path.stat().st_mtime_ns)) if places else Seen()


def _read(path: Path) -> Seen:
    with path.open("rb") as file:
        raw = file.read(_MAX_FILE_BYTES + 1)
    if len(raw) > _MAX_FILE_BYTES:
        raise ValueError("the file is too large")
    return msgspec.json.decode(raw, type=Seen)


class BrokerLog:
    """Stands between the supervisor and `on_line`. Lines of other processes pass as they are."""

    def __init__(
        self, file: Path, on_line: Callable[[str, str], None], wall_s: Callable[[], float] = time.time
    ) -> None:
        self._file = file
        self._on_line = on_line
        self._wall_s = wall_s
        self._due: asyncio.TimerHandle | None = None
        try:
            seen = _read(file)
        except (OSError, ValueError):  # none yet, or damaged: begun anew, it is a count and no evidence
            seen = Seen()
        self._watch = BrokerWatch(seen)

    def line(self, name: str, line: str) -> None:
        """One line of a process."""
        if name != "broker":
            self._on_line(name, line)
            return
        self.take(line)
        if self._watch.changed and self._due is None:
            self._due = asyncio.get_running_loop().call_later(SAVE_EVERY_S, self.save)

    def take(self, line: str) -> None:
        """One line of the broker; `save` is the caller's."""
        for text in self._watch.take(line, int(self._wall_s() * 1000)):
            self._on_line("broker", text)

    def save(self) -> None:
        """Write what has changed."""
        self._due = None
        if self._watch.changed:
            self._watch.changed = False
            with suppress(OSError):
                write_atomic(self._file, msgspec.json.encode(self._watch.seen), PRIVATE)
