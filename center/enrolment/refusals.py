"""Who was turned away, counted in memory and written every few seconds: a flood of refusals is a few rows.

At most MOST_AN_HOUR rows are written in an hour. What comes beyond is counted in one row per code, without node and
from "*": who invents names and addresses fills nothing.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import transaction

from center.core.crowd import OTHERS
from center.enrolment.models import EnrolmentRefusal, Renewal
from center.ingest.database import execute_many

log = logging.getLogger("center.enrolment")

HOUR_MS: Final = 3_600_000
MOST_AN_HOUR: Final = 200
MOST_COUNT: Final = 2**31 - 1
MOST_LINES: Final = 5
"""Of one flush in the log."""
KEPT_DAYS: Final = 30
PRUNE_MS: Final = HOUR_MS
_ADD = f"""
INSERT INTO enrolment_enrolmentrefusal (hour_ms, code, node, address, count, last_at) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (hour_ms, code, node, address) DO UPDATE SET last_at = excluded.last_at,
  count = CASE WHEN enrolment_enrolmentrefusal.count > {MOST_COUNT} - excluded.count THEN {MOST_COUNT}
          ELSE enrolment_enrolmentrefusal.count + excluded.count END
"""  # noqa: S608 - numbers of our own

Row = tuple[int, str, str, str]
"""Beginning of the hour (Unix ms), code, claimed node, address."""


@dataclass(slots=True)
class Refusals:
    """`add` what happens, `flush` every few seconds in the thread that has the database."""

    now_ms: Callable[[], int] = field(default=lambda: time.time_ns() // 1_000_000)
    _waiting: dict[Row, int] = field(default_factory=dict)
    _hour_ms: int = 0
    _rows: set[Row] = field(default_factory=set)
    """The rows of this hour, written or about to be."""
    _pruned_ms: int = 0

    def add(self, code: str, node: str, address: str, count: int = 1) -> None:
        """One more, or `count` of them."""
        row = self._row(code, node, address)
        self._waiting[row] = min(MOST_COUNT, self._waiting.get(row, 0) + count)

    def flush(self) -> None:
        """Write what has come since the last time, and forget what is old. Raises django.db.Error: nothing is lost."""
        now_ms = self.now_ms()
        if self._waiting:
            at = datetime.fromtimestamp(now_ms / 1000, UTC)
            with transaction.atomic():
                execute_many(_ADD, [(*row, count, at) for row, count in self._waiting.items()])
            self._tell()
            self._waiting = {}
        if now_ms - self._pruned_ms >= PRUNE_MS:
            self._pruned_ms = now_ms
            self._prune(now_ms)

    def _tell(self) -> None:
        """What was most, a few lines of it; the rest is in the table."""
        most = sorted(self._waiting.items(), key=lambda one: -one[1])
        for (_, code, node, address), count in most[:MOST_LINES]:
            log.warning("enrolment-refused", extra={"code": code, "node": node, "from": address, "count": count})
        if rest := sum(count for _, count in most[MOST_LINES:]):
            log.warning("enrolment-refused-more", extra={"count": rest})

    def _row(self, code: str, node: str, address: str) -> Row:
        hour_ms = self.now_ms() // HOUR_MS * HOUR_MS
        if hour_ms != self._hour_ms:
            self._hour_ms, self._rows = hour_ms, set()
        row = (hour_ms, code, node, address)
        if row not in self._rows and len(self._rows) >= MOST_AN_HOUR:
            return hour_ms, code, "", OTHERS
        self._rows.add(row)
        return row

    def load(self) -> None:
        """Remember the rows of the present hour: a signer that was started again counts on."""
        hour_ms = self.now_ms() // HOUR_MS * HOUR_MS
        found = EnrolmentRefusal.objects.filter(hour_ms=hour_ms).values_list("hour_ms", "code", "node", "address")
        self._hour_ms, self._rows = hour_ms, set(found)

    def _prune(self, now_ms: int) -> None:
        before = datetime.fromtimestamp(now_ms / 1000, UTC) - timedelta(days=KEPT_DAYS)
        EnrolmentRefusal.objects.filter(hour_ms__lt=int(before.timestamp() * 1000)).delete()
        Renewal.objects.filter(at__lt=before).delete()
