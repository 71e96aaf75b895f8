"""Tables of the operators' work: incidents with their members and timeline, alarms, planned work, shift notes.

An incident is opened, joined and closed by the worker (`center.core.correlation`) and worked on by people; whatever
happens to it is an `IncidentEntry`, appended and never changed.
"""

from django.db import models


class Incident(models.Model):
    """One thing that is wrong, however many nodes it takes along. `kind` says what `subject` names:

    "node" a node; "parent" an upstream (`sites.Upstream`), its members are the nodes below; "blind" nothing (the centre
    itself hears nobody); "clone" a node whose identity was seen twice; "integrity" a node with records missing;
    "certificate" a node that has not renewed its certificate and soon cannot report any more;
    "overdue" an agency with complaints past their term, or ("") the desk; "urgent" a place with an urgent one unread.
    `started_ms` is event time, `opened_ms` when it was noticed. Open while `resolved_ms` is None.
    """

    kind = models.CharField(max_length=16)
    subject = models.CharField(max_length=64, default="", blank=True)
    severity = models.CharField(max_length=10)  # critical | warning | info
    cause = models.CharField(max_length=32, default="", blank=True)
    party = models.CharField(max_length=16, default="none")
    started_ms = models.BigIntegerField()
    opened_ms = models.BigIntegerField()
    resolved_ms = models.BigIntegerField(null=True, blank=True)
    acknowledged_ms = models.BigIntegerField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, default="", blank=True)
    assigned_to = models.CharField(max_length=150, default="", blank=True)
    level = models.SmallIntegerField(default=0)  # how often it was escalated
    ticket = models.CharField(max_length=64, default="", blank=True)
    reported_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("opened_ms",), name="incident_opened"),
            models.Index(fields=("subject", "opened_ms"), name="incident_subject"),
            models.Index(fields=("opened_ms",), condition=models.Q(resolved_ms__isnull=True), name="incident_open"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "subject"), condition=models.Q(resolved_ms__isnull=True), name="incident_one_open"
            ),
        )
        permissions = (("work_incident", "Can acknowledge, assign, comment and escalate incidents"),)


class IncidentMember(models.Model):
    """A node that belongs to an incident from `joined_ms` until `left_ms` (None: still)."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="members")
    node = models.CharField(max_length=64)
    joined_ms = models.BigIntegerField()
    left_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("incident", "node"), name="incident_member_identity"),)
        indexes = (models.Index(fields=("node",), name="incident_member_node"),)


class IncidentEntry(models.Model):
    """A line of an incident's timeline: opened, joined, left, acknowledged, assigned, comment, escalated, ticket,
    maintenance, resolved, reopened. `by` is an account, or "" for Sandi itself."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="entries")
    at_ms = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    by = models.CharField(max_length=150, default="", blank=True)
    text = models.CharField(max_length=2000, default="", blank=True)

    class Meta:
        indexes = (models.Index(fields=("incident", "at_ms"), name="incident_entry_at"),)


class Alarm(models.Model):
    """One alarm presented to the operator: what alarm load is counted from (EEMUA 191). `suppressed`: only listed."""

    at_ms = models.BigIntegerField()
    node = models.CharField(max_length=64, default="", blank=True)
    incident = models.BigIntegerField(null=True, blank=True)
    severity = models.CharField(max_length=10)
    suppressed = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=("at_ms",), name="alarm_at"),)


class NodeReach(models.Model):
    """When a node was last seen to come or go (`center.core.swings.Reach`): what correlation remembers of it.

    `swings`: JSON list of the moments it changed of late, oldest first; a dozen at most.
    """

    node = models.CharField(max_length=64, primary_key=True)
    heard = models.BooleanField()
    since_ms = models.BigIntegerField()
    noticed_ms = models.BigIntegerField()
    swings = models.TextField(default="[]")


class Work(models.Model):
    """Planned work announced by people at the centre: within it, what it covers is MAINT and nobody is paged.

    `scope` is "node", "site", "upstream" or "city", `subject` names it. Never deleted: `cancelled_ms` ends it early.
    """

    scope = models.CharField(max_length=10)
    subject = models.CharField(max_length=64, default="", blank=True)
    from_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    ticket = models.CharField(max_length=64, default="", blank=True)
    by = models.CharField(max_length=150)
    made_ms = models.BigIntegerField()
    cancelled_ms = models.BigIntegerField(null=True, blank=True)
    cancelled_by = models.CharField(max_length=150, default="", blank=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(until_ms__gt=models.F("from_ms")), name="work_order"),)
        indexes = (models.Index(fields=("until_ms",), name="work_until"),)


class StayEnded(models.Model):
    """A person at the centre ended a technician's stay that the box itself said lasts (`operations.Maintenance`)."""

    node = models.CharField(max_length=64)
    at_ms = models.BigIntegerField()
    by = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, default="", blank=True)

    class Meta:
        indexes = (models.Index(fields=("node", "at_ms"), name="stay_ended_node"),)


class Handover(models.Model):
    """What one shift tells the next."""

    at_ms = models.BigIntegerField()
    by = models.CharField(max_length=150)
    text = models.CharField(max_length=8000)

    class Meta:
        indexes = (models.Index(fields=("at_ms",), name="handover_at"),)
