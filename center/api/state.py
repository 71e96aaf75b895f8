"""How the city is now, in counts."""

from collections import Counter, defaultdict

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from center.api.permission import own_nodes, require
from center.connectivity.models import NodeState
from center.ingest.listener import ALIVE_FOR_MS
from center.ingest.models import Listener
from center.operations.models import Incident
from center.sites.models import Node
from center.web.live import now_ms
from center.web.views.nodes import SEE_NODES

router = Router(tags=["state"])


class StateOut(Schema):
    """Counts of nodes by state (UP, DEGRADED, DOWN, UNREACHABLE, UNKNOWN, MAINT), of boxes in service."""

    listening: bool = Field(description="false: the centre hears nobody; the states are those of before")
    nodes: dict[str, int]
    by_kecamatan: dict[str, dict[str, int]]
    incidents_open: int


@router.get("", response=StateOut, summary="How the city is now, in counts")
def state(request: HttpRequest) -> StateOut:
    require(request, SEE_NODES, sums=True)
    own = own_nodes(request)
    states = dict(NodeState.objects.values_list("node", "state"))
    by_kecamatan: dict[str, Counter[str]] = defaultdict(Counter)
    for node, kecamatan in Node.objects.filter(retired=False).values_list("id", "site__kecamatan"):
        if own is None or node in own:
            by_kecamatan[kecamatan][states.get(node, "UNKNOWN")] += 1
    incidents = Incident.objects.filter(resolved_ms__isnull=True)
    if own is not None:
        incidents = incidents.filter(members__node__in=own).distinct()
    return StateOut(
        listening=Listener.objects.filter(connected=True, alive_ms__gt=now_ms() - ALIVE_FOR_MS).exists(),
        nodes=dict(sum(by_kecamatan.values(), Counter())),
        by_kecamatan={name: dict(counts) for name, counts in sorted(by_kecamatan.items())},
        incidents_open=incidents.count(),
    )
