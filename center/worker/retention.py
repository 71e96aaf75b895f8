"""Forgetting what has been kept for as long as it was to be, in steps between other work.

What nodes sent goes after its time; what was concluded from it stays (`center.config.RetentionConfig`). Spans outlive
the records, so that what is sent again after that is a duplicate for ever. A record goes only after it was projected,
a report only after the rollups know it; what this version could not read waits as long as the journal. One line per
kind of row in TABLES; rows were stored in the order of their numbers, so each pass reads from the lowest one on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from center.cctv.keeping import Pictures
from center.config import RetentionConfig
from center.ingest.database import execute, execute_many, select, writing
from center.operations.keeping import forget_operation
from center.worker.projection import CURSOR as PROJECTION

STEP_ROWS = 300
"""Rows looked at in one step: some 10 ms in its transaction when all of them go (measured with records of 1 kB)."""
DAY_MS = 86_400_000
MONTH_MS = 31 * DAY_MS
YEAR_MS = 366 * DAY_MS
KEPT_KINDS = ("epoch", "start", "stop")
"""Journal entries that epochs' descent and the list of a box's lives are read from: a few a day, for good."""


@dataclass(frozen=True, slots=True)
class _Table:
    """`going`: SQL of which rows may go; `ready`: until when they may at all.

    `aged`: "at_ms" where an index leads by it, and the rows are not in the order of their age. `when`: the column with
    the time a row was made.
    """

    name: str
    keep_ms: Callable[[RetentionConfig], int]
    going: str = "1 = 1"
    aged: str = ""
    when: str = "received_ms"
    ready: Callable[[int], int] = lambda before_ms: before_ms


def _rolled_up(before_ms: int) -> int:
    """Reports of buckets that are still to be worked out stay."""
    (waiting,) = select("SELECT MIN(at_ms) FROM availability_rollupdue")[0]
    return before_ms if waiting is None else min(before_ms, int(waiting))


_PROJECTED = f"id <= (SELECT COALESCE(MAX(position), 0) FROM ingest_cursor WHERE name = '{PROJECTION}')"  # noqa: S608
_UNREAD = "EXISTS (SELECT 1 FROM connectivity_passedover p WHERE p.record_id = ingest_rawrecord.id)"
_NEWEST = "id < (SELECT MAX(id) FROM ingest_rawrecord)"
_ORDERED = (
    "(SELECT o.made_ms FROM operations_operationtarget t JOIN operations_operation o ON o.id = t.operation_id "
    "WHERE t.id = operations_operationoutput.target_id)"
)
TABLES = (
    _Table(
        "ingest_rawrecord",
        lambda keep: keep.raw_days * DAY_MS,
        going=f"{_PROJECTED} AND {_NEWEST} AND NOT {_UNREAD}",
    ),
    _Table("ingest_rawrecord", lambda keep: keep.journal_months * MONTH_MS, going=f"{_PROJECTED} AND {_NEWEST}"),
    _Table("connectivity_report", lambda keep: keep.raw_days * DAY_MS, ready=_rolled_up),
    _Table(
        "connectivity_nodeevent",
        lambda keep: keep.journal_months * MONTH_MS,
        going=f"kind NOT IN ({', '.join(repr(kind) for kind in KEPT_KINDS)})",
    ),
    _Table("connectivity_verdictchange", lambda keep: keep.journal_months * MONTH_MS),
    _Table("connectivity_nodepath", lambda keep: keep.journal_months * MONTH_MS),
    _Table("operations_alarm", lambda keep: keep.journal_months * MONTH_MS, when="at_ms"),
    # What may have been said of an incident that is still open decides who hears of its end.
    _Table(
        "alerts_delivery",
        lambda keep: keep.journal_months * MONTH_MS,
        when="made_ms",
        going="state IN ('sent', 'muted', 'joined', 'given_up') AND NOT EXISTS (SELECT 1 FROM operations_incident i "
        "WHERE i.id = alerts_delivery.incident AND i.resolved_ms IS NULL)",
    ),
    _Table("availability_rollup", lambda keep: keep.journal_months * MONTH_MS, "step_s = 300", aged="at_ms"),
    _Table("availability_rollup", lambda keep: keep.hourly_years * YEAR_MS, "step_s = 3600", aged="at_ms"),
    _Table("cctv_deletion", lambda keep: keep.journal_months * MONTH_MS, when="deleted_ms"),
    _Table("operations_operationoutput", lambda keep: keep.command_output_days * DAY_MS, when=_ORDERED),
)
_ORPHANS = """
DELETE FROM connectivity_passedover WHERE NOT EXISTS
  (SELECT 1 FROM ingest_rawrecord r WHERE r.id = connectivity_passedover.record_id)
"""


class Retention:
    """One worker's way through the tables; `begin` a pass now and then, `step` until it returns False."""

    def __init__(self, data_dir: Path, keep: RetentionConfig) -> None:
        self._data_dir = data_dir
        self._keep = keep
        self._steps: Iterator[None] | None = None

    def begin(self, now_ms: int) -> None:
        """A pass over everything begins, unless one is going on."""
        if self._steps is None:
            self._steps = self._pass(now_ms)

    def step(self) -> bool:
        """Look at some more rows; False when the pass is over.

        Raises:
            django.db.Error, OSError: what is left is seen to in the next pass.
        """
        if self._steps is None:
            return False
        try:
            next(self._steps)
        except StopIteration:
            self._steps = None
        except BaseException:
            self._steps = None
            raise
        return self._steps is not None

    def _pass(self, now_ms: int) -> Iterator[None]:
        for table in TABLES:
            if keep_ms := table.keep_ms(self._keep):
                yield from self._table(table, table.ready(now_ms - keep_ms))
        journal_ms = self._keep.journal_months * MONTH_MS
        while journal_ms and forget_operation(now_ms - journal_ms):
            yield
        with writing():
            execute(_ORPHANS)
        yield from Pictures(self._data_dir, self._keep).pass_(now_ms)  # last: a file that stays put ends the pass

    def _table(self, table: _Table, before_ms: int) -> Iterator[None]:
        after = 0
        while not table.aged:
            rows = select(
                f"SELECT id, {table.when}, CASE WHEN {table.going} THEN 1 ELSE 0 END FROM {table.name} "  # noqa: S608
                "WHERE id > %s ORDER BY id LIMIT %s",
                (after, STEP_ROWS),
            )
            self._forget(table, [row[:1] for row in rows if row[1] < before_ms and row[2]])
            yield
            if len(rows) < STEP_ROWS or rows[-1][1] >= before_ms:
                return
            after = rows[-1][0]
        oldest = (
            f"SELECT id FROM {table.name} WHERE {table.going} AND {table.aged} < %s "  # noqa: S608
            f"ORDER BY {table.aged} LIMIT %s"
        )
        while rows := select(oldest, (before_ms, STEP_ROWS)):
            self._forget(table, rows)
            yield

    def _forget(self, table: _Table, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        with writing():
            execute_many(f"DELETE FROM {table.name} WHERE id = %s", list(rows))  # noqa: S608
