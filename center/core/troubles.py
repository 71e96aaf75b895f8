"""Which incidents the nodes that are out ask for: joining an upstream's, a new one of an upstream, or alone. Pure."""

from collections.abc import Iterable, Mapping

from center.core import severity
from center.core.explain import Onset, explain
from center.core.incident_facts import Decision, KnownIncident, NodeView, Policy, View


def troubles(
    view: View, still: Iterable[KnownIncident], latest: Iterable[KnownIncident], policy: Policy, now_ms: int
) -> list[Decision]:
    """What to open and who joins. `still`: the open incidents; `latest`: those resolved a short while ago."""
    still = list(still)
    parents = {one.subject: one for one in still if one.kind == "parent"}
    alone = {one.subject for one in still if one.kind == "node"}
    freed = {node: one.resolved_ms or 0 for one in latest if one.kind == "parent" for node in one.present}
    placed = {node for one in parents.values() for node in one.present}
    free = {node: one for node, one in view.nodes.items() if node not in placed}
    ready = {node for node, one in free.items() if _ready_ms(view, one, freed.get(node, 0), policy) <= now_ms}
    found: list[Decision] = []
    for subject, parent in sorted(parents.items()):
        below = view.dependence.below(subject) & free.keys() - alone
        nodes = [node for node in below if _joins(free[node], parent, view, parents, policy)]
        if nodes:
            found.append(Decision("join", "parent", subject, tuple(sorted(nodes))))
            free = {node: one for node, one in free.items() if node not in nodes}
    for flapping in (True, False):
        out = {node: _onset(one, flapping) for node, one in free.items() if _out(one, flapping, policy)}
        heard = {one.node for one in view.nodes.values() if one.heard and not (flapping and one.swings)}
        for subject, members in sorted(explain(out, heard, view.dependence, policy, parents.keys()).items()):
            if members & ready and members - alone:  # of what was told node by node nothing else is told later
                kind = view.dependence.kinds[subject]
                started_ms = min(out[node][1] for node in members)
                found += [Decision("resolve", "node", node, why="joined") for node in sorted(members & alone)]
                cause = "flapping" if flapping else kind
                found.append(opening("parent", subject, members, cause, started_ms=started_ms, upstream_kind=kind))
            free = {node: one for node, one in free.items() if node not in members}
    found += [
        _alone(one, policy)
        for node, one in sorted(free.items())
        if node in ready and node not in alone and (one.down or _out(one, True, policy))
    ]
    return found


def opening(
    kind: str, subject: str, nodes: Iterable[str], cause: str, *, started_ms: int, upstream_kind: str = ""
) -> Decision:
    """The decision to open an incident that is not one node's silence."""
    party = severity.PARTY_OF_UPSTREAM.get(upstream_kind) or severity.PARTY_OF_KIND.get(kind, "none")
    return Decision("open", kind, subject, tuple(sorted(nodes)), severity.OF_KIND[kind], cause, party, started_ms)


def _alone(one: NodeView, policy: Policy) -> Decision:
    flapping = _out(one, True, policy)
    cause = "flapping" if flapping else one.cause
    started_ms = one.swings[0] if flapping else one.since_ms
    grave = severity.of_node(one.important, cause)
    return Decision("open", "node", one.node, (one.node,), grave, cause, "none", started_ms)


def _out(one: NodeView, flapping: bool, policy: Policy) -> bool:
    """Whether it is out in this way; who switched off on purpose is not to be explained by others."""
    if flapping:
        return len(one.swings) >= policy.flap_swings and (one.down or one.heard)
    return one.down and one.cause != "planned" and len(one.swings) < policy.flap_swings


def _onset(one: NodeView, flapping: bool) -> Onset:
    return (one.swings[0], one.swings[0]) if flapping else one.onset


def _joins(
    one: NodeView, parent: KnownIncident, view: View, parents: Mapping[str, KnownIncident], policy: Policy
) -> bool:
    """Whether this node is out because of a parent known to be down: it falls with it, not long before it, and the
    parent still is what most of its members say it is."""
    if not one.down or one.cause == "planned" or one.since_ms < parent.started_ms - policy.together_ms:
        return False
    back = sum(view.nodes[node].heard for node in parent.members if node in view.nodes)
    stands = back < (1 - policy.share) * len(parent.members)
    return stands and view.dependence.falls_with(one.node, parent.subject, parents.keys())


def _ready_ms(view: View, one: NodeView, freed_ms: int, policy: Policy) -> int:
    """From when on this node's trouble is told: never before its siblings' could have been noticed, nor before it had
    time to find back from an upstream's fall (`freed_ms`) or to a centre that did not listen."""
    ready = [max(one.since_ms + policy.hold_ms, one.noticed_ms + policy.together_ms)] if one.down else []
    if len(one.swings) >= policy.flap_swings:
        ready.append(one.swings[policy.flap_swings - 1] + policy.together_ms)
    asked_ms = view.listening_since_ms if one.asked_since_ms is None else one.asked_since_ms
    back_ms = (asked_ms or 0) + policy.after_blind_ms
    return max(min(ready, default=0), freed_ms + policy.hold_ms if freed_ms else 0, back_ms)
