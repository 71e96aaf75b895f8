"""What ties nodes together and what was promised for them, as the arithmetic takes it: links, sites, contract hours."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings

from center.core.facts import LinkFact
from center.core.hours import ALWAYS, HoursError, parse
from center.core.hours import Hours as Weekly
from center.core.sweep import Hours
from center.core.terms import TermHours, Terms
from center.ingest.database import select
from center.sites.terms import terms_of_nodes
from center.sites.upstreams import links_of_nodes, providers_of_nodes

_HOURS = "SELECT code, contract_hours, holidays_count FROM sites_provider"


@dataclass(frozen=True, slots=True)
class Ties:
    """Of all nodes of the registry. `hours`: the contract hours of those whose provider has any, or no holidays."""

    links: Mapping[str, tuple[LinkFact, ...]]
    sites: Mapping[str, str]
    hours: Mapping[str, Hours]
    holidays: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Days (20261225) without contract hours, of the nodes whose provider does not count them."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """Upstream -> its provider, where one is entered."""
    terms: Mapping[str, Terms] = field(default_factory=dict)
    """Of the nodes whose line has changed (`center.core.terms`); their `hours` know each term's own."""

    def siblings(self, node: str) -> set[str]:
        """The nodes that share something with this one."""
        own = {link.upstream for link in self.links.get(node, ())}
        return {other for other, links in self.links.items() if other != node and own & {one.upstream for one in links}}


def ties() -> Ties:
    """Read it all: a few hundred short rows."""
    hours: dict[str, Hours] = {}
    resting: dict[str, frozenset[int]] = {}
    holidays = frozenset(int(day.replace("-", "")) for day in settings.CENTER.reports.holidays)
    for node, provider in providers_of_nodes().items():
        if holidays and not provider.holidays_count:
            resting[node] = holidays
        if provider.contract_hours or node in resting:
            hours[node] = _read(provider.contract_hours)
    terms = terms_of_nodes()
    promised = {code: (_read(text), holidays if not counts else frozenset()) for code, text, counts in select(_HOURS)}
    for node, known in terms.items():
        resting.pop(node, None)
        none: tuple[Weekly, frozenset[int]] = (ALWAYS, frozenset())
        hours[node] = TermHours(tuple((one.from_ms, *promised.get(one.line.provider, none)) for one in known))
    sites = dict(select("SELECT id, site_id FROM sites_node"))
    owners = dict(select("SELECT code, provider_id FROM sites_upstream WHERE provider_id IS NOT NULL"))
    return Ties(links_of_nodes(), sites, hours, resting, owners, terms)


def _read(text: str) -> Weekly:
    """What was entered before it was checked, and cannot be read, is always: that promises more, not less."""
    try:
        return parse(text)
    except HoursError:
        return ALWAYS
