"""Overdue and urgent complaints as incidents: one per agency, one per place, told through the alerts and ended by work.

`center.core.complaint_watch` decides; here the rows are read and each change is written with its timeline entry, its
alarm and its messages in one transaction. The people of an agency are reminded through their own channels as well.
"""

from center.alerts.agencies import tell_site
from center.alerts.queue import IncidentChange, incident_changed
from center.complaints.deadlines import calendar, config
from center.complaints.models import Complaint
from center.core.complaint_cycle import WAITING
from center.core.complaint_deadlines import CITYS, FRESH
from center.core.complaint_watch import OVERDUE, URGENT, Change, Standing, Trouble, changes, overdue, urgent
from center.core.complaint_words import over_sentence, overdue_sentence, urgent_sentence
from center.ingest.changes import record_change
from center.ingest.database import execute, select, write
from center.operations.incidents import names_of_nodes, note
from center.operations.models import Incident

ENDED_WHY = "answered"
_HORIZON_DAYS = 4
"""Calendar days a working day may be away, beyond weekends: long holidays."""
_DAY_MS = 86_400_000
_TOLD = """
SELECT i.kind, i.subject, i.severity, i.cause, e.text, e.at_ms FROM operations_incident i
JOIN operations_incidententry e ON e.id = (SELECT MAX(x.id) FROM operations_incidententry x
  WHERE x.incident_id = i.id AND x.kind IN ('opened', 'grew', 'escalated') AND x.by = '')
WHERE i.resolved_ms IS NULL AND i.kind IN ('overdue', 'urgent')
"""
_ALARM = "INSERT INTO operations_alarm (at_ms, node, incident, severity, suppressed) VALUES (%s, '', %s, %s, %s)"


def watch(now_ms: int) -> int:
    """Look once; how many incidents changed. Transactions of its own, only when there is something to write."""
    found = changes(_troubles(now_ms), _open_ones(), now_ms)
    for one in found:
        write(lambda change=one: _carry_out(change, now_ms))  # type: ignore[misc]
    return len(found)


def _troubles(now_ms: int) -> list[Trouble]:
    waiting = Complaint.objects.filter(status__in=WAITING)
    reminder_days = config().reminder_days
    until_ms = now_ms + (2 * reminder_days + _HORIZON_DAYS + 7) * _DAY_MS
    terms = waiting.filter(due_for__in=CITYS, due_ms__lte=until_ms).values_list("agency", "due_ms")
    unread = waiting.filter(urgent=True, status__in=FRESH).values_list("place", "at_ms", "changed_ms")
    rows = [(agency, int(due_ms)) for agency, due_ms in terms if due_ms is not None]
    late = overdue(
        rows, now_ms, reminder_days=reminder_days, escalation_days=config().escalation_days, calendar=calendar()
    ) if rows else []  # fmt: skip
    return late + urgent(unread)


def _open_ones() -> dict[tuple[str, str], Standing]:
    return {
        (kind, subject): Standing(severity, cause, int(text) if text.isascii() and text.isdigit() else 0, at_ms)
        for kind, subject, severity, cause, text, at_ms in select(_TOLD)
    }


def _carry_out(change: Change, now_ms: int) -> None:
    trouble = change.trouble
    row = Incident.objects.filter(kind=change.kind, subject=change.subject, resolved_ms__isnull=True).first()
    if trouble is None:
        if row is not None:
            row.resolved_ms = now_ms
            row.save(update_fields=["resolved_ms"])
            _tell(row, "resolved", None, now_ms)
        return
    if row is None:
        row = Incident.objects.create(
            kind=trouble.kind,
            subject=trouble.subject,
            severity=trouble.severity,
            cause=trouble.cause,
            party="agency" if trouble.kind == OVERDUE and trouble.subject else "city",
            started_ms=trouble.since_ms,
            opened_ms=now_ms,
        )
        execute(_ALARM, (now_ms, row.pk, trouble.severity, False))
    else:
        row.cause, row.severity = trouble.cause, trouble.severity
        row.level += change.what == "escalated"
        row.save(update_fields=["cause", "severity", "level"])
    _tell(row, change.what, trouble, now_ms)


def _tell(row: Incident, what: str, trouble: Trouble | None, now_ms: int) -> None:
    """Timeline, messages and announcement of one change."""
    why = ENDED_WHY if trouble is None else ""
    note(row.pk, what, why or str(trouble.late if trouble else 0), now_ms)
    name = names_of_nodes((row.subject,)).get(row.subject, row.subject)
    texts = _sentences(row, name, trouble)
    incident_changed(
        IncidentChange(
            row.pk, what, row.severity, row.kind, row.subject, row.cause, row.party, (),
            (row.subject,) if row.subject else (), _kecamatan(row.subject), row.started_ms, now_ms, *texts, why=why,
        )
    )  # fmt: skip
    if trouble is not None and row.kind == OVERDUE and row.subject:
        tell_site(row.subject, f"overdue.{row.pk}.{what}.{now_ms}", texts, severity=row.severity)
    record_change("incident", str(row.pk))


def _sentences(row: Incident, name: str, trouble: Trouble | None) -> tuple[str, str]:
    if trouble is None:
        return over_sentence(row.kind, name)
    if row.kind == URGENT:
        return urgent_sentence(name, trouble.late, trouble.since_ms)
    return overdue_sentence(name, trouble.late, trouble.soon, trouble.since_ms)


def _kecamatan(site: str) -> tuple[str, ...]:
    return tuple(row[0] for row in select("SELECT kecamatan FROM sites_site WHERE code = %s", (site,)) if row[0])
