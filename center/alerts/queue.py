"""The door of the alerts: what the worker tells of an incident, in the transaction in which it happened."""

import time

from django.db import connection

from center.alerts.routes import load_routes, site_names
from center.core.alert_text import IncidentChange
from center.core.routing import covered, let_go_at, plan
from center.core.routing_facts import Mute, Put, Rewrite, Standing, Step, Told
from center.ingest.database import execute, execute_many, select

__all__ = ["IncidentChange", "incident_changed", "put_message"]

HELD_MS = 3_600_000
"""How long what waits about a node is held back while an incident of many explains it; then the node is told alone."""
AFTER_PARENT_MS = 60_000
"""A member that is still down this long after its parent recovered is a trouble of its own."""
_PUT = (
    "INSERT INTO alerts_delivery (key, incident, route, channel, address, what, severity, text, made_ms, due_ms, "
    "state, claimed_by, attempts, uncertain, error) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting', '', 0, %s, '') ON CONFLICT (key) DO NOTHING"
)
_MUTE = "UPDATE alerts_delivery SET state = 'muted' WHERE key = %s AND state IN ('waiting', 'failed')"
_REWRITE = (
    "UPDATE alerts_delivery SET text = %s, severity = %s, due_ms = COALESCE(%s, due_ms) "
    "WHERE key = %s AND state IN ('waiting', 'failed')"
)
_POSTPONE = "UPDATE alerts_delivery SET due_ms = %s WHERE key = %s AND state = 'waiting'"
_ABOUT = (
    "SELECT key, route, channel, address, what, state, sent_ms, due_ms, attempts, "
    "COALESCE((SELECT c.language FROM alerts_channel c WHERE c.name = d.channel), 'id') "
    "FROM alerts_delivery d WHERE incident = %s ORDER BY id"
)


def incident_changed(change: IncidentChange) -> None:
    """Queue whatever messages this change asks for. Call inside the transaction that wrote the change.

    Telling the same change again queues nothing new.
    """
    rows = select("SELECT level, acknowledged_ms FROM operations_incident WHERE id = %s", (change.incident,))
    standing = Standing(int(rows[0][0]), rows[0][1] is not None) if rows else Standing()
    steps = plan(change, standing, load_routes(change.sites), _told(change.incident), site_names())
    _apply(change.incident, steps)
    if change.kind in {"parent", "blind"}:
        _hold_members(change)


def put_message(channel: str, what: str, key: str, text: str, *, severity: str = "info") -> bool:
    """Queue one message that belongs to no incident (a test, a sign of life); False when its key exists already."""
    now_ms = time.time_ns() // 1_000_000
    return execute(_PUT, (key, None, 0, channel, "", what, severity, text, now_ms, now_ms, False)) == 1


def _told(incident: int) -> list[Told]:
    """What exists about this incident; on PostgreSQL nobody claims any of it before this transaction has ended."""
    lock = " FOR UPDATE OF d" if connection.vendor == "postgresql" else ""
    rows = select(_ABOUT + lock, (incident,))
    return [
        Told(key, route, channel, address, what, state, due_ms if sent_ms is None else sent_ms, attempts, language)
        for key, route, channel, address, what, state, sent_ms, due_ms, attempts, language in rows
    ]


def _apply(incident: int, steps: tuple[Step, ...]) -> None:
    now_ms = time.time_ns() // 1_000_000
    puts = [
        (one.key, incident, one.route, one.channel, one.address, one.what, one.severity, one.text, now_ms, one.due_ms,
         False)
        for one in steps
        if isinstance(one, Put)
    ]  # fmt: skip
    if puts:
        execute_many(_PUT, puts)
    for one in steps:
        if isinstance(one, Mute):
            execute(_MUTE, (one.key,))
        elif isinstance(one, Rewrite):
            execute(_REWRITE, (one.text, one.severity, one.due_ms, one.key))


def _hold_members(change: IncidentChange) -> None:
    """What waits about a single node is held back while its parent is told, and let go after the recovery."""
    rows = select(
        "SELECT d.key, i.subject, i.started_ms, d.due_ms, d.made_ms, d.route, d.severity FROM alerts_delivery d "
        "JOIN operations_incident i ON i.id = d.incident "
        "WHERE d.state = 'waiting' AND d.what IN ('opened', 'grew', 'escalated') AND i.kind = 'node' "
        "AND i.resolved_ms IS NULL AND i.id <> %s",
        (change.incident,),
    )
    routes = {route.id: route for route in load_routes(change.sites)} if rows else {}
    for key, subject, started_ms, due_ms, made_ms, route, severity in rows:
        if covered(change, subject, started_ms):
            until_ms = max(due_ms, change.at_ms + HELD_MS)
        elif change.what == "resolved" and subject in change.nodes:
            wish_ms = change.at_ms + AFTER_PARENT_MS
            until_ms = min(due_ms, let_go_at(routes.get(route), severity, made_ms, wish_ms))
        else:
            continue
        execute(_POSTPONE, (until_ms, key))
