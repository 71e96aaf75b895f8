"""The worker's share of the centre's arithmetic: what is due, and once a minute everybody, because time passes.

A pass is begun and then driven in small steps between two pages of records; late backlogs of days keep nobody waiting.
A node is worked out at most every SETTLE_MS, however often its facts change. A fault in one node's facts is told, and
that node waits RETRY_MS; the others go on.
"""

import logging
import time
from collections.abc import Iterator

from center.availability import due
from center.availability.passes import Pass
from center.core import days
from center.ingest.database import execute, select
from center.worker.trouble import TROUBLE

WHOLE_S = 60.0
"""How often everybody is worked out from the start of the day."""
SETTLE_MS = 2_000
"""A node is left alone for so long after it became due: what belongs together often arrives together."""
RETRY_MS = 600_000
TOGETHER = 40
"""Nodes of one pass over those that are due."""
STEP_S = 0.05
"""Spent between two pages of new records."""
CURSOR = "arithmetic"
"""Row of `ingest_cursor`: when the last whole pass was begun (Unix ms)."""
_SET_CURSOR = """
INSERT INTO ingest_cursor (name, position) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET position = excluded.position
"""
_DUE = "SELECT node, from_ms, version FROM availability_due WHERE since_ms <= %s ORDER BY since_ms, node LIMIT %s"
_EVERYBODY = """
SELECT DISTINCT node FROM ingest_epoch WHERE node NOT IN (SELECT node FROM availability_due WHERE since_ms > %s)
ORDER BY node
"""
"""But those that wait because of a fault in their facts."""
_log = logging.getLogger("center.worker")


class Arithmetic:
    """One worker's passes; `step` is called between other work, whether or not anything is due."""

    def __init__(self) -> None:
        self._pass: Iterator[None] | None = None
        self._nodes: tuple[str, ...] = ()
        self._whole_s: float | None = None
        self._alone: set[str] = set()
        """Nodes that were in a pass that failed: until one of them alone does, nobody knows whose fault it is."""

    def step(self, spend_s: float = STEP_S) -> bool:
        """Go on for about this long; whether there was anything to do.

        Raises:
            TROUBLE: the pass is given up; what was due still is.
        """
        until_s = time.monotonic() + spend_s
        worked = False
        while time.monotonic() < until_s or not worked:
            if self._pass is None:
                self._pass = self._next(int(time.time() * 1000))
            if self._pass is None:
                break
            worked = True
            try:
                next(self._pass)
            except StopIteration:
                self._pass = None
                self._alone -= set(self._nodes)
            except TROUBLE:
                self._pass = self._whole_s = None
                raise
            except Exception as error:  # noqa: BLE001 - one node's facts must not keep the others from theirs
                self._pass = None
                self._failed(error)
        return worked

    def _next(self, now_ms: int) -> Iterator[None] | None:
        now_s = time.monotonic()
        if self._whole_s is None or now_s - self._whole_s >= WHOLE_S:
            self._whole_s = now_s
            return self._whole(now_ms)
        rows = select(_DUE, (now_ms - SETTLE_MS, TOGETHER))
        if not rows:
            return None
        first, *others = rows
        together = [first]
        if first[0] not in self._alone:
            together += [row for row in others if row[0] not in self._alone and abs(row[1] - first[1]) < days.DAY_MS]
        self._nodes = tuple(row[0] for row in together)
        versions = {node: version for node, _from_ms, version in together}
        return Pass(self._nodes, min(row[1] for row in together), now_ms, versions).run()

    def _whole(self, now_ms: int) -> Iterator[None]:
        """Everybody, from the start of the day in which the last such pass was begun."""
        before = select("SELECT position FROM ingest_cursor WHERE name = %s", (CURSOR,))
        from_ms = min(now_ms, before[0][0]) if before else now_ms
        self._nodes = tuple(node for (node,) in select(_EVERYBODY, (now_ms,)))
        yield from Pass(self._nodes, from_ms, now_ms).run()
        execute(_SET_CURSOR, (CURSOR, now_ms))

    def _failed(self, error: Exception) -> None:
        now_ms = int(time.time() * 1000)
        _log.error(
            "arithmetic-failed", extra={"nodes": len(self._nodes), "first": self._nodes[0], "error": repr(error)}
        )
        if len(self._nodes) == 1:
            execute("UPDATE availability_due SET since_ms = %s WHERE node = %s", (now_ms + RETRY_MS, self._nodes[0]))
            return
        self._alone |= set(self._nodes)
        due.mark_nodes(self._nodes, days.bounds(days.day_of(now_ms)).start_ms, now_ms)
