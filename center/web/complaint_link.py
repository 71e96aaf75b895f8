"""A complaint and the line of its node: what the line was when it was filed, and what was filed while it was cut."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from center.accounts.reach import of_complaints
from center.availability.models import Outage
from center.complaints.models import Complaint
from center.connectivity.models import VerdictChange
from center.operations.models import Incident
from center.web.complaint_filter import during_incident, during_outage

SEE = "complaints.view_complaint"
SHOWN = 8
"""Codes named on the page of an incident; the rest is behind its link."""


@dataclass(frozen=True, slots=True)
class Line:
    """The node's line at a moment. `kind`: outage (the centre counts it as cut), verdict (what the node itself had
    found), or unknown. `code` is a verdict or a cause, `outage` the row that says so."""

    kind: str
    code: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    outage: int = 0


@dataclass(frozen=True, slots=True)
class During:
    """Complaints filed while something lasted: how many, and the first of them."""

    count: int
    first: list[Complaint]


def line_at(node: str, at_ms: int) -> Line:
    """The line of a node at a moment: an outage says most, else the verdict that held then."""
    lasted = Q(end_hi_ms__isnull=True) | Q(end_hi_ms__gte=at_ms)
    found = Outage.objects.filter(lasted, node=node, start_lo_ms__lte=at_ms).order_by("-start_lo_ms", "-id").first()
    if found is not None:
        return Line("outage", found.cause, found.start_hi_ms, found.end_lo_ms, found.pk)
    told = VerdictChange.objects.filter(node=node, at_ms__lte=at_ms).order_by("-at_ms", "-id").first()
    return Line("unknown") if told is None else Line("verdict", told.code, told.since_ms)


def of_incident(incident: Incident, user: Any) -> During | None:
    """What citizens filed at its nodes while it lasted; None for whoever sees no complaints."""
    return _during(during_incident(incident), user)


def of_outages(outages: list[Outage], user: Any) -> dict[int, int]:
    """Outage -> how many complaints came from its node during it; those without any are left out."""
    if not user.has_perm(SEE):
        return {}
    mine = of_complaints(Complaint.objects.all(), user)
    counted = {outage.pk: mine.filter(during_outage(outage)).count() for outage in outages}
    return {key: count for key, count in counted.items() if count}


def _during(filed: Q, user: Any) -> During | None:
    if not user.has_perm(SEE):
        return None
    rows = of_complaints(Complaint.objects.filter(filed), user).order_by("at_ms", "pk")
    first = list(rows[: SHOWN + 1])
    return During(len(first) if len(first) <= SHOWN else rows.count(), first[:SHOWN]) if first else None
