"""A channel that fails is an incident of its own, told through the others; what was never delivered is written down."""

import logging

from django.db import transaction

from center.alerts.error_words import said
from center.alerts.queue import IncidentChange, incident_changed
from center.core.alert_words import LANGUAGES, line
from center.ingest.changes import record_change
from center.ingest.database import execute, select

FAILING_MS = 5 * 60_000
"""A channel's hiccup is no incident; five minutes without a single message through it are."""
KIND = "channel"
_log = logging.getLogger("center.alerts")


def channel_worked(name: str, now_ms: int) -> None:
    """Something got through: whatever was wrong with this channel is over, and what waits for it goes out now."""
    with transaction.atomic():
        failing = select("SELECT failing_since_ms FROM alerts_channel WHERE name = %s", (name,))
        execute("UPDATE alerts_channel SET last_ok_ms = %s, failing_since_ms = NULL WHERE name = %s", (now_ms, name))
        if failing and failing[0][0] is not None:
            _log.info("channel-works-again", extra={"channel": name})
            execute(
                "UPDATE alerts_delivery SET due_ms = %s WHERE channel = %s AND state = 'failed' AND address = '' "
                "AND due_ms > %s",
                (now_ms, name, now_ms),
            )
            _resolve(name, now_ms)


def channel_failed(name: str, now_ms: int, error: str, *, permanent: bool) -> None:
    """Nothing got through. After FAILING_MS, or at once when it will not mend itself, an incident says so."""
    with transaction.atomic():
        failing = select("SELECT failing_since_ms FROM alerts_channel WHERE name = %s", (name,))
        if not failing:
            return
        since_ms = failing[0][0]
        if since_ms is None:
            _log.warning("channel-fails", extra={"channel": name, "error": error})
        execute(
            "UPDATE alerts_channel SET last_error = %s, last_error_ms = %s, "
            "failing_since_ms = COALESCE(failing_since_ms, %s) WHERE name = %s",
            (error[:200], now_ms, now_ms, name),
        )
        since_ms = now_ms if since_ms is None else int(since_ms)
        if permanent or now_ms - since_ms >= FAILING_MS:
            _open(name, since_ms, now_ms, error)


def forget_unused(now_ms: int) -> None:
    """A channel that was taken away or switched off fails no more: its incident is over."""
    rows = select(
        "SELECT i.subject, i.severity FROM operations_incident i WHERE i.kind = %s AND i.resolved_ms IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM alerts_channel c WHERE c.name = i.subject AND c.enabled = %s)",
        (KIND, True),
    )
    for name, severity in rows:
        with transaction.atomic():
            execute("UPDATE alerts_channel SET failing_since_ms = NULL WHERE name = %s", (name,))
            _tell("resolved", name, severity, now_ms, "channel_unused", why="gone")


def never_delivered(delivery: int, incident: int | None, channel: str, now_ms: int) -> None:
    """Write into the timeline of every incident a given-up message was about through which channel it was not
    delivered."""
    joined = select('SELECT DISTINCT incident FROM alerts_delivery WHERE "into" = %s', (delivery,))
    about = {incident, *(row[0] for row in joined)} - {None}
    with transaction.atomic():
        for one in sorted(about):
            _entry(one, now_ms, "undelivered", channel)
            record_change("incident", str(one))
    _log.warning("delivery-given-up", extra={"channel": channel, "incidents": len(about)})


def _open(name: str, since_ms: int, now_ms: int, error: str) -> None:
    stuck = select(
        "SELECT COUNT(*) FROM alerts_delivery WHERE channel = %s AND severity = 'critical' "
        "AND state IN ('waiting', 'claimed', 'sending', 'failed')",
        (name,),
    )[0][0]
    severity = "critical" if stuck else "warning"
    made = execute(
        "INSERT INTO operations_incident (kind, subject, severity, cause, party, started_ms, opened_ms, "
        "acknowledged_by, assigned_to, level, ticket) VALUES (%s, %s, %s, 'channel', 'center', %s, %s, '', '', 0, '') "
        "ON CONFLICT (kind, subject) WHERE resolved_ms IS NULL DO NOTHING",
        (KIND, name, severity, since_ms, now_ms),
    )
    if made:
        _tell("opened", name, severity, now_ms, "channel_fails", error=error)


def _resolve(name: str, now_ms: int) -> None:
    rows = select(
        "SELECT severity FROM operations_incident WHERE kind = %s AND subject = %s AND resolved_ms IS NULL",
        (KIND, name),
    )
    if rows:
        _tell("resolved", name, rows[0][0], now_ms, "channel_works")


def _tell(
    what: str, name: str, severity: str, now_ms: int, words: str, *, error: str = "", why: str = "recovered"
) -> None:
    """Timeline, messages and announcement of one change, and the end of the incident when that is what it is.

    `words`: the line of `alert_words` that says it. `why`: of an end.
    """
    incident, started_ms = select(
        "SELECT id, started_ms FROM operations_incident WHERE kind = %s AND subject = %s AND resolved_ms IS NULL",
        (KIND, name),
    )[0]
    if what == "resolved":
        execute("UPDATE operations_incident SET resolved_ms = %s WHERE id = %s", (now_ms, incident))
    _entry(incident, now_ms, what, why if what == "resolved" else "")
    text_id, text_en = (line(words, one, channel=name, error=said(error, one)[:120]) for one in LANGUAGES)
    incident_changed(
        IncidentChange(incident, what, severity, KIND, name, "channel", "center", (), (), (), started_ms, now_ms,
                       text_id, text_en, why=why if what == "resolved" else "")
    )  # fmt: skip
    record_change("incident", str(incident))


def _entry(incident: int, at_ms: int, kind: str, text: str) -> None:
    execute(
        'INSERT INTO operations_incidententry (incident_id, at_ms, kind, "by", text) '
        "SELECT id, %s, %s, '', %s FROM operations_incident WHERE id = %s",
        (at_ms, kind, text[:2000], incident),
    )
