"""When silence says something about the centre and nothing about the nodes. Pure.

Blind is a centre that does not hear (no ingest worker listens), and one whose fleet fell silent at once: more than half
of the nodes it expected to hear, within two minutes of each other. Then nobody is judged. Unless one ISP line or one
kecamatan explains it: outside of it nearly everybody is heard, and outside are enough to say so. (A line on which all
nodes hang, the centre's own among them, cannot be told from a blind centre.)
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from center.core.explain import together
from center.core.incident_facts import OUT_OF_PLAY, NodeView, View


@dataclass(frozen=True, slots=True)
class BlindPolicy:
    """Durations in ms, shares as parts of one."""

    deaf_ms: int = 60_000
    """An ingest worker starts again within seconds, and in a small fleet half a minute lies between two reports."""
    settle_ms: int = 20_000
    """The centre's own short cut shall not be told as blindness; nodes are judged alone much later."""
    within_ms: int = 120_000
    recent_ms: int = 900_000
    """Who was not heard for this long before is not expected."""
    least: int = 5
    """Of fewer nodes than this "more than half" says nothing."""
    outside_share: float = 0.9
    outside_least: int = 3
    outside_part: float = 0.1


DEFAULT = BlindPolicy()


def blind_nodes(view: View, taken: Collection[str], policy: BlindPolicy, now_ms: int) -> frozenset[str]:
    """The nodes nothing can be said about because the centre is blind; empty when it is not. `taken`: nodes that
    an open incident explains already."""
    if view.listening_since_ms is None:
        deaf = now_ms - view.listened_ms >= policy.deaf_ms
        return _expected(view, view.listened_ms, policy) if deaf else frozenset()
    silent = {one.node: one.onset for one in view.nodes.values() if one.node not in taken and _silent(one)}
    fallen = together(silent, policy.within_ms)
    if not fallen:
        return frozenset()
    start_ms = min(silent[node][1] for node in fallen)
    expected = _expected(view, start_ms, policy) | fallen
    noticed_ms = min(view.nodes[node].noticed_ms for node in fallen)
    if len(expected) < policy.least or 2 * len(fallen) <= len(expected) or now_ms < noticed_ms + policy.settle_ms:
        return frozenset()
    return frozenset() if _one_line_explains(view, fallen, expected, policy) else fallen


def hears_again(view: View, members: Iterable[str]) -> bool:
    """Whether blindness is over: somebody listens, and at least half of these nodes were heard since."""
    since_ms = view.listening_since_ms
    if since_ms is None:
        return False
    nodes = [view.nodes[node] for node in members if node in view.nodes]
    asked = [one for one in nodes if one.state not in OUT_OF_PLAY]
    back = sum(one.heard and one.seen_ms is not None and one.seen_ms >= since_ms for one in asked)
    return 2 * back >= len(asked)


def _silent(one: NodeView) -> bool:
    return (one.down and one.cause != "planned") or (one.state == "UNKNOWN" and one.cause == "blind")


def _expected(view: View, at_ms: int, policy: BlindPolicy) -> frozenset[str]:
    return frozenset(
        one.node
        for one in view.nodes.values()
        if one.state not in OUT_OF_PLAY
        and one.seen_ms is not None
        and (one.heard or one.seen_ms >= at_ms - policy.recent_ms)
        and not (one.down and one.cause == "planned")
    )


def _one_line_explains(view: View, fallen: frozenset[str], expected: frozenset[str], policy: BlindPolicy) -> bool:
    for upstream in view.dependence.upstreams(fallen):
        if view.dependence.kinds[upstream] not in {"line", "area"}:
            continue
        outside = [view.nodes[node] for node in expected - view.dependence.below(upstream)]
        enough = len(outside) >= max(policy.outside_least, policy.outside_part * len(expected))
        if enough and sum(one.heard for one in outside) >= policy.outside_share * len(outside):
            return True
    return False
