"""The meter of a line that is paid by the byte: counts what the kernel counted, keeps the day's ledger, says who waits.

Counted are the uplink's own connections and attempts, both ways, at the IP level (see `tcpinfo`); not the probes, whose
traffic belongs to other hosts and is small. The ledger is a file of its own beside the outbox; between leases nothing
is written.
"""

import logging
import threading
from pathlib import Path

import msgspec

from agent.clock import Clock
from agent.core.budget import THIN_FROM, Budget, Ledger, Moment
from agent.files import write_durably
from agent.uplink.dial import ATTEMPT_BYTES, AddressBook
from agent.uplink.link import Link
from agent.uplink.threads import in_daemon_thread

log = logging.getLogger("agent.uplink")

FILE = "uplink-budget.json"
MEGABYTE = 1024 * 1024
SEGMENT_BYTES = 1300
PER_SEGMENT_BYTES = 110
"""Header of a segment, half an acknowledgement's, and its share of TLS and MQTT framing."""


class Meter:
    """A `Gate` (see `lanes`) over one budget. Call `count` often, `lease` before each payload."""

    def __init__(
        self, limit_bytes: int, folder: Path, clock: Clock, book: AddressBook, *, report_every_s: float
    ) -> None:
        self._path = folder / FILE
        self._clock = clock
        self._book = book
        self._attempts, self._failed = book.attempts, book.failed_bytes
        self._budget = Budget(limit_bytes, _read(self._path, limit_bytes), self._moment(), report_every_s)
        self._counted = 0
        self._under_way = 0
        self._health_s = float("-inf")
        self._error = ""
        self._saving = threading.Lock()
        self._saves = self._saved = 0

    # -- the gate ----------------------------------------------------------------------------------------------------

    def allows(self, use: str, size_bytes: int) -> bool:
        """See `Budget`."""
        return self._budget.allows(use, wire_bytes(size_bytes), self._under_way)

    def thins(self) -> bool:
        """Whether only the newest health report goes."""
        return self._budget.health_every_s() > 0

    def health_in_s(self, now_s: float) -> float:
        """Seconds until the next live health report may go."""
        return max(0.0, self._health_s + self._budget.health_every_s() - now_s)

    def health_sent(self, now_s: float) -> None:
        """A live one was handed over."""
        self._health_s = now_s

    # -- counting ----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Another connection: its counters begin at zero."""
        self._counted = 0

    def count(self, line: Link | None) -> None:
        """Take over what went over the line since the last call; without a line, attempts to reach the broker, those
        that failed in the middle of TLS among them."""
        self._budget.tick(self._moment())
        attempts, self._attempts = self._book.attempts - self._attempts, self._book.attempts
        failed, self._failed = self._book.failed_bytes - self._failed, self._book.failed_bytes
        self._budget.spend(attempts * ATTEMPT_BYTES + failed)
        self._under_way = 0
        if line is not None:
            facts = line.tcp()
            self._budget.spend(facts.wire - self._counted)
            self._counted = max(self._counted, facts.wire)
            self._under_way = wire_bytes(facts.queued + line.unsent_bytes())

    async def lease(self, size_bytes: int) -> None:
        """Before a payload of this size goes (0: what was spent without any): have its bytes down on disk as used.
        Never fails: a disk that does not take the ledger has no say in whether a complaint may go."""
        await self._save(self._budget.lease(self._under_way + wire_bytes(size_bytes)))

    async def close(self) -> None:
        """The exact figures, at an orderly end."""
        await self._save(self._budget.closing())

    async def _save(self, ledger: Ledger | None) -> None:
        if ledger is None:
            return
        self._saves += 1
        number = self._saves
        try:
            await in_daemon_thread("uplink-budget", lambda: self._write(ledger, number))
            self._error = ""
        except OSError as error:
            if not self._error:
                log.warning("budget-not-saved", extra={"detail": error.strerror or str(error)})
            self._error = str(error)

    def _write(self, ledger: Ledger, number: int) -> None:
        """In a thread: a lease that was given up in the middle goes on beside the last word, and must not undo it."""
        with self._saving:
            if number > self._saved:
                write_durably(self._path, msgspec.json.encode(ledger))
                self._saved = number

    # -- for people --------------------------------------------------------------------------------------------------

    def as_dict(self) -> dict[str, object]:
        """For `sandi status --json`. Bytes, of this day and of the days before (newest first)."""
        budget = self._budget
        return {
            "used_bytes": budget.used_bytes,
            "limit_bytes": budget.limit_bytes,
            "next_day_in_s": round(budget.left_s),
            "tight": budget.tight,
            "days_bytes": list(budget.days),
        }

    def conditions(self) -> dict[str, str]:
        """`budget_spent` from when backlog and pictures wait."""
        budget = self._budget
        if not budget.tight:
            return {}
        used, limit = budget.used_bytes / MEGABYTE, budget.limit_bytes / MEGABYTE
        return {"budget_spent": f"{used:.1f} of {limit:.1f} MB used; {budget.left_s / 3600:.1f} h until the next day"}

    def _moment(self) -> Moment:
        clock = self._clock
        return Moment(clock.boot, clock.mono_s(), clock.wall_ms() / 1000, clock.synced)


def wire_bytes(size_bytes: int) -> int:
    """What a payload of this size will weigh on the wire, about."""
    return size_bytes + (size_bytes // SEGMENT_BYTES + 1) * PER_SEGMENT_BYTES


def _read(path: Path, limit_bytes: int) -> Ledger:
    """No file: nothing was used. A file that cannot be read: as if pictures and backlog had used their share."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Ledger)
    except FileNotFoundError:
        return Ledger()
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("budget-unreadable", extra={"detail": str(error)[:200]})
        return Ledger(used_bytes=int(limit_bytes * THIN_FROM))
