"""Which nodes an upstream takes along when it falls: redundant links count any or all, each upstream once. Pure."""

from collections.abc import Collection, Iterable, Mapping

from center.core.facts import LinkFact

KIND_ORDER = ("line", "feeder", "area", "core")
"""Nearest first: of two upstreams that explain the same, the nearer one is named."""


class Dependence:
    """The links of all nodes, those above included (needs "all" where every way leads through them)."""

    def __init__(self, links: Mapping[str, Iterable[LinkFact]]) -> None:
        self._links = {node: tuple(sorted(set(own))) for node, own in links.items()}
        self.kinds: dict[str, str] = {}
        below: dict[str, set[str]] = {}
        for node, own in self._links.items():
            for link in own:
                self.kinds[link.upstream] = link.kind
                below.setdefault(link.upstream, set()).add(node)
        self._below = {upstream: frozenset(nodes) for upstream, nodes in below.items()}

    def upstreams(self, nodes: Iterable[str]) -> set[str]:
        """Whatever any of these nodes hangs on."""
        return {link.upstream for node in nodes for link in self._links.get(node, ())}

    def links(self, node: str) -> tuple[LinkFact, ...]:
        """What one node hangs on."""
        return self._links.get(node, ())

    def below(self, upstream: str) -> frozenset[str]:
        """The nodes that hang on it, redundant ones too."""
        return self._below.get(upstream, frozenset())

    def falls_with(self, node: str, upstream: str, broken: Collection[str] = ()) -> bool:
        """Whether the fall of `upstream` cuts the node off, given that those in `broken` are down as well."""
        own = self._links.get(node, ())
        link = next((link for link in own if link.upstream == upstream), None)
        if link is None:
            return False
        if link.needs == "all":
            return True
        return all(
            other.upstream == upstream or other.upstream in broken
            for other in own
            if other.kind == link.kind and other.needs != "all"
        )

    def rank(self, upstream: str) -> tuple[int, int, str]:
        """The smaller, the nearer to the nodes."""
        kind = self.kinds.get(upstream, "core")
        place = KIND_ORDER.index(kind) if kind in KIND_ORDER else len(KIND_ORDER)
        return len(self.below(upstream)), place, upstream
