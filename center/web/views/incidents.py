"""The list of incidents, and the page of one: what happened, to whom, who takes care, and what was done."""

from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.accounts.reach import sites_of
from center.operations.desk import CLOSABLE
from center.operations.models import Incident
from center.sites.models import Link, Upstream
from center.web import complaint_link, incident_rows
from center.web.incident_forms import AssignForm, OptionalTextForm, TextForm, TicketForm, local_time
from center.web.incident_words import INCIDENT_KINDS, INCIDENT_NEXT, LOAD_BANDS, SEVERITIES
from center.web.live import now_ms

SEE = "operations.view_incident"
WORK = "operations.work_incident"
PAGE_ROWS = 50
MOST_OPEN = 500
"""More open incidents than this on one page help nobody; the newest of them are shown."""


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
def incident_list(request: HttpRequest) -> HttpResponse:
    """Open incidents by severity and age; ?show=over the history; ?severity= and ?kind= narrow it down."""
    show = "over" if request.GET.get("show") == "over" else "open"
    severity, kind = request.GET.get("severity", ""), request.GET.get("kind", "")
    found = incident_rows.visible(request.user).filter(resolved_ms__isnull=show == "open")
    if severity in SEVERITIES:
        found = found.filter(severity=severity)
    if kind in INCIDENT_KINDS:
        found = found.filter(kind=kind)
    found = found.order_by("-opened_ms", "-id")
    page = Paginator(found, PAGE_ROWS if show == "over" else MOST_OPEN).get_page(request.GET.get("page"))
    rows = incident_rows.rows_of(page.object_list, request.user)
    context = {
        "rows": incident_rows.in_order(rows) if show == "open" else rows,
        "page": page,
        "show": show,
        "severity": severity if severity in SEVERITIES else "",
        "kind": kind if kind in INCIDENT_KINDS else "",
        "severities": SEVERITIES,
        "kinds": INCIDENT_KINDS,
        "bands": LOAD_BANDS,
        "load": incident_rows.alarm_load() if request.user.has_perm("operations.view_alarm") else None,
        "whole": sites_of(request.user) is None,
    }
    return render(request, "web/incidents.html", context)


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
def incident_page(request: HttpRequest, incident_id: int) -> HttpResponse:
    """One incident; one the account does not see is 404, as if there were none."""
    incident = get_object_or_404(incident_rows.visible(request.user), pk=incident_id)
    return render(request, "web/incident.html", context_of(request, incident))


def context_of(request: HttpRequest, incident: Incident, forms: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the page of one incident shows; `forms`: those that were sent and did not fit."""
    (row,) = incident_rows.rows_of([incident], request.user)
    whole = sites_of(request.user) is None
    advice = incident.cause if incident.cause in INCIDENT_NEXT else incident.kind
    return {
        "row": row,
        "incident": incident,
        "members": incident_rows.members_of(incident, request.user),
        "timeline": incident_rows.timeline_of(incident, request.user),
        "evidence": incident_rows.evidence_of(incident),
        "advice": advice if advice in INCIDENT_NEXT else "",
        "upstream": Upstream.objects.select_related("provider").filter(pk=incident.subject).first()
        if incident.kind == "parent"
        else None,
        "during": complaint_link.of_incident(incident, request.user),
        "circuits": _circuits(incident) if whole else [],
        "may_work": request.user.has_perm(WORK) and whole,
        "may_plan": request.user.has_perm("operations.add_work") and whole,
        "whole": whole,
        "closable": incident.kind in CLOSABLE,
        "forms": {
            "assign": AssignForm(initial={"to": incident.assigned_to}),
            "comment": TextForm(auto_id="comment_%s"),
            "escalate": OptionalTextForm(auto_id="escalate_%s"),
            "close": TextForm(auto_id="close_%s"),
            "ticket": TicketForm(
                initial={"ticket": incident.ticket, "reported": local_time(incident.reported_ms or now_ms())}
            ),
            **(forms or {}),
        },
    }


def _circuits(incident: Incident) -> list[tuple[str, str]]:
    """(site, circuit) of the members on this line: what the provider asks for first."""
    if incident.kind != "parent":
        return []
    sites = incident.members.values_list("node", flat=True)
    links = Link.objects.filter(upstream_id=incident.subject, site__nodes__in=list(sites)).exclude(circuit="")
    return sorted(set(links.values_list("site__name", "circuit")))
