"""How open incidents come to their end: who leaves them, when they are resolved, and when they grow graver. Pure.

| kind                         | resolved when                                                                     |
|------------------------------|-----------------------------------------------------------------------------------|
| node                         | heard for a minute and not flapping; under maintenance; retired                   |
| parent                       | four of five members are back, or too few are out, or part is back for long       |
| blind                        | somebody listens and half of the nodes are heard                                  |
| clone, integrity, certificate| it is found no more                                                               |
| degraded                     | up for a minute, or worse                                                         |
"""

from collections.abc import Callable, Mapping

from center.core import severity
from center.core.blindness import hears_again
from center.core.incident_facts import OUT_OF_PLAY, Decision, KnownIncident, NodeView, Policy, View

Settle = Callable[[View, KnownIncident, Policy, int], list[Decision]]


def settle(
    view: View, still: Mapping[tuple[str, str], KnownIncident], policy: Policy, now_ms: int
) -> tuple[Decision, ...]:
    """Leaves, resolutions and graver severities of all open incidents, by kind and subject."""
    return tuple(
        decision for _key, one in sorted(still.items()) for decision in _BY_KIND[one.kind](view, one, policy, now_ms)
    )


def _node(view: View, incident: KnownIncident, policy: Policy, now_ms: int) -> list[Decision]:
    node = view.nodes.get(incident.subject)
    why = _over(node, policy, now_ms)
    if why or node is None:
        return [Decision("resolve", *incident.key, why=why)]
    graver = severity.graver(incident.severity, severity.of_node(node.important, incident.cause))
    return [Decision("raise", *incident.key, severity=graver)] if graver != incident.severity else []


def _parent(view: View, incident: KnownIncident, policy: Policy, now_ms: int) -> list[Decision]:
    over = {node: _over(view.nodes.get(node), policy, now_ms) for node in incident.members}
    leaving = tuple(node for node in sorted(incident.present) if over[node])
    left = [Decision("leave", *incident.key, leaving)] if leaving else []
    counted = [node for node, why in over.items() if why in {"", "recovered"}]
    out = incident.present - set(leaving)
    if not counted:
        why = "maintenance" if "maintenance" in over.values() else "gone"
        return [*left, Decision("resolve", *incident.key, why=why)]
    long = sum(_back_since(view, incident, node) <= now_ms - policy.stray_ms for node in counted if node not in out)
    over_now = (
        len(out) < 2
        or len(out) <= (1 - policy.recovered_share) * len(counted) + 1e-9
        or long > (1 - policy.share) * len(counted) + 1e-9
    )
    return [*left, Decision("resolve", *incident.key, why="recovered")] if over_now else left


def _blind(view: View, incident: KnownIncident, _policy: Policy, _now_ms: int) -> list[Decision]:
    return [Decision("resolve", *incident.key, why="recovered")] if hears_again(view, incident.present) else []


def _found(view: View, incident: KnownIncident, _policy: Policy, _now_ms: int) -> list[Decision]:
    if incident.key in view.conditions:
        return []
    node = view.nodes.get(incident.subject)
    why = "gone" if node is None or node.state == "RETIRED" else "recovered"
    return [Decision("resolve", *incident.key, why=why)]


def _degraded(view: View, incident: KnownIncident, policy: Policy, now_ms: int) -> list[Decision]:
    node = view.nodes.get(incident.subject)
    if node is None or node.state in OUT_OF_PLAY or node.down:
        why = _over(node, policy, now_ms) if node is None or not node.down else "joined"
        return [Decision("resolve", *incident.key, why=why)]
    steady = node.state == "UP" and node.since_ms <= now_ms - policy.steady_ms
    return [Decision("resolve", *incident.key, why="recovered")] if steady else []


def _over(node: NodeView | None, policy: Policy, now_ms: int) -> str:
    """Why this node is out no more; "" while it is, or while nobody knows."""
    if node is None or node.state == "RETIRED":
        return "gone"
    if node.state == "MAINT":
        return "maintenance"
    steady = node.heard and node.heard_since_ms <= now_ms - policy.steady_ms
    return "recovered" if steady and len(node.swings) < policy.flap_swings else ""


def _back_since(view: View, incident: KnownIncident, node: str) -> int:
    """Since when a member is back: since it left, or since it is heard."""
    left_ms = incident.members[node]
    return view.nodes[node].heard_since_ms if left_ms is None else left_ms


_BY_KIND: dict[str, Settle] = {
    "node": _node,
    "parent": _parent,
    "blind": _blind,
    "clone": _found,
    "integrity": _found,
    "certificate": _found,
    "degraded": _degraded,
}
