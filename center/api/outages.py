"""Outages as the centre concludes them, from everything it knows; a number is never used twice."""

import json
from typing import Annotated, Any

from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from pydantic import Field

from center.api.paging import MOST_INT, Cursor, Limit, newest_first
from center.api.permission import own_nodes, require
from center.availability.models import Outage
from center.sites.models import Node

router = Router(tags=["outages"])
SEE_OUTAGES = "availability.view_outage"
Ms = Annotated[int, Field(ge=0, le=MOST_INT)]


class ConcludedOut(Schema):
    """One outage. It began between `start_lo_ms` and `start_hi_ms`, ended between `end_lo_ms` and `end_hi_ms` (null:
    it lasts). `cause`: a verdict code, or planned, restart, silent. `told`: the node itself has explained it.
    `revision` grows when later facts change it."""

    id: int
    node: str
    start_lo_ms: int
    start_hi_ms: int
    end_lo_ms: int | None
    end_hi_ms: int | None
    cause: str
    party: str
    counts: str = Field(description="down, up (the centre's own fault) or unknown")
    parent: str = Field(description="the upstream that is blamed, or empty")
    told: bool
    evidence: list[dict[str, Any]]
    revision: int
    changed_ms: int
    incident: int | None
    ticket: str
    reported_ms: int | None


class OutagePage(Schema):
    """Newest first."""

    items: list[ConcludedOut]
    next: str | None


class Choice(Schema):
    """Which outages; an empty value asks for all."""

    node: Annotated[str, Field(max_length=64)] = ""
    site: Annotated[str, Field(max_length=64)] = ""
    cause: Annotated[str, Field(max_length=16)] = ""
    party: Annotated[str, Field(max_length=16)] = ""
    parent: Annotated[str, Field(max_length=64)] = ""
    open: bool | None = None
    from_ms: Annotated[Ms | None, Field(description="that had not certainly ended before")] = None
    until_ms: Annotated[Ms | None, Field(description="that may have begun before")] = None


@router.get("", response=OutagePage, summary="Outages, newest first")
def outages(request: HttpRequest, choice: Query[Choice], limit: Limit = 100, cursor: Cursor = "") -> OutagePage:
    require(request, SEE_OUTAGES)
    own = own_nodes(request)
    rows = Outage.objects.all()
    if own is not None:
        rows = rows.filter(node__in=own)
    if choice.site:
        rows = rows.filter(node__in=Node.objects.filter(site_id=choice.site).values("id"))
    for field in ("node", "cause", "party", "parent"):
        if wanted := getattr(choice, field):
            rows = rows.filter(**{field: wanted})
    if choice.open is not None:
        rows = rows.filter(end_hi_ms__isnull=choice.open)
    if choice.from_ms is not None:
        rows = rows.filter(Q(end_hi_ms__isnull=True) | Q(end_hi_ms__gt=choice.from_ms))
    if choice.until_ms is not None:
        rows = rows.filter(start_lo_ms__lt=choice.until_ms)
    page, following = newest_first(rows, "start_lo_ms", limit, cursor)
    return OutagePage(items=[concluded_out(row, whole=own is None) for row in page], next=following)


@router.get("/{int:outage_id}", response=ConcludedOut, summary="One outage")
def outage(request: HttpRequest, outage_id: int) -> ConcludedOut:
    require(request, SEE_OUTAGES)
    own = own_nodes(request)
    rows = Outage.objects.all() if own is None else Outage.objects.filter(node__in=own)
    return concluded_out(get_object_or_404(rows, pk=storable(outage_id)), whole=own is None)


def concluded_out(row: Outage, *, whole: bool) -> ConcludedOut:
    """`whole` False: of the evidence only words and figures; the names in it may be those of other people's nodes."""
    evidence: list[dict[str, Any]] = json.loads(row.evidence)
    if not whole:
        evidence = [
            {name: value for name, value in item.items() if name == "what" or isinstance(value, int | float | bool)}
            for item in evidence
        ]
    return ConcludedOut(
        id=row.pk, node=row.node, start_lo_ms=row.start_lo_ms, start_hi_ms=row.start_hi_ms, end_lo_ms=row.end_lo_ms,
        end_hi_ms=row.end_hi_ms, cause=row.cause, party=row.party, counts=row.counts, parent=row.parent,
        told=row.told, evidence=evidence, revision=row.revision, changed_ms=row.changed_ms, incident=row.incident,
        ticket=row.ticket, reported_ms=row.reported_ms,
    )  # fmt: skip


def storable(number: int) -> int:
    """No database holds a greater number, and SQLite fails on being asked for one."""
    return number if number <= MOST_INT else -1
