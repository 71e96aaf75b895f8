"""Nodes: list, one node, and its series for charts. All times are milliseconds since 1970 unless said otherwise."""

from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.gzip import gzip_page
from ninja import Router, Schema
from ninja.decorators import decorate_view
from pydantic import Field

from center.api.diagnosis import FindingOut, OutageOut, PathOut, finding_out, outage_out, path_out
from center.api.integrity import SEE_QUARANTINE, IntegrityOut, integrity_out
from center.api.paging import Cursor, Limit, page_in_order, page_of
from center.api.permission import coarse, own_nodes, program, require
from center.connectivity.findings import node_integrity
from center.connectivity.models import NodeState
from center.core.series import MAX_POINTS
from center.sites.models import Node
from center.web.diagnosis import finding, outages, path_to_center
from center.web.reports import newest_body, node_series
from center.web.views.nodes import SEE_NODES

router = Router(tags=["nodes"])
MAX_HOURS = 5 * 366 * 24
"""As long as rollups of an hour are kept; beyond a week a row is an hour or more."""
Word = Annotated[str, Field(max_length=64)]
MOST_OUTAGES = 1000
Column = list[float | None]


class NodeOut(Schema):
    """One node as last judged. `state`: UP, DEGRADED, DOWN, UNREACHABLE, UNKNOWN, MAINT or RETIRED. Coordinates are
    null for tokens of a level above the city."""

    id: str
    site: str
    site_name: str
    kecamatan: str
    latitude: float | None
    longitude: float | None
    state: str
    cause: str
    verdict: str
    since_ms: int | None
    last_seen_ms: int | None
    version: str
    clock_off: bool


class NodeDetail(NodeOut):
    """The same, with the node's warnings, its newest health report as it was sent, how whole its records are, what it
    found out about its line, and the newest outages it tells of (all of them: /nodes/ID/outages)."""

    epoch: str
    boot: str
    warnings: list[str]
    report: dict[str, object] | None
    integrity: IntegrityOut
    finding: FindingOut | None
    outages: list[OutageOut]
    path: PathOut | None


class HoleOut(Schema):
    """A stretch without all its reports, from one report to the next (s since 1970), and why."""

    start: float
    end: float
    reason: str = Field(description="bound, disk, thinned_5min, thinned_1h, corrupt, refused, restore, fault, ...")
    count: int


class SeriesOut(Schema):
    """Columns of equal length. `t` is seconds since 1970; null = nothing was measured: draw nothing there."""

    t: list[float]
    quality: list[str | None] = Field(description="of each time: ntp, estimated, bounded; null in a gap")
    system: dict[str, Column] = Field(description="cpu_pct, mem_pct, temp_c")
    rtt_ms: dict[str, Column] = Field(
        description='by "probe target": the middle round trip of each interval, out of added histograms'
    )
    rtt_p95_ms: dict[str, Column]
    loss_pct: dict[str, Column]
    suspect_pct: dict[str, Column] = Field(description="sent late by a busy box: says little about the network")
    holes: list[HoleOut]


class NodePage(Schema):
    """In the order of their ids."""

    items: list[NodeOut]
    next: str | None


class ToldPage(Schema):
    """Newest first, by the node's own numbers."""

    items: list[OutageOut]
    next: str | None


@router.get("", response=NodePage, summary="Nodes")
def nodes(
    request: HttpRequest,
    *,
    state: Word = "",
    site: Word = "",
    kecamatan: Word = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> NodePage:
    require(request, SEE_NODES, sums=True)
    states = {row.node: row for row in NodeState.objects.all()}
    rows = _within(request)
    if site:
        rows = rows.filter(site_id=site)
    if kecamatan:
        rows = rows.filter(site__kecamatan=kecamatan)
    hidden = {"latitude": None, "longitude": None} if coarse(request) else {}
    found = [NodeOut.model_validate({**_values(node, states.get(node.id)), **hidden}) for node in rows]
    chosen = [node for node in found if not state or node.state == state]
    page, following = page_of(chosen, lambda node: (node.id,), limit, cursor)
    return NodePage(items=page, next=following)


@router.get("/{node_id}", response=NodeDetail, summary="One node")
def node(request: HttpRequest, node_id: str) -> NodeDetail:
    require(request, SEE_NODES)
    row = _one(request, node_id)
    state = NodeState.objects.filter(pk=node_id).first()
    found, path = finding(node_id, state.verdict if state else ""), path_to_center(node_id)
    return NodeDetail.model_validate(
        {
            **_values(row, state),
            "epoch": state.epoch if state else "",
            "boot": state.boot if state else "",
            "warnings": state.standing_warnings if state else [],
            "report": newest_body(node_id),
            "integrity": integrity_out(
                node_integrity(node_id), cases=program(request) is None and request.user.has_perm(SEE_QUARANTINE)
            ),
            "finding": finding_out(found) if found else None,
            "outages": [outage_out(row) for row in outages(node_id)],
            "path": path_out(path) if path else None,
        }
    )


@router.get("/{node_id}/outages", response=ToldPage, summary="Outages as the node itself tells them, newest first")
def node_outages(request: HttpRequest, node_id: str, limit: Limit = 100, cursor: Cursor = "") -> ToldPage:
    require(request, SEE_NODES)
    _one(request, node_id)
    page, following = page_in_order(outages(node_id, MOST_OUTAGES), lambda row: row.outage, limit, cursor)
    return ToldPage(items=[outage_out(row) for row in page], next=following)


@router.get("/{node_id}/series", response=SeriesOut, summary="Series of one node for charts")
@decorate_view(gzip_page)
def series(
    request: HttpRequest,
    node_id: str,
    hours: Annotated[int, Field(ge=1, le=MAX_HOURS)] = 3,
    points: Annotated[
        int, Field(ge=20, le=MAX_POINTS, description="about how many rows; more are thinned")
    ] = MAX_POINTS,
) -> SeriesOut:
    require(request, SEE_NODES)
    _one(request, node_id)
    columns, holes = node_series(node_id, hours, points)
    return SeriesOut(
        t=columns.t,
        quality=columns.quality,
        system=columns.system,
        rtt_ms=columns.rtt_ms,
        rtt_p95_ms=columns.rtt_p95_ms,
        loss_pct=columns.loss_pct,
        suspect_pct=columns.suspect_pct,
        holes=[HoleOut(start=hole.start_s, end=hole.end_s, reason=hole.reason, count=hole.count) for hole in holes],
    )


def _within(request: HttpRequest) -> "QuerySet[Node]":
    own = own_nodes(request)
    rows = Node.objects.select_related("site").order_by("id")
    return rows if own is None else rows.filter(id__in=own)


def _one(request: HttpRequest, node_id: str) -> Node:
    return get_object_or_404(_within(request), pk=node_id)


def _values(node: Node, state: NodeState | None) -> dict[str, object]:
    retired = node.retired
    return {
        "id": node.id,
        "site": node.site_id,
        "site_name": node.site.name,
        "kecamatan": node.site.kecamatan,
        "latitude": node.site.latitude,
        "longitude": node.site.longitude,
        "state": "RETIRED" if retired else state.state if state else "UNKNOWN",
        "cause": state.cause if state else "never_seen",
        "verdict": state.verdict if state else "",
        "since_ms": state.since_ms if state else None,
        "last_seen_ms": state.last_seen_ms if state else None,
        "version": state.version if state else "",
        "clock_off": bool(state and state.clock_off),
    }
