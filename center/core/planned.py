"""When planned work leaves a site without a way: alone, or together with other work of the same time. Pure.

1. A line is down while there is work on it, or on anything above it.
2. Links of one kind that stand in for each other fall together: while all of them are down. One that is needed
   ("all") falls alone.
3. The site is cut while any of these groups has fallen.

It follows from spans alone, so the order in which works and links are told changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from center.core.facts import LinkFact, Span
from center.core.hanging import MAX_DEPTH
from center.core.spans import intersect, union


@dataclass(frozen=True, slots=True)
class Planned:
    """Work on one upstream, and when."""

    upstream: str
    span: Span


def cut(links: Iterable[LinkFact], above: Mapping[str, str], works: Iterable[Planned]) -> tuple[Span, ...]:
    """When the works leave a site with these links (its own ones) without a way; ascending and apart.

    `above`: upstream -> the one it hangs on.
    """
    known = tuple(works)
    return union(span for group in _groups(links) for span in _fallen(group, above, known))


def takes_part(links: Iterable[LinkFact], above: Mapping[str, str], works: Iterable[Planned], own: Planned) -> bool:
    """Whether the site is cut at some time in which `own`, one of the works, holds down a link of what has fallen."""
    known = tuple(works)
    return any(
        intersect(_fallen(group, above, known), [own.span])
        for group in _groups(links)
        if any(own.upstream in _way(code, above) for code in group)
    )


def _groups(links: Iterable[LinkFact]) -> list[tuple[str, ...]]:
    """The sets of upstreams each of which cuts the site when it is down as a whole."""
    own = set(links)
    spare: dict[str, list[str]] = {}
    for link in own:
        if link.needs != "all":
            spare.setdefault(link.kind, []).append(link.upstream)
    return [*((link.upstream,) for link in own if link.needs == "all"), *(tuple(group) for group in spare.values())]


def _fallen(group: Iterable[str], above: Mapping[str, str], works: tuple[Planned, ...]) -> tuple[Span, ...]:
    """While all of a group are down."""
    found: tuple[Span, ...] | None = None
    for code in group:
        way = _way(code, above)
        down = [one.span for one in works if one.upstream in way]
        found = union(down) if found is None else intersect(found, down)
    return found or ()


def _way(code: str, above: Mapping[str, str]) -> set[str]:
    """An upstream and all that is above it."""
    found = {code}
    while (code := above.get(code, "")) and code not in found and len(found) <= MAX_DEPTH:
        found.add(code)
    return found
