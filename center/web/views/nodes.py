"""The list of nodes, and the page of one node: what is wrong, since when, whose it is, and what to do next."""

from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from center.accounts import audit, reach
from center.cctv.models import Snapshot
from center.connectivity.findings import node_integrity
from center.connectivity.models import NodeState
from center.core.wall_view import NodeRow, what_is_wrong
from center.ingest.models import Head
from center.operations.models import Downlink
from center.sites.models import Node, Site
from center.web import node_remote
from center.web.advice import next_action, party_word
from center.web.diagnosis import changes, finding, outage_count, outages, path_to_center, strips
from center.web.live import now_ms
from center.web.lives import last_lives, warning_rows
from center.web.maintenance import last_stays, stay_now
from center.web.newest import newest_rows
from center.web.node_incidents import of_node
from center.web.picture_words import BAD_VERDICTS
from center.web.reports import last_lines, newest_body
from center.web.standing import availability_of, box_of, hours_of, line_of, open_party
from center.web.words import GAPS, words

SEE_NODES = "connectivity.view_nodestate"
LINES = 20
LIVES = 5
STATE_ORDER = ("DOWN", "DEGRADED", "UNREACHABLE", "UNKNOWN", "MAINT", "UP", "RETIRED")


@require_safe
@never_cache
@login_required
@permission_required(SEE_NODES, raise_exception=True)
def node_list(request: HttpRequest) -> HttpResponse:
    """All nodes, troubled ones first; ?state= and ?site= narrow it down, ?absent=1 lists sites without a node."""
    states = {row.node: row for row in NodeState.objects.all()}
    nodes = reach.of_nodes(Node.objects.select_related("site").filter(retired=False), request.user, "id")
    site, state = request.GET.get("site", ""), request.GET.get("state", "")
    if site:
        nodes = nodes.filter(site_id=site)
    rows = [_row(node, states.get(node.id)) for node in nodes]
    rows = [row for row in rows if not state or row["state"] == state]
    rows.sort(key=lambda row: (STATE_ORDER.index(row["state"]), row["node"].site.name))
    without = (
        reach.of_sites(Site.objects.filter(nodes__isnull=True), request.user) if not state else Site.objects.none()
    )
    if site:
        without = without.filter(code=site)
    return render(
        request,
        "web/nodes.html",
        {"rows": rows, "without": without, "state": state, "site": site, "states": STATE_ORDER[:6]},
    )


# Packed for phones on a bad line. It gives no secret away by its length: what a reader asks for is not repeated in the
# page, the form's token is masked anew each time, and the packing adds a random length of its own.
@gzip_page
@require_safe
@never_cache
@login_required
@permission_required(SEE_NODES, raise_exception=True)
def node_page(request: HttpRequest, node_id: str) -> HttpResponse:
    """One node."""
    node = _node(request, node_id)
    texts = {
        "rtt": _("Round trip of pings, ms (line: middle value, band: up to p95)"),
        "loss": _("Loss of pings, % (hatched: the box was busy, the figure says little)"),
        "services": _("Round trip of services, ms (middle value)"),
        "system": _("Box: CPU %, memory %, temperature °C"),
        "targets": {"gateway": _("gateway"), "center": _("centre")},
        "names": {"cpu_pct": _("CPU %"), "mem_pct": _("memory %"), "temp_c": _("temperature °C")},
        "time": _("time"),
        "nothing": _("No reports in this span."),
        "gaps": words(GAPS),
        "missing": _("{reason}: {start}–{end} ({count} reports)"),
        "failed": _("The series could not be loaded; trying again."),
    }
    return render(request, "web/node.html", {"node": node, "texts": texts, **_seen(request, node)})


@gzip_page
@require_safe
@never_cache
@login_required
@permission_required(SEE_NODES, raise_exception=True)
def node_now(request: HttpRequest, node_id: str) -> HttpResponse:
    """The parts of the page that change, for the page's script."""
    node = _node(request, node_id)
    return render(request, "web/node_parts.html", {"node": node, **_seen(request, node)})


def _node(request: HttpRequest, node_id: str) -> Node:
    return get_object_or_404(reach.of_nodes(Node.objects.select_related("site"), request.user, "id"), pk=node_id)


def _seen(request: HttpRequest, node: Node) -> dict[str, Any]:
    """What the page shows; that somebody sees the names of technicians on it is noted."""
    found = _now(node)
    if found["stays"] and request.user.has_perm("operations.view_maintenance"):
        audit.look(request, "stays", node.id)
    state = found["row"]["state"]
    return {**found, **of_node(request, node), **node_remote.of_node(request, node, state)}


def _row(node: Node, state: NodeState | None) -> dict[str, Any]:
    if state is None:
        return {"node": node, "state": "UNKNOWN", "what": "never_seen", "since_ms": None, "seen_ms": None}
    wrong = what_is_wrong(_node_row(node, state)) if state.state not in {"UP", "MAINT", "RETIRED"} else ""
    return {
        "node": node,
        "state": state.state,
        "what": wrong,
        "since_ms": state.since_ms,
        "seen_ms": state.last_seen_ms,
        "version": state.version,
    }


def _node_row(node: Node, state: NodeState) -> NodeRow:
    return NodeRow(
        node.id, node.site_id, state.state, state.cause, state.verdict, state.since_ms, state.last_seen_ms, 0
    )


def _now(node: Node) -> dict[str, Any]:
    state = NodeState.objects.filter(pk=node.id).first()
    row = _row(node, state)
    cause = state.cause if state else "never_seen"
    verdict = state.verdict if state else ""
    spoken = row["what"] == verdict
    body = newest_body(node.id)
    found = finding(node.id, verdict)
    lasting = open_party(node.id)
    party = found.party if spoken and found else lasting
    now = now_ms()
    return {
        "row": row,
        "party": party_word(party),
        "isp": party == "isp",
        "action": next_action(row["state"], cause, verdict, lasting),
        "finding": found,
        "finding_stands": row["state"] in {"UP", "DEGRADED", "MAINT"},
        "changes": changes(node.id),
        "strips": strips(node.id),
        "outages": outages(node.id),
        "outage_count": outage_count(node.id),
        "path": path_to_center(node.id),
        "last_verdict": verdict if not spoken and row["state"] not in {"UP", "MAINT"} else "",
        "clock_off": bool(state and state.clock_off),
        "warnings": warning_rows(node.id, state.standing_warnings) if state else [],
        "lives": last_lives(node.id, LIVES),
        "stay": stay_now(node.id),
        "stays": last_stays(node.id),
        "body": body,
        "lines": last_lines(node.id, LINES),
        "bad_verdicts": BAD_VERDICTS,
        "snapshot": next(iter(newest_rows(Snapshot.objects.all(), node.id, 1)), None),
        "heads": _heads(node.id, state.epoch if state else ""),
        "integrity": node_integrity(node.id),
        "availability": availability_of(node.id, now),
        "box": box_of(node, state, now),
        "isp_line": line_of(node.id),
        "hours": hours_of(node, now),
        "owed": Downlink.objects.filter(node=node.id, receipt_at_ms__isnull=True).count(),
    }


def _heads(node: str, epoch: str) -> list[Head]:
    return list(Head.objects.filter(node=node, epoch=epoch).order_by("stream"))
