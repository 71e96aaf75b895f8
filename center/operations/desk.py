"""What people do with incidents: one function per act, each one transaction with its line in the timeline.

`by` is the account. Acts on an incident that is over are refused (`DeskError`), but for comments and tickets: those
are often known only afterwards.
"""

from django.db import transaction
from django.db.models import Q

from center.availability.models import Outage
from center.ingest.changes import record_changes
from center.operations.incidents import LISTED_ALONE, note, resolve, tell
from center.operations.models import Incident

MAX_LEVEL = 5
CLOSABLE = frozenset({"clone", "integrity"})
"""Only people can say that these are settled; whether a node is heard, the centre sees itself."""
AROUND_MS = 600_000


class DeskError(Exception):
    """The act does not fit what the incident is now; `code`: over | taken | not_taken | level | evidence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def acknowledge(incident: int, by: str, now_ms: int) -> None:
    """Somebody has seen it and takes care: it calls nobody any more."""
    with transaction.atomic():
        row = _row(incident)
        if row.acknowledged_ms is not None:
            raise DeskError("taken")
        row.acknowledged_ms, row.acknowledged_by = now_ms, by
        row.save(update_fields=["acknowledged_ms", "acknowledged_by"])
        tell(row.pk, "acknowledged", now_ms)
        _done(row, "acknowledged", "", by, now_ms)


def release(incident: int, by: str, now_ms: int) -> None:
    """Take back that somebody takes care of it."""
    with transaction.atomic():
        row = _row(incident)
        if row.acknowledged_ms is None:
            raise DeskError("not_taken")
        row.acknowledged_ms, row.acknowledged_by = None, ""
        row.save(update_fields=["acknowledged_ms", "acknowledged_by"])
        tell(row.pk, "released", now_ms)
        _done(row, "released", "", by, now_ms)


def assign(incident: int, to: str, by: str, now_ms: int) -> None:
    """Give it to an account; "" to nobody."""
    with transaction.atomic():
        row = _row(incident)
        row.assigned_to = to
        row.save(update_fields=["assigned_to"])
        _done(row, "assigned", to, by, now_ms)


def comment(incident: int, text: str, by: str, now_ms: int) -> None:
    """Append a remark, afterwards too."""
    with transaction.atomic():
        _done(_row(incident, over_too=True), "comment", text, by, now_ms)


def escalate(incident: int, text: str, by: str, now_ms: int) -> None:
    """Call the next level. What was only listed is a warning from then on, or nobody would be called."""
    with transaction.atomic():
        row = _row(incident)
        if row.level >= MAX_LEVEL:
            raise DeskError("level")
        row.level += 1
        row.severity = "warning" if row.severity == LISTED_ALONE else row.severity
        row.save(update_fields=["level", "severity"])
        tell(row.pk, "escalated", now_ms)
        _done(row, "escalated", text, by, now_ms)


def set_ticket(incident: int, ticket: str, reported_ms: int, by: str, now_ms: int) -> None:
    """The provider's ticket and when it was told, on the incident and on its nodes' outages that have none."""
    with transaction.atomic():
        row = _row(incident, over_too=True)
        row.ticket, row.reported_ms = ticket, reported_ms
        row.save(update_fields=["ticket", "reported_ms"])
        nodes = row.members.values_list("node", flat=True)
        outages = Outage.objects.filter(node__in=list(nodes), start_hi_ms__gte=row.started_ms - AROUND_MS)
        if row.resolved_ms is not None:
            outages = outages.filter(start_lo_ms__lte=row.resolved_ms)
        outages.filter(Q(ticket="")).update(ticket=ticket, reported_ms=reported_ms, reported_by=by, incident=row.pk)
        _done(row, "ticket", ticket, by, now_ms)


def close(incident: int, text: str, by: str, now_ms: int) -> None:
    """Say that a cloned card or missing records are settled; `text`: how."""
    with transaction.atomic():
        row = _row(incident)
        if row.kind not in CLOSABLE:
            raise DeskError("evidence")
        resolve(row.pk, "closed", now_ms, by, text)
        record_changes([("incident", str(row.pk))])


def work_announced(incident: int, text: str, by: str, now_ms: int) -> None:
    """Planned work was announced because of this incident."""
    with transaction.atomic():
        _done(_row(incident, over_too=True), "maintenance", text, by, now_ms)


def ticket_of_outage(outage: int, ticket: str, reported_ms: int, by: str) -> None:
    """The provider's ticket of one outage; "" takes it back. Raises Outage.DoesNotExist."""
    with transaction.atomic():
        row = Outage.objects.select_for_update().get(pk=outage)
        row.ticket, row.reported_ms = ticket, reported_ms if ticket else None
        row.reported_by = by if ticket else ""
        row.save(update_fields=["ticket", "reported_ms", "reported_by"])
        record_changes([("node", row.node)])


def _row(incident: int, *, over_too: bool = False) -> Incident:
    """Raises Incident.DoesNotExist, DeskError."""
    row = Incident.objects.select_for_update().get(pk=incident)
    if row.resolved_ms is not None and not over_too:
        raise DeskError("over")
    return row


def _done(row: Incident, kind: str, text: str, by: str, now_ms: int) -> None:
    note(row.pk, kind, text, now_ms, by)
    record_changes([("incident", str(row.pk))])
