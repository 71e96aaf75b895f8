"""Rollups of health reports: five minutes, an hour, a day; worked out again when a bucket's reports are others.

A bucket of five minutes is worked out from its reports, an hour from its five minutes, a day from its hours, each once
it is over and again whenever a report comes late or is dated anew. Where reports of a bucket may already be forgotten
(`center.worker.retention`), a late one is added to what is known instead; that happens once, with its row.
"""

import logging
import time
from collections.abc import Iterable

from django.conf import settings

from center.connectivity.measured import measured_targets
from center.core import days
from center.core.rollup import STEPS_S, Rollup, bucket_ms, from_json, merged, of_report, to_json
from center.core.times import Moment
from center.ingest.database import execute, execute_many, select, writing
from wire.bodies import SystemReading

STEP_BUCKETS = 30
"""Of one transaction: some 20 ms with ten reports of 3 kB in each."""
MARGIN_DAYS = 1
"""Reports of a bucket all arrived after it began; the clocks of box and centre may differ by less than this."""
_FINEST_S = STEPS_S[0]
_READINGS = ("cpu_pct", "mem_pct", "temp_c")
_MARK = """
INSERT INTO availability_rollupdue (node, step_s, at_ms) VALUES (%s, %s, %s)
ON CONFLICT (node, step_s, at_ms) DO NOTHING
"""
_STORE = """
INSERT INTO availability_rollup (node, step_s, at_ms, reports, json) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (node, step_s, at_ms) DO UPDATE SET reports = excluded.reports, json = excluded.json
"""
_DUE = """
SELECT node, step_s, at_ms FROM availability_rollupdue WHERE at_ms + step_s * 1000 <= %s
ORDER BY step_s, at_ms, node LIMIT %s
"""
_REPORTS = """
SELECT at_quality, cpu_pct, mem_pct, temp_c, json FROM connectivity_report
WHERE node = %s AND at_ms >= %s AND at_ms < %s
"""
_PARTS = "SELECT json FROM availability_rollup WHERE node = %s AND step_s = %s AND at_ms >= %s AND at_ms < %s"
_KNOWN = "SELECT json FROM availability_rollup WHERE node = %s AND step_s = %s AND at_ms = %s"

_log = logging.getLogger("center.worker")


def whole_since_ms(now_ms: int) -> int:
    """From here on no report of a bucket has been forgotten."""
    raw_days = settings.CENTER.retention.raw_days
    return now_ms - (raw_days - MARGIN_DAYS) * days.DAY_MS if raw_days else 0


def mark(moments: Iterable[tuple[str, int]], now_ms: int | None = None) -> None:
    """The buckets of these (node, Unix ms) are to be worked out again, as far as that can be done."""
    since_ms = whole_since_ms(int(time.time() * 1000) if now_ms is None else now_ms)
    buckets = {(node, _FINEST_S, bucket_ms(at_ms, _FINEST_S)) for node, at_ms in moments}
    _mark(sorted(bucket for bucket in buckets if bucket[2] >= since_ms))


class Reported:
    """New reports of one page of records."""

    def __init__(self, now_ms: int | None = None) -> None:
        self._now_ms = int(time.time() * 1000) if now_ms is None else now_ms
        self._since_ms = whole_since_ms(self._now_ms)
        self._moments: set[tuple[str, int]] = set()
        self._late: dict[tuple[str, int, int], list[Rollup]] = {}

    def note(self, node: str, moment: Moment, system: SystemReading | None, text: str) -> None:
        """A report was stored; `text` is its JSON."""
        at_ms = bucket_ms(moment.at_ms, _FINEST_S)
        if at_ms >= self._since_ms:
            self._moments.add((node, at_ms))
            return
        values = (None, None, None) if system is None else (system.cpu_pct, system.mem_used_pct, system.temp_c)
        one = of_report(moment.quality, dict(zip(_READINGS, values, strict=True)), measured_targets(text))
        for step_s in STEPS_S:
            self._late.setdefault((node, step_s, bucket_ms(moment.at_ms, step_s)), []).append(one)

    def finish(self) -> None:
        """Write what was gathered, in the page's transaction."""
        mark(self._moments, self._now_ms)
        for bucket, found in sorted(self._late.items()):
            known = [_read(text) for (text,) in select(_KNOWN, bucket)]
            _store(bucket, merged([*known, *found]))


def work_out(now_ms: int | None = None) -> bool:
    """Work out some of the buckets that are due and over, in one transaction; whether there were any."""
    due = select(_DUE, (int(time.time() * 1000) if now_ms is None else now_ms, STEP_BUCKETS))
    if not due:
        return False
    with writing():
        for bucket in due:
            node, step_s, at_ms = bucket
            execute("DELETE FROM availability_rollupdue WHERE node = %s AND step_s = %s AND at_ms = %s", bucket)
            found = _from_reports(node, at_ms) if step_s == _FINEST_S else _from_parts(node, step_s, at_ms)
            if found.reports:
                _store(bucket, found)
            else:
                execute("DELETE FROM availability_rollup WHERE node = %s AND step_s = %s AND at_ms = %s", bucket)
        _mark(sorted({(node, greater_s, bucket_ms(at_ms, greater_s)) for node, step_s, at_ms in due
                      for greater_s in STEPS_S if greater_s > step_s}))  # fmt: skip
    return True


def _from_reports(node: str, at_ms: int) -> Rollup:
    rows = select(_REPORTS, (node, at_ms, at_ms + _FINEST_S * 1000))
    return merged(
        of_report(quality, dict(zip(_READINGS, values, strict=True)), measured_targets(text))
        for quality, *values, text in rows
    )


def _from_parts(node: str, step_s: int, at_ms: int) -> Rollup:
    part_s = STEPS_S[STEPS_S.index(step_s) - 1]
    return merged(_read(text) for (text,) in select(_PARTS, (node, part_s, at_ms, at_ms + step_s * 1000)))


def _read(text: str) -> Rollup:
    """A stored rollup; one that somebody has damaged is told, and counts as nothing."""
    try:
        return from_json(text)
    except ValueError as error:
        _log.error("rollup-damaged", extra={"error": str(error)})
        return Rollup()


def _mark(buckets: list[tuple[str, int, int]]) -> None:
    if buckets:
        execute_many(_MARK, buckets)


def _store(bucket: tuple[str, int, int], rollup: Rollup) -> None:
    execute(_STORE, (*bucket, rollup.reports, to_json(rollup)))
