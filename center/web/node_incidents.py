"""What a node's page says of incidents: the open ones, its neighbours, planned work, outages with their tickets."""

from typing import Any

from django.http import HttpRequest

from center.accounts.reach import sites_of
from center.availability.models import Outage
from center.connectivity.models import NodeState
from center.operations.hanging import dependence
from center.operations.models import Work
from center.operations.works import Coverage
from center.sites.models import Node
from center.web import complaint_link, incident_rows
from center.web.live import now_ms

SEE = "operations.view_incident"
WORK = "operations.work_incident"
OUTAGES_SHOWN = 10
AHEAD_MS = 14 * 86_400_000


def of_node(request: HttpRequest, node: Node) -> dict[str, Any]:
    """For the templates `node_incidents`, `node_concluded` and `node_stay`."""
    user = request.user
    works = user.has_perm(WORK) and sites_of(user) is None
    hanging = dependence()
    open_ones = incident_rows.visible(user).filter(members__node=node.pk, members__left_ms=None, resolved_ms=None)
    states = dict(NodeState.objects.values_list("node", "state"))
    silent = states.get(node.pk) in {"DOWN", "UNREACHABLE", "UNKNOWN"}
    concluded = list(Outage.objects.filter(node=node.pk).order_by("-start_lo_ms", "-id")[:OUTAGES_SHOWN])
    return {
        "incidents": incident_rows.in_order(incident_rows.rows_of(open_ones, user)) if user.has_perm(SEE) else [],
        "neighbours": incident_rows.neighbour_words(node.pk, states, hanging) if silent else [],
        "works": _works(node),
        "concluded": concluded,
        "during": complaint_link.of_outages(concluded, user),
        "may_call": sites_of(user) is None,  # the number for faults is the city's, as on the page of an incident
        "may_ticket": works,
        "may_end_stay": works,
    }


def _works(node: Node) -> list[Work]:
    now = now_ms()
    live = Work.objects.filter(until_ms__gt=now, from_ms__lt=now + AHEAD_MS, cancelled_ms=None).order_by(
        "from_ms", "id"
    )
    coming = list(live[:200])
    if not coming:
        return []
    coverage = Coverage(now)
    return [work for work in coming if coverage.covers(work, node.pk)]
