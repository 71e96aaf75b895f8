"""Seconds of days by the provider whose line the node hung on then: what pages and the interface add up for each."""

from collections.abc import Iterable, Iterator

from center.availability.reading import day_parts
from center.core.facts import Seconds
from center.core.stakes import by_node, owners
from center.sites.terms import terms_of_nodes
from center.sites.upstreams import providers_of_nodes


def seconds_of_providers(rows: Iterable[Seconds]) -> Iterator[tuple[str, Seconds]]:
    """(provider's code, seconds) of each of these node-days; a day in which the line changed gives each its part. ""
    where there was no line of a named provider, or the parts of the day are still to be worked out."""
    found, known = list(rows), terms_of_nodes()
    today = {node: line.code for node, line in providers_of_nodes().items()}
    changed = {row.node for row in found} & known.keys()
    days = [row.day for row in found if row.node in changed]
    parts = by_node(day_parts(changed, min(days), max(days))) if days else {}
    for row in found:
        if row.node in changed:
            yield from owners(known[row.node], row, parts.get(row.node, ()))
        else:
            yield today.get(row.node, ""), row
