"""Recomputing node states: evidence out of the database, `center.core.node_state.judge`, differences back into it."""

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from center.core import maintenance
from center.core.node_state import DEFAULT_POLICY, Evidence, Judgement, Policy, judge
from center.ingest.changes import record_changes
from center.ingest.database import execute, select
from center.ingest.listener import listening_since_ms

_PRESENCE = """
SELECT node, epoch, session, nonce, boot, run, version, hint, hint_reason, hint_ms, live_ms, born_ms, warnings
FROM ingest_presence ORDER BY node, born_ms, live_ms
"""
_STATE = """
SELECT node, state, cause, since_ms, last_seen_ms, report_ms, report_period_s, verdict, warnings, session, nonce, boot,
  run, epoch, version, online_hint, told_warnings FROM connectivity_nodestate
"""
_MAINTENANCE = """
SELECT DISTINCT m.node, m.at_ms, m.active, m.lasts_ms FROM operations_maintenance m JOIN
  (SELECT node, MAX(at_ms) AS newest_ms FROM operations_maintenance WHERE at_ms > %s GROUP BY node) n
  ON m.node = n.node AND m.at_ms = n.newest_ms
"""
"""Of each node the newest moment alone: a box that sends notice upon notice must not slow down every judgement."""
_INSERT = """
INSERT INTO connectivity_nodestate (node, state, cause, since_ms, last_seen_ms, report_ms, report_epoch, report_seq,
  report_period_s, verdict, warnings, told_warnings, session, nonce, boot, run, epoch, version, online_hint, clock_off)
VALUES (%s, 'UNKNOWN', 'never_seen', %s, NULL, NULL, '', 0, 30, '', '[]', '[]', 0, '', '', '', '', '', %s, %s)
ON CONFLICT (node) DO NOTHING
"""
_UPDATE = """
UPDATE connectivity_nodestate SET state = %s, cause = %s, since_ms = %s, last_seen_ms = %s, session = %s, nonce = %s,
  boot = %s, run = %s, epoch = %s, version = %s, online_hint = %s, told_warnings = %s WHERE node = %s
"""


@dataclass(frozen=True, slots=True)
class _Presence:
    """The newest presence of a node (its current epoch), with the newest sign of life of any of its epochs."""

    epoch: str = ""
    session: int = 0
    nonce: str = ""
    boot: str = ""
    run: str = ""
    version: str = ""
    hint: str = ""
    hint_reason: str = ""
    hint_ms: int | None = None
    live_ms: int | None = None
    born_ms: int = 0
    warnings: str = "[]"


@dataclass(frozen=True, slots=True)
class _Row:
    """A node's state as it stands in the database."""

    state: str
    cause: str
    since_ms: int
    last_seen_ms: int | None
    report_ms: int | None
    report_period_s: float
    verdict: str
    warnings: str
    shown: tuple[Any, ...]  # session, nonce, boot, run, epoch, version, online_hint, told_warnings


def recompute(now_ms: int, policy: Policy = DEFAULT_POLICY) -> int:
    """Judge every node and write what differs, in the caller's transaction; returns how many states changed.

    Changes of state are announced; a newer sign of life alone is written without (its report announces itself).
    """
    presences = _presences()
    registered = {node: bool(retired) for node, retired in select("SELECT id, retired FROM sites_node")}
    rows = _rows()
    fresh = [node for node in sorted({*presences, *registered}) if node not in rows]
    for node in fresh:
        execute(_INSERT, (node, now_ms, False, False))
        shown = (0, "", "", "", "", "", False, "[]")
        rows[node] = _Row("UNKNOWN", "never_seen", now_ms, None, None, 30.0, "", "[]", shown)
    listening_ms = listening_since_ms(now_ms)
    stays = _stays(now_ms)
    changes = [("node", node) for node in fresh]
    changed = 0
    for node, row in rows.items():
        presence = presences.get(node, _Presence())
        evidence = _evidence(row, presence, registered.get(node, False), stays.get(node))
        judgement = judge(evidence, now_ms, listening_ms, policy)
        if _write(node, row, presence, judgement, now_ms):
            changes.append(("node", node))
            changed += judgement.state != row.state
    record_changes(changes)
    return changed


def _evidence(row: _Row, presence: _Presence, retired: bool, maintenance_since_ms: int | None) -> Evidence:
    return Evidence(
        live_ms=presence.live_ms,
        born_ms=presence.born_ms or None,
        hint=presence.hint,
        hint_reason=presence.hint_reason,
        hint_ms=presence.hint_ms,
        report_ms=row.report_ms,
        report_period_s=row.report_period_s,
        verdict=row.verdict,
        warnings=_codes(row.warnings),
        told_warnings=_codes(presence.warnings) if presence.hint == "online" else (),
        retired=retired,
        maintenance=maintenance_since_ms is not None,
        maintenance_since_ms=maintenance_since_ms,
    )


def _write(node: str, row: _Row, presence: _Presence, judgement: Judgement, now_ms: int) -> bool:
    """Write the row where anything differs; whether the judgement does."""
    differs = (row.state, row.cause) != (judgement.state, judgement.cause)
    online = presence.hint == "online"
    shown = (
        presence.session,
        presence.nonce,
        presence.boot,
        presence.run,
        presence.epoch,
        presence.version,
        online,
        presence.warnings if online else "[]",
    )
    if not differs and shown == row.shown and presence.live_ms == row.last_seen_ms:
        return False
    since_ms = row.since_ms
    if judgement.state != row.state:
        since_ms = judgement.since_ms if judgement.since_ms is not None else now_ms
    execute(_UPDATE, (judgement.state, judgement.cause, since_ms, presence.live_ms, *shown, node))
    return differs or shown != row.shown


def _stays(now_ms: int) -> dict[str, int]:
    """Per node where a technician works now: since when. Notices older than the longest stay cannot matter."""
    rows = select(_MAINTENANCE, (now_ms - maintenance.LONGEST_MS,))
    notices = maintenance.newest(maintenance.Notice(node, at, bool(active), lasts) for node, at, active, lasts in rows)
    found = {node: maintenance.since_ms(notice, now_ms) for node, notice in notices.items()}
    return {node: since for node, since in found.items() if since is not None}


def _codes(text: str) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(text.encode(), type=list[str]))


def _presences() -> dict[str, _Presence]:
    found: dict[str, _Presence] = {}
    for node, *values in select(_PRESENCE):
        newest = _Presence(*values)  # the last one of a node in this order is its current epoch
        lives = [one.live_ms for one in (newest, found.get(node, newest)) if one.live_ms is not None]
        found[node] = replace(newest, live_ms=max(lives, default=None))
    return found


def _rows() -> dict[str, _Row]:
    rows = {}
    for node, state, cause, since, seen, report, period, verdict, warnings, *shown in select(_STATE):
        shown[-2] = bool(shown[-2])
        rows[node] = _Row(state, cause, since, seen, report, period, verdict, warnings, tuple(shown))
    return rows
