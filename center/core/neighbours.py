"""What a node's neighbours say about it: on each upstream it hangs on, how many others are heard. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from center.core.dependence import Dependence
from center.core.incident_facts import OUT_OF_PLAY


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Of the `total` other nodes on `upstream`, `heard` are heard and `down` are not; the rest nobody can judge."""

    upstream: str
    kind: str
    heard: int
    down: int
    total: int


def of_node(node: str, states: Mapping[str, str], dependence: Dependence) -> tuple[Neighbours, ...]:
    """One line per upstream with neighbours, in the order of the links."""
    found = []
    for link in dependence.links(node):
        others = [states[one] for one in dependence.below(link.upstream) if one != node and one in states]
        others = [state for state in others if state not in OUT_OF_PLAY]
        if others:
            heard = sum(state in {"UP", "DEGRADED"} for state in others)
            down = sum(state in {"DOWN", "UNREACHABLE"} for state in others)
            found.append(Neighbours(link.upstream, link.kind, heard, down, len(others)))
    return tuple(found)
