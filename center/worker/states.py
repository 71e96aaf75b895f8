"""Recomputing node states: evidence out of the database, `center.core.node_state.judge`, differences back into it."""

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from center.core.facts import Span
from center.core.listening import MATTERS_MS, Listening
from center.core.node_state import DEFAULT_POLICY, Evidence, Judgement, Policy, judge
from center.core.spans import clip, union
from center.ingest.changes import record_changes
from center.ingest.database import execute, select
from center.ingest.listener import listening_since_ms
from center.operations.works import under_maintenance

_PRESENCE = """
SELECT node, epoch, session, nonce, boot, run, version, hint, hint_reason, hint_ms, live_ms, born_ms, warnings
FROM ingest_presence ORDER BY node, born_ms, live_ms
"""
_STATE = """
SELECT node, state, cause, since_ms, last_seen_ms, report_ms, report_period_s, verdict, warnings, session, nonce, boot,
  run, epoch, version, online_hint, told_warnings FROM connectivity_nodestate
"""
_BLIND = """
SELECT MAX(CASE WHEN resolved_ms IS NULL THEN 1 ELSE 0 END), MAX(resolved_ms) FROM operations_incident
WHERE kind = 'blind' AND (resolved_ms IS NULL OR (resolved_ms > %s AND resolved_ms <= %s))
"""
_FROM_THE_FUTURE = """
UPDATE ingest_presence SET live_ms = CASE WHEN live_ms > %s THEN %s ELSE live_ms END,
  hint_ms = CASE WHEN hint_ms > %s THEN %s ELSE hint_ms END, born_ms = CASE WHEN born_ms > %s THEN %s ELSE born_ms END
WHERE live_ms > %s
"""
_CLOCK_MS = 60_000
"""A sign of life this much later than now was dated by a clock that has been put back since: it counts from now on, or
its node would be alive until the clock is there again, whatever happens to it."""
_BELOW_PARENT = """
SELECT DISTINCT m.node FROM operations_incident i JOIN operations_incidentmember m ON m.incident_id = i.id
WHERE i.kind = 'parent' AND i.resolved_ms IS NULL AND m.left_ms IS NULL
"""
_BLIND_MATTERS_MS = 3_600_000
"""Longer than any silence window: blindness that ended before it explains no silence of now."""
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
class _Around:
    """What judges a node besides its own evidence: people's work, and the incidents it belongs to."""

    maintenance: dict[str, int]
    below_parent: frozenset[str]
    fleet_silent: bool


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
    if any((one.live_ms or 0) > now_ms + _CLOCK_MS for one in presences.values()):
        execute(_FROM_THE_FUTURE, (*(now_ms,) * 6, now_ms + _CLOCK_MS))
        presences = _presences()
    registered = {node: bool(retired) for node, retired in select("SELECT id, retired FROM sites_node")}
    rows = _rows()
    fresh = [node for node in sorted({*presences, *registered}) if node not in rows]
    for node in fresh:
        execute(_INSERT, (node, now_ms, False, False))
        shown = (0, "", "", "", "", "", False, "[]")
        rows[node] = _Row("UNKNOWN", "never_seen", now_ms, None, None, 30.0, "", "[]", shown)
    around, listening = _around(now_ms), listening_at(now_ms)
    changes = [("node", node) for node in fresh]
    changed = 0
    for node, row in rows.items():
        presence = presences.get(node, _Presence())
        evidence = _evidence(node, row, presence, registered.get(node, False), around)
        since_ms = None if listening is None else listening.since(evidence.live_ms)
        judgement = judge(evidence, now_ms, since_ms, policy)
        if _write(node, row, presence, judgement, now_ms):
            changes.append(("node", node))
            changed += judgement.state != row.state
    record_changes(changes)
    return changed


def listening_at(now_ms: int) -> Listening | None:
    """How the centre hears the fleet; None: it does not."""
    since_ms = listening_since_ms(now_ms)
    if since_ms is None:
        return None
    rows = select("SELECT since_ms, until_ms FROM ingest_hearing WHERE until_ms > %s", (now_ms - MATTERS_MS,))
    stretches = union([*(Span(*row) for row in rows), Span(since_ms, now_ms)])
    ended_ms = select(_BLIND, (now_ms - _BLIND_MATTERS_MS, now_ms))[0][1]
    return Listening(since_ms, clip(stretches, Span(0, now_ms)), now_ms, None if ended_ms is None else int(ended_ms))


def _around(now_ms: int) -> _Around:
    below = frozenset(node for (node,) in select(_BELOW_PARENT))
    blind = bool(select(_BLIND, (now_ms - _BLIND_MATTERS_MS, now_ms))[0][0])
    return _Around(under_maintenance(now_ms), below, blind)


def _evidence(node: str, row: _Row, presence: _Presence, retired: bool, around: _Around) -> Evidence:
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
        maintenance=node in around.maintenance,
        maintenance_since_ms=around.maintenance.get(node),
        parent_down=node in around.below_parent,
        fleet_silent=around.fleet_silent,
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
