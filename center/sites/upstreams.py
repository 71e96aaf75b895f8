"""What each node hangs on, and whose line it is: the registry as the arithmetic and the incidents read it."""

from dataclasses import dataclass

from center.core.facts import LinkFact
from center.core.hanging import links_with_above
from center.ingest.database import select

_LINKS = """
SELECT n.id, u.code, u.kind, l.needs FROM sites_link l
JOIN sites_upstream u ON u.code = l.upstream_id JOIN sites_node n ON n.site_id = l.site_id
"""
_OWN_LINKS = _LINKS + " WHERE n.id = %s ORDER BY u.code"
_ABOVE = """
SELECT u.code, a.code, a.kind FROM sites_upstream u JOIN sites_upstream a ON a.code = u.above_id
"""
# The primary line decides; of several primary ones (or of none) the first by its code, so that the answer is one.
_PROVIDERS = """
SELECT n.id, p.code, p.name, p.contract_hours, p.promised_pct, p.credits, p.holidays_count, u.code, l.circuit
FROM sites_link l
JOIN sites_upstream u ON u.code = l.upstream_id AND u.kind = 'line' JOIN sites_node n ON n.site_id = l.site_id
JOIN sites_provider p ON p.code = u.provider_id
ORDER BY n.id, CASE WHEN l."primary" THEN 0 ELSE 1 END, u.code
"""


@dataclass(frozen=True, slots=True)
class LineProvider:
    """The provider of a node's primary line, and what it promised. `contract_hours` as text for `center.core.hours`
    ("": always), `credits` as JSON for the SLA sheet; `circuit` is what to tell the provider."""

    code: str
    name: str
    contract_hours: str
    promised_pct: float
    credits: str
    holidays_count: bool
    upstream: str
    circuit: str


def links_of_nodes(*, above: bool = False) -> dict[str, tuple[LinkFact, ...]]:
    """Node -> its own links, sorted; retired nodes too, a node of a site without links is absent.

    `above`: also what those hang on, as far as its fall alone cuts the site (`center.core.hanging`). For who looks
    for the nearest common upstream that explains all; whoever blames any upstream it finds company on (the outages'
    second pass) asks without, or it would blame the ring for a fault of one of its exchanges.
    """
    own: dict[str, list[LinkFact]] = {}
    for node, upstream, kind, needs in select(_LINKS):
        own.setdefault(node, []).append(LinkFact(upstream, kind, needs))
    higher = {code: LinkFact(parent, kind, "all") for code, parent, kind in select(_ABOVE)} if above else {}
    return {node: links_with_above(links, higher) for node, links in own.items()}


def own_links(node: str) -> tuple[LinkFact, ...]:
    """One node's own links, sorted; () without any."""
    return tuple(LinkFact(upstream, kind, needs) for _node, upstream, kind, needs in select(_OWN_LINKS, (node,)))


def above_of() -> dict[str, str]:
    """Upstream -> the one it hangs on itself."""
    return {code: parent for code, parent, _kind in select(_ABOVE)}


def providers_of_nodes() -> dict[str, LineProvider]:
    """Node -> the provider of its primary line; a node without a line, or with one whose provider nobody named, is
    absent."""
    found: dict[str, LineProvider] = {}
    for node, code, name, hours, promised, credits, holidays, upstream, circuit in select(_PROVIDERS):
        if node not in found:
            found[node] = LineProvider(code, name, hours, promised, credits, bool(holidays), upstream, circuit)
    return found


def provider_of(node: str) -> LineProvider | None:
    """The same for one node; None where there is none. For many nodes ask `providers_of_nodes` once."""
    return providers_of_nodes().get(node)
