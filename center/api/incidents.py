"""Incidents: what people work on. Comments and the names of people are not given out."""

from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from pydantic import Field

from center.api.outages import Ms, storable
from center.api.paging import Cursor, Limit, newest_first
from center.api.permission import own_nodes, require
from center.operations.models import Incident

router = Router(tags=["incidents"])
SEE_INCIDENTS = "operations.view_incident"


class IncidentOut(Schema):
    """One incident. `kind`: node, parent (an upstream), blind (the centre itself), clone, integrity; `subject` is the
    code of the node or upstream. Open while `resolved_ms` is null. `nodes`: its members (your own ones)."""

    id: int
    kind: str
    subject: str
    severity: str
    cause: str
    party: str
    started_ms: int
    opened_ms: int
    acknowledged_ms: int | None
    resolved_ms: int | None
    level: int
    ticket: str
    reported_ms: int | None
    nodes: list[str]


class StepOut(Schema):
    """What happened to it: opened, joined, left, acknowledged, comment, escalated, ticket, resolved, reopened, ..."""

    at_ms: int
    kind: str


class IncidentDetail(IncidentOut):
    """The same with its steps."""

    steps: list[StepOut]


class IncidentPage(Schema):
    """Newest first."""

    items: list[IncidentOut]
    next: str | None


class Choice(Schema):
    """Which incidents; an empty value asks for all."""

    kind: Annotated[str, Field(max_length=16)] = ""
    subject: Annotated[str, Field(max_length=64)] = ""
    severity: Annotated[str, Field(max_length=10)] = ""
    party: Annotated[str, Field(max_length=16)] = ""
    node: Annotated[str, Field(max_length=64, description="a member")] = ""
    open: bool | None = None
    from_ms: Annotated[Ms | None, Field(description="opened at or after")] = None
    until_ms: Annotated[Ms | None, Field(description="opened before")] = None


@router.get("", response=IncidentPage, summary="Incidents, newest first")
def incidents(request: HttpRequest, choice: Query[Choice], limit: Limit = 100, cursor: Cursor = "") -> IncidentPage:
    require(request, SEE_INCIDENTS)
    rows = _within(request)
    for field in ("kind", "subject", "severity", "party"):
        if wanted := getattr(choice, field):
            rows = rows.filter(**{field: wanted})
    if choice.node:
        rows = rows.filter(pk__in=Incident.objects.filter(members__node=choice.node).values("pk"))
    if choice.open is not None:
        rows = rows.filter(resolved_ms__isnull=choice.open)
    if choice.from_ms is not None:
        rows = rows.filter(opened_ms__gte=choice.from_ms)
    if choice.until_ms is not None:
        rows = rows.filter(opened_ms__lt=choice.until_ms)
    page, following = newest_first(rows.prefetch_related("members"), "opened_ms", limit, cursor)
    return IncidentPage(items=[IncidentOut.model_validate(_values(request, row)) for row in page], next=following)


@router.get("/{int:incident_id}", response=IncidentDetail, summary="One incident")
def incident(request: HttpRequest, incident_id: int) -> IncidentDetail:
    require(request, SEE_INCIDENTS)
    row = get_object_or_404(_within(request), pk=storable(incident_id))
    steps = [
        StepOut(at_ms=at_ms, kind=kind)
        for at_ms, kind in row.entries.order_by("at_ms", "id").values_list("at_ms", "kind")
    ]
    return IncidentDetail.model_validate({**_values(request, row), "steps": steps})


def _within(request: HttpRequest) -> "QuerySet[Incident]":
    own = own_nodes(request)
    rows = Incident.objects.all()
    return rows if own is None else rows.filter(pk__in=Incident.objects.filter(members__node__in=own).values("pk"))


def _values(request: HttpRequest, row: Incident) -> dict[str, object]:
    own = own_nodes(request)
    members = sorted({member.node for member in row.members.all()})
    return {
        "id": row.pk, "kind": row.kind, "subject": row.subject, "severity": row.severity, "cause": row.cause,
        "party": row.party, "started_ms": row.started_ms, "opened_ms": row.opened_ms,
        "acknowledged_ms": row.acknowledged_ms, "resolved_ms": row.resolved_ms, "level": row.level,
        "ticket": row.ticket, "reported_ms": row.reported_ms,
        "nodes": [node for node in members if own is None or node in own],
    }  # fmt: skip
