"""From the states of all nodes to incidents: what is opened, joined, left and resolved now. Pure, and idempotent.

Looked at again each second; whatever it needs of the past is in the view and in the incidents themselves, so it may be
restarted at any time. In this order:

1. Blindness stands above all: while the centre is blind nothing is opened about any node.
2. Open incidents are settled: a node heard steadily leaves, an incident whose nodes are gone or back is resolved.
   Creation is suppressed, resolution never is.
3. Nodes that went down below an upstream that is known to be down join it.
4. What is left is explained (`center.core.explain`): by an upstream for several, else each node alone. It is told as
   soon as the first of its nodes has been out for long enough, and the others by then belong to it.
"""

from collections.abc import Iterable
from dataclasses import replace

from center.core import blindness, settling
from center.core.incident_facts import CONDITIONS, DEFAULT, Decision, KnownIncident, Policy, View
from center.core.troubles import opening, troubles

MOST_ROUNDS = 8
"""Decisions that follow from decisions come to rest after two; this many end what never would."""
Open = dict[tuple[str, str], KnownIncident]


def step(
    view: View,
    incidents: Iterable[KnownIncident],
    now_ms: int,
    policy: Policy = DEFAULT,
    blind_policy: blindness.BlindPolicy = blindness.DEFAULT,
) -> tuple[Decision, ...]:
    """What to do now, in order. `incidents`: all that are open, and those resolved within `policy.reopen_ms`.

    Whatever follows from the decisions themselves (another node hangs on what was just found broken) is among them.
    """
    known = tuple(incidents)
    view = unshaken(view, known, policy, now_ms)
    decided: list[Decision] = []
    for _ in range(MOST_ROUNDS):
        found = _once(view, known, now_ms, policy, blind_policy)
        if not found:
            break
        known = carried_out(known, found, now_ms)
        for one in found:
            _add(decided, one)
    return tuple(decided)


def unshaken(view: View, known: Iterable[KnownIncident], policy: Policy, now_ms: int) -> View:
    """Coming and going around a blindness was the centre's own: it makes no node flap."""
    until_ms: dict[str, int] = {}
    for one in known:
        if one.kind == "blind":
            over_ms = now_ms if one.resolved_ms is None else one.resolved_ms + policy.after_blind_ms
            until_ms |= {node: max(over_ms, until_ms.get(node, 0)) for node in one.members}
    if not until_ms:
        return view
    calmed = {
        node: replace(one, swings=tuple(at for at in one.swings if at > until_ms[node]))
        for node, one in view.nodes.items()
        if one.swings and node in until_ms
    }
    return replace(view, nodes={**view.nodes, **calmed})


def carried_out(
    incidents: Iterable[KnownIncident], decisions: Iterable[Decision], now_ms: int
) -> tuple[KnownIncident, ...]:
    """The incidents as they are once these decisions are carried out."""
    known = {(*one.key, one.opened_ms): one for one in incidents}
    for one in decisions:
        before = max((key for key in known if key[:2] == (one.kind, one.subject)), default=None)
        if one.what == "open" or before is None:
            members = dict.fromkeys(one.nodes)
            fresh = KnownIncident(one.kind, one.subject, one.severity, one.cause, one.started_ms, now_ms, members)
            known[one.kind, one.subject, now_ms] = fresh
            continue
        left_ms = now_ms if one.what == "leave" else None
        known[before] = replace(
            known[before],
            severity=one.severity if one.what == "raise" else known[before].severity,
            members={**known[before].members, **dict.fromkeys(one.nodes, left_ms)},
            resolved_ms=now_ms if one.what == "resolve" else None,
        )
    return tuple(known.values())


def _add(decided: list[Decision], one: Decision) -> None:
    """Who joins what is only now opened belongs to it from the start."""
    for at, before in enumerate(decided):
        same = before.what in {"open", "reopen"} and (before.kind, before.subject) == (one.kind, one.subject)
        if one.what == "join" and same:
            decided[at] = replace(before, nodes=tuple(sorted({*before.nodes, *one.nodes})))
            return
    decided.append(one)


def _once(
    view: View,
    known: Iterable[KnownIncident],
    now_ms: int,
    policy: Policy,
    blind_policy: blindness.BlindPolicy,
) -> tuple[Decision, ...]:
    known = sorted(known, key=lambda one: (one.key, one.opened_ms))
    latest = {one.key: one for one in known if one.resolved_ms is not None}
    still = {one.key: one for one in known if one.resolved_ms is None}
    settled = settling.settle(view, still, policy, now_ms)
    for decision in settled:
        if decision.what == "resolve":
            key = decision.kind, decision.subject
            latest[key] = replace(still.pop(key), resolved_ms=now_ms)
    taken = {node for one in still.values() if one.kind in {"node", "parent"} for node in one.present}
    blind = _blindness(view, still, taken, blind_policy, now_ms)
    found = _conditions(view, still, policy, now_ms)
    if not blind and ("blind", "") not in still:
        found += troubles(view, still.values(), latest.values(), policy, now_ms)
    return (*settled, *(_again(one, latest, policy, now_ms) for one in (*blind, *found)))


def _blindness(view: View, still: Open, taken: set[str], policy: blindness.BlindPolicy, now_ms: int) -> list[Decision]:
    open_one = still.get(("blind", ""))
    nodes = blindness.blind_nodes(view, taken, policy, now_ms)
    if open_one is not None:
        more = tuple(sorted(nodes - open_one.members.keys()))
        return [Decision("join", "blind", "", more)] if more else []
    if not nodes:
        return []
    onsets = [view.nodes[node].onset[0] for node in nodes]
    started_ms = view.listened_ms if view.listening_since_ms is None else min(onsets)
    return [opening("blind", "", nodes, "blind", started_ms=started_ms)]


def _conditions(view: View, still: Open, policy: Policy, now_ms: int) -> list[Decision]:
    """Incidents that are there as long as something is found of a node."""
    hold_ms = {"degraded": policy.degraded_ms}
    return [
        opening(kind, node, [node], kind, started_ms=since_ms)
        for (kind, node), since_ms in sorted(view.conditions.items())
        if kind in CONDITIONS and (kind, node) not in still and now_ms >= since_ms + hold_ms.get(kind, 0)
    ]


def _again(decision: Decision, latest: Open, policy: Policy, now_ms: int) -> Decision:
    """What was resolved a moment ago is the same incident still."""
    before = latest.get((decision.kind, decision.subject))
    lately = before is not None and before.resolved_ms is not None and now_ms - before.resolved_ms < policy.reopen_ms
    return replace(decision, what="reopen") if decision.what == "open" and lately else decision
