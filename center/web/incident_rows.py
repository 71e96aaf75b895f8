"""Incidents as pages show them: names instead of codes, a sentence instead of a kind, and only what an account sees."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from center.accounts.reach import nodes_of
from center.connectivity.models import NodeState
from center.core import neighbours
from center.core.alarm_load import Load, first_ms, load_of
from center.operations.hanging import dependence
from center.operations.incidents import names_of_nodes
from center.operations.models import Alarm, Incident, IncidentEntry, IncidentMember
from center.operations.sentences import Told, sentences
from center.sites.models import Node, Upstream
from center.web.advice import language
from center.web.live import now_ms

SEVERITY_ORDER = ("critical", "warning", "info")
OWN_ENTRIES = ("opened", "joined", "left", "acknowledged", "escalated", "ticket", "resolved", "reopened")
"""What an account of single sites reads of a timeline: what happened, not what people said to each other."""


@dataclass(frozen=True, slots=True)
class Row:
    """One incident in a list. `nodes`: of those the account sees, how many belong to it now; `all_nodes`: ever."""

    incident: Incident
    sentence: str
    nodes: int
    all_nodes: int

    @property
    def over(self) -> bool:
        return self.incident.resolved_ms is not None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a timeline; `names` are the places the text named by node."""

    at_ms: int
    kind: str
    by: str
    text: str
    names: tuple[str, ...] = ()
    more: int = 0


def visible(user: Any) -> QuerySet[Incident]:
    """The incidents an account sees: all, or those its own nodes belong to."""
    nodes = nodes_of(user)
    rows = Incident.objects.all()
    if nodes is None:
        return rows
    return rows.filter(Exists(IncidentMember.objects.filter(incident=OuterRef("pk"), node__in=nodes)))


def rows_of(incidents: Iterable[Incident], user: Any) -> list[Row]:
    """The incidents in words."""
    found = list(incidents)
    own = nodes_of(user)
    members: dict[int, list[tuple[str, int | None]]] = {}
    for incident, node, left_ms in IncidentMember.objects.filter(incident__in=found).values_list(
        "incident_id", "node", "left_ms"
    ):
        if own is None or node in own:
            members.setdefault(incident, []).append((node, left_ms))
    nodes = names_of_nodes({one.subject for one in found if one.kind not in {"parent", "blind"}})
    upstreams = dict(
        Upstream.objects.filter(pk__in=[one.subject for one in found if one.kind == "parent"]).values_list(
            "code", "name"
        )
    )
    rows = []
    for one in found:
        mine = members.get(one.pk, [])
        now = [node for node, left_ms in mine if left_ms is None or one.resolved_ms is not None]
        name = upstreams.get(one.subject) if one.kind == "parent" else nodes.get(one.subject)
        told = Told(one.kind, one.cause, name or one.subject, len(now), one.started_ms, now_ms())
        sentence = sentences("opened", told)[language() == "en"]
        rows.append(Row(one, sentence, len(now), len(mine)))
    return rows


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Unacknowledged first, then the graver, then the older: it has waited longest."""
    return sorted(
        rows,
        key=lambda row: (
            row.incident.severity == "info",
            row.incident.acknowledged_ms is not None,
            SEVERITY_ORDER.index(row.incident.severity) if row.incident.severity in SEVERITY_ORDER else 9,
            row.incident.started_ms,
        ),
    )


def members_of(incident: Incident, user: Any) -> list[dict[str, Any]]:
    """The member nodes the account sees, those still out first."""
    own = nodes_of(user)
    members = [one for one in incident.members.all() if own is None or one.node in own]
    ids = [one.node for one in members]
    states = NodeState.objects.in_bulk(ids)
    nodes = {node.id: node for node in Node.objects.select_related("site").filter(pk__in=ids)}
    members.sort(key=lambda one: (one.left_ms is not None, one.node))
    return [{"member": one, "node": nodes.get(one.node), "state": states.get(one.node)} for one in members]


def timeline_of(incident: Incident, user: Any) -> list[Line]:
    """The timeline, newest first."""
    own = nodes_of(user)
    entries: QuerySet[IncidentEntry] = incident.entries.order_by("-at_ms", "-id")
    if own is not None:
        entries = entries.filter(kind__in=OWN_ENTRIES)
    named = {node for entry in entries for node in _nodes_in(entry)}
    names = dict(Node.objects.filter(pk__in=named).values_list("id", "site__name"))
    return [_line(entry, names, own) for entry in entries]


def evidence_of(incident: Incident) -> list[str]:
    """What the neighbours of the incident's node say, in words."""
    if incident.kind not in {"node", "parent"}:
        return []
    hanging = dependence()
    states = dict(NodeState.objects.values_list("node", "state"))
    if incident.kind == "node":
        return neighbour_words(incident.subject, states, hanging)
    below = [states[node] for node in hanging.below(incident.subject) if node in states]
    heard = sum(state in {"UP", "DEGRADED"} for state in below)
    return [_("%(heard)d of %(total)d nodes on it are heard.") % {"heard": heard, "total": len(below)}] if below else []


def neighbour_words(node: str, states: dict[str, str], hanging: Any) -> list[str]:
    """One sentence for each thing the node shares with others."""
    found = neighbours.of_node(node, states, hanging)
    names = dict(Upstream.objects.filter(pk__in=[one.upstream for one in found]).values_list("code", "name"))
    return [
        _("%(name)s: %(heard)d of %(total)d neighbours are heard.")
        % {"name": names.get(one.upstream, one.upstream), "heard": one.heard, "total": one.total}
        for one in found
    ]


def alarm_load() -> Load:
    """The alarms of the last day, those that are only listed left out."""
    now = now_ms()
    alarms = Alarm.objects.filter(suppressed=False, at_ms__gte=first_ms(now)).values_list("at_ms", flat=True)
    return load_of(alarms, now)


def _line(entry: IncidentEntry, names: dict[str, str], own: set[str] | None) -> Line:
    if entry.kind in {"opened", "reopened", "joined", "left"}:
        nodes = [node for node in _nodes_in(entry) if own is None or node in own]
        more = int(entry.text.rpartition(" +")[2]) if " +" in entry.text and own is None else 0
        return Line(entry.at_ms, entry.kind, "", "", tuple(names.get(node, node) for node in nodes), more)
    private = own is not None
    text = "" if private and entry.kind not in {"ticket", "resolved"} else entry.text
    return Line(entry.at_ms, entry.kind, "" if private else entry.by, text)


def _nodes_in(entry: IncidentEntry) -> list[str]:
    if entry.kind not in {"opened", "reopened", "joined", "left"}:
        return []
    return [word for word in entry.text.split() if not word.startswith("+")]
