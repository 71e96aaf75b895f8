"""What the nodes hang on, as the registry says now."""

from center.core.dependence import Dependence
from center.sites.upstreams import links_of_nodes


def dependence() -> Dependence:
    """All nodes' links, and what is above them where every way leads through it."""
    return Dependence(links_of_nodes(above=True))
