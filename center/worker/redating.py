"""Dating rows again, in steps, when a boot's clock became known better.

Which boots are due stands in `connectivity_redating`, written in the transaction that learned more; a row leaves it
when all its boot's rows have been gone through, so that a stop in between loses nothing. One step:

1. The boot due longest, and the next rows of it: read without the writers' turn, and derived by the rule for one
   record (`center.core.times.derive`).
2. In one transaction: the place is moved on, provided that nobody else has, and rows whose time differs are written.

Whatever is learned in the meantime sets `again`, and the boot is gone through once more, after the others.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from center.availability.due import mark
from center.core.times import BootClock, derive
from center.ingest.changes import record_changes
from center.ingest.database import execute, execute_many, select
from center.worker import rollups
from center.worker.boots import Boots
from center.worker.facts import SLACK_MS, boots_changed
from center.worker.trouble import TROUBLE

TABLES = {
    "connectivity_report": "node",
    "connectivity_nodeevent": "node",
    "cctv_snapshot": "snapshot",
    "complaints_complaint": "complaint",
    # Only ever appended to: how far a boot has been gone through is kept as a place in this table.
    "connectivity_verdictchange": "node",
    "connectivity_outage": "node",
    "connectivity_nodepath": "node",
    "publicsites_look": "node",
    "operations_maintenance": "node",
    "complaints_surveyanswer": "complaint",
}
"""Tables with derived times, and the kind of change that says a row of theirs is another now."""
FACTS = {"connectivity_verdictchange", "connectivity_outage", "operations_maintenance"}
"""Of these the arithmetic reads the derived times themselves."""
STEP_ROWS = 1000
"""Rows of one step: 25 ms in its transaction when all of them change (measured)."""
ROUND_S = 0.05
"""Spent on it between two pages of new records."""

_Place = tuple[int, int, int]
_Values = tuple[object, ...]
_MARK = (
    "INSERT INTO connectivity_redating (node, boot, place, mono_ms, skip, again) VALUES (%s, %s, 0, 0, 0, %s) "
    "ON CONFLICT (node, boot) DO UPDATE SET again = %s"
)
_log = logging.getLogger("center.worker")


@dataclass(frozen=True, slots=True)
class _Due:
    """A boot and how far it has been gone through: `place` in TABLES, from `mono_ms` on, without the first `skip`."""

    id: int
    node: str
    boot: str
    place: int
    mono_ms: int
    skip: int
    again: bool


def mark_due(boots: Iterable[tuple[str, str]]) -> None:
    """These (node, boot) are to be dated again, in the caller's transaction."""
    wanted = sorted(boots)
    if wanted:
        execute_many(_MARK, [(node, boot, False, True) for node, boot in wanted])
        boots_changed(wanted)


def redate(spend_s: float = ROUND_S) -> bool:
    """Steps for about this long; whether there were any.

    Raises:
        TROUBLE: nothing of the step happened.
    """
    until_s = time.monotonic() + spend_s
    worked, boots = False, Boots()
    while time.monotonic() < until_s or not worked:
        rows = select(
            "SELECT id, node, boot, place, mono_ms, skip, again FROM connectivity_redating ORDER BY id LIMIT 1"
        )
        if not rows:
            break
        worked = True
        due = _Due(*rows[0])
        try:
            _step(due, boots)
        except TROUBLE:
            raise
        except Exception as error:  # noqa: BLE001 - one boot's fault must not keep the others waiting
            _log.error("boot-not-redated", extra={"node": due.node, "boot": due.boot, "error": repr(error)})
            execute("DELETE FROM connectivity_redating WHERE id = %s", (due.id,))
    return worked


def _step(due: _Due, boots: Boots) -> None:
    clock = boots.clock(due.node, due.boot)
    place, changed, touched = (due.place, due.mono_ms, due.skip), list[_Values](), list[int]()
    while place[0] < len(TABLES) and not changed:  # a boot of a few rows is done with in one step
        table = list(TABLES)[place[0]]
        place, changed, touched = _read(table, due, place, clock)
    with transaction.atomic():
        if _move_on(due, place) and changed:
            where = "node = %s AND boot = %s AND mono_ms = %s AND epoch = %s AND seq = %s"
            execute_many(f"UPDATE {table} SET at_ms = %s, at_quality = %s WHERE {where}", changed)  # noqa: S608
            if table in FACTS:
                mark({due.node: min(touched) - SLACK_MS})
            elif table == "connectivity_report":
                rollups.mark((due.node, at_ms) for at_ms in touched)
            record_changes([(TABLES[table], due.node)])


def _read(table: str, due: _Due, place: _Place, clock: BootClock) -> tuple[_Place, list[_Values], list[int]]:
    """The place after the next rows of a table, what is to be written of them, and the moments that concerns."""
    number, from_ms, skip = place
    rows = select(
        f"SELECT epoch, seq, mono_ms, wall_ms, received_ms, at_ms, at_quality FROM {table} "  # noqa: S608
        "WHERE node = %s AND boot = %s AND mono_ms >= %s ORDER BY mono_ms, epoch, seq LIMIT %s OFFSET %s",
        (due.node, due.boot, from_ms, STEP_ROWS, skip),
    )
    changed: list[_Values] = []
    touched: list[int] = []
    for epoch, seq, mono_ms, wall_ms, received_ms, at_ms, quality in rows:
        # A row says `ntp` without an anchor only where the kernel's clock was synchronised when it was made.
        moment = derive(clock, mono_ms=mono_ms, wall_ms=wall_ms, synced=quality == "ntp", received_ms=received_ms)
        if (moment.at_ms, moment.quality) != (at_ms, quality):
            changed.append((moment.at_ms, moment.quality, due.node, due.boot, mono_ms, epoch, seq))
            touched += [at_ms, moment.at_ms]
    if len(rows) < STEP_ROWS:
        return (number + 1, 0, 0), changed, touched
    last_ms = rows[-1][2]
    passed = sum(row[2] == last_ms for row in rows)
    return (number, last_ms, passed + (skip if last_ms == from_ms else 0)), changed, touched


def _move_on(due: _Due, place: _Place) -> bool:
    """Note the new place; False when it is no longer where it was read."""
    where = "id = %s AND place = %s AND mono_ms = %s AND skip = %s"
    before = (due.id, due.place, due.mono_ms, due.skip)
    if place[0] < len(TABLES):
        sql = f"UPDATE connectivity_redating SET place = %s, mono_ms = %s, skip = %s WHERE {where}"  # noqa: S608
        return execute(sql, (*place, *before)) == 1
    done = f"DELETE FROM connectivity_redating WHERE {where} AND again = %s"  # noqa: S608
    if execute(done, (*before, False)):
        return True
    if not execute(f"DELETE FROM connectivity_redating WHERE {where}", before):  # noqa: S608
        return False
    mark_due([(due.node, due.boot)])  # more was learned meanwhile: once more, after the others
    return True
