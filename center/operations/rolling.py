"""Carries operations on: the next wave, patience with nodes, the stop at the threshold, the end.

The worker calls `carry_on` every second. Everything stands in the tables, so that a worker that died in between goes
on where it was: one transaction per operation reads it, asks `center.core.rollout`, and writes all that follows. What
people ask (cancel, pause, resume, approve) the commander writes as the operation's state; the consequences are here.
"""

import json
import logging
from collections.abc import Sequence

from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError

from center.core.rollout import Patience, Plan, Roll, Target, decide
from center.ingest.changes import record_changes
from center.ingest.database import execute_many, select, write
from center.operations import downlink
from center.operations.command_models import Operation, OperationTarget
from wire.commands import COMMANDS

_OPEN = """
SELECT id FROM operations_operation WHERE state IN ('waiting', 'running', 'paused')
UNION
SELECT operation_id FROM operations_operationtarget WHERE state IN ('queued', 'due', 'sent', 'accepted', 'running')
ORDER BY 1
"""
_ENDED = """
UPDATE operations_operationtarget SET state = %s, code = %s, ended_ms = %s WHERE id = %s AND state IN (%s, %s)
"""
_RELEASED = """
UPDATE operations_operationtarget SET state = 'due', due_ms = %s, wave = %s WHERE id = %s AND state = 'queued'
"""
LAPSE_AFTER_MS = 5_000
"""The commander takes a second person's word until the last moment; it may come into the tables a little later."""
_TROUBLE = (OperationalError, InterfaceError, InternalError, ProgrammingError)
"""Of the database itself, not of a row (as `center.worker.trouble` has it)."""
_unreadable: set[str] = set()
"""Told once in the log."""
log = logging.getLogger("center.operations")
_UNKNOWN_COMMAND = Patience(120_000, 120_000)


def carry_on(now_ms: int) -> int:
    """Take every open operation as far as it can go now; how many changed. Nothing is written when none does.

    Raises:
        django.db.Error: the database is in trouble; what was not reached waits for the next call.
    """
    changed = 0
    for (operation,) in select(_OPEN):
        try:
            changed += _look(operation, now_ms)
        except _TROUBLE:
            raise
        except Exception:  # one row nobody can read must not hold up the others
            if operation not in _unreadable:
                log.exception("operation-not-carried-on", extra={"operation": operation})
            _unreadable.add(operation)
    return changed


def cancel_open(why: str, now_ms: int) -> int:
    """End every operation that is not over, and skip what had not begun; how many that were. Own transaction.

    After a restore (`why` "restored"): a database of before must not command anything anew.
    """

    def cancel() -> int:
        rows = list(Operation.objects.select_for_update().filter(state__in=("waiting", "running", "paused")))
        for row in rows:
            row.state, row.why, row.ended_ms, row.next_wave_ms = "cancelled", why, now_ms, None
            row.save(update_fields=["state", "why", "ended_ms", "next_wave_ms"])
            _apply(row, _plan(row, _targets(row), now_ms), now_ms)
        return len(rows)

    return write(cancel)


def _look(operation: str, now_ms: int) -> int:
    """Whether one operation changed: looked at without a lock, and only then with it."""
    row = Operation.objects.filter(pk=operation).first()
    if row is None or not _wants(row, _plan(row, _targets(row), now_ms), now_ms):
        return 0
    return write(lambda: _step(operation, now_ms))


def _step(operation: str, now_ms: int) -> int:
    """One operation, read again under its lock: what was decided before may be of yesterday."""
    row = Operation.objects.select_for_update().filter(pk=operation).first()
    if row is None:
        return 0
    plan = _plan(row, _targets(row), now_ms)
    if not _wants(row, plan, now_ms):
        return 0
    if _lapsed(row, now_ms):
        row.state, row.ended_ms = "lapsed", now_ms
        row.save(update_fields=["state", "ended_ms"])
        plan = _plan(row, _targets(row), now_ms)
    _apply(row, plan, now_ms)
    return 1


def _apply(row: Operation, plan: Plan, now_ms: int) -> None:
    reason = plan.why or row.why or row.state
    _end(plan.expire, "expired", "unreachable", ("due", "sent"), now_ms)
    _end(plan.give_up, "failed", "unheard", ("accepted", "running"), now_ms)
    _end(plan.skip, "skipped", reason, ("queued", "due"), now_ms)
    downlink.withdraw((*plan.expire, *plan.skip), now_ms)
    execute_many(_RELEASED, [(now_ms, plan.wave, one) for one in plan.release])
    row.wave, row.next_wave_ms = max(row.wave, plan.wave), plan.next_wave_ms
    if plan.end:
        row.state, row.why, row.why_facts, row.ended_ms = plan.end, plan.why, json.dumps(plan.facts), now_ms
    row.save(update_fields=["wave", "next_wave_ms", "state", "why", "why_facts", "ended_ms"])
    record_changes([("operation", row.pk)])


def _end(ids: Sequence[str], state: str, code: str, of: tuple[str, str], now_ms: int) -> None:
    execute_many(_ENDED, [(state, code, now_ms, one, *of) for one in ids])


def _wants(row: Operation, plan: Plan, now_ms: int) -> bool:
    """Whether anything is to be written."""
    steps = plan.expire or plan.give_up or plan.release or plan.skip or plan.end
    shown = row.state in {"running", "paused"} and (row.wave, row.next_wave_ms) != (
        max(row.wave, plan.wave),
        plan.next_wave_ms,
    )
    return bool(steps) or shown or _lapsed(row, now_ms)


def _lapsed(row: Operation, now_ms: int) -> bool:
    return row.state == "waiting" and row.lapses_ms is not None and row.lapses_ms + LAPSE_AFTER_MS <= now_ms


def _plan(row: Operation, targets: Sequence[Target], now_ms: int) -> Plan:
    if row.state == "waiting":
        return Plan(wave=row.wave)
    kind = COMMANDS.get(row.command)
    patience = Patience(kind.deliver_s * 1000, kind.deadline_s * 1000) if kind else _UNKNOWN_COMMAND
    roll = Roll(row.canary, row.batch_size, row.abort_pct, row.pause_s * 1000)
    return decide(targets, roll, patience, row.state, now_ms)


def _targets(row: Operation) -> list[Target]:
    columns = ("pk", "node", "state", "code", "due_ms", "accepted_ms", "ended_ms")
    rows = OperationTarget.objects.filter(operation=row).order_by("position", "pk")
    return [Target(*values) for values in rows.values_list(*columns)]
