"""Which upstreams explain that these nodes are out: the fewest, the nearest, and none against what is heard. Pure.

1. Suppose every upstream of two nodes that are out to be broken. Each must then be borne out: of the nodes it would
   cut (given the others supposed), those out within `together_ms` of each other against those that are heard. Borne
   out is one where all are out, at least two, or a share of them, at least three. The least credible supposition is
   dropped and the rest is looked at again, until all that are left are borne out.
2. Of those the one is taken that explains most, less what speaks against it; of equals the nearest. Its nodes are
   explained; with the others it goes on from 1, until nothing is left that explains two nodes.

A node with two redundant lines is thereby cut only where both are found broken.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from center.core.dependence import Dependence
from center.core.incident_facts import Policy

Onset = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Asked:
    """`out`: node -> between when its trouble began."""

    out: Mapping[str, Onset]
    heard: frozenset[str]
    dependence: Dependence
    policy: Policy


def explain(
    out: Mapping[str, Onset],
    heard: Collection[str],
    dependence: Dependence,
    policy: Policy,
    given: Collection[str] = (),
) -> dict[str, frozenset[str]]:
    """Upstream -> the nodes it explains. `out`: node -> between when its trouble began. `given`: known to be down
    already, and so not named again; redundant links may count on it."""
    asked = _Asked(dict(out), frozenset(heard), dependence, policy)
    found: dict[str, frozenset[str]] = {}
    while len(asked.out) > 1:
        borne = _borne_out(asked, {*given, *found})
        if not borne:
            break
        best = min(borne, key=lambda one: (borne[one][1] - len(borne[one][0]), *dependence.rank(one)))
        found[best] = borne[best][0]
        rest = {node: onset for node, onset in asked.out.items() if node not in found[best]}
        asked = replace(asked, out=rest)
    return found


def _borne_out(asked: _Asked, given: set[str]) -> dict[str, tuple[frozenset[str], int]]:
    """Upstream -> (nodes out with it, how many heard ones speak against it)."""
    dependence = asked.dependence
    several = {one for one in dependence.upstreams(asked.out) if len(dependence.below(one) & asked.out.keys()) > 1}
    supposed = several - given
    while supposed:
        cases = {one: _case(asked, one, supposed | given) for one in supposed}
        doubtful = {
            one: len(nodes) / (len(nodes) + against or 1)
            for one, (nodes, against) in cases.items()
            if not _credible(len(nodes), against, asked.policy)
        }
        if not doubtful:
            return cases
        least = min(doubtful.values())
        supposed -= {one for one, share in doubtful.items() if share == least}
    return {}


def _case(asked: _Asked, upstream: str, broken: set[str]) -> tuple[frozenset[str], int]:
    dependence = asked.dependence
    below = [node for node in dependence.below(upstream) if dependence.falls_with(node, upstream, broken)]
    nodes = together({node: asked.out[node] for node in below if node in asked.out}, asked.policy.together_ms)
    return nodes, sum(1 for node in below if node in asked.heard)


def _credible(out: int, against: int, policy: Policy) -> bool:
    if out < 2:
        return False
    return not against or (out >= policy.share_least and out >= policy.share * (out + against))


def together(onsets: Mapping[str, Onset], within_ms: int) -> frozenset[str]:
    """The most nodes whose troubles may have begun within `within_ms` of each other; of equals the earliest."""
    if not onsets:
        return frozenset()
    firsts = sorted(lo for lo, _hi in onsets.values())
    lasts = sorted(hi for _lo, hi in onsets.values())
    # All that had begun by hi + within, less those that were over with beginning before hi.
    best = max(lasts, key=lambda hi: (bisect_right(firsts, hi + within_ms) - bisect_left(lasts, hi), -hi))
    return frozenset(node for node, (lo, hi) in onsets.items() if hi >= best and lo <= best + within_ms)
