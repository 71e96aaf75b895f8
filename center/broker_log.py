"""What the broker says, line by line, on its way to the journal: refusals are counted into DATA/run/broker.json.

The file is for looking (`sandi-center security`, the metrics): who runs the broker writes it, at most every ten
seconds while somebody is turned away. A disk that does not take it ends nothing; the count goes on in memory.
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

FILE: Final = Path("run") / "broker.json"
SAVE_EVERY_S: Final = 10.0
_MAX_FILE_BYTES: Final = 4 * 1024 * 1024
"""Some 2,048 addresses of 8 nodes and 256 rows, at their longest 1.5 MB."""


def read_seen(data: Path) -> Seen:
    """What the file of a data directory holds; empty when there is none. Raises OSError or ValueError."""
    try:
        with (data / FILE).open("rb") as file:
            raw = file.read(_MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return Seen()
    if len(raw) > _MAX_FILE_BYTES:
        raise ValueError("the file is too large")
    return msgspec.json.decode(raw, type=Seen)


class BrokerLog:
    """Stands between the supervisor and `on_line`. Lines of other processes pass as they are."""

    def __init__(
        self, data: Path, on_line: Callable[[str, str], None], wall_s: Callable[[], float] = time.time
    ) -> None:
        self._file = data / FILE
        self._on_line = on_line
        self._wall_s = wall_s
        self._due: asyncio.TimerHandle | None = None
        try:
            seen = read_seen(data)
        except (OSError, ValueError):  # damaged: begun anew, it is a count and no evidence
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
