"""What a site hangs on, links and all that is above them, as the facts the arithmetic takes. Pure."""

from collections.abc import Iterable, Mapping

from center.core.facts import LinkFact

MAX_DEPTH = 16
"""A tree of a city has four floors; this many end a circle that was written past the registry."""


def links_with_above(links: Iterable[LinkFact], above: Mapping[str, LinkFact]) -> tuple[LinkFact, ...]:
    """A site's own links, and what is above them where its fall alone cuts the site.

    `above`: upstream -> the one it hangs on. An upstream above is added with `needs` "all" when every link of one kind
    stands on it, or a link that is needed ("all") does. One that redundant links reach only partly is left out: with
    it down the site still lives. Sorted, each upstream once.
    """
    own = sorted(set(links))
    facts = {link.upstream: link for link in own}
    for kind in sorted({link.kind for link in own}):
        chains = {link: _chain(link.upstream, above) for link in own if link.kind == kind}
        needed = [chain for link, chain in chains.items() if link.needs == "all"]
        spare = [chain for link, chain in chains.items() if link.needs != "all"]
        shared = set.intersection(*(set(chain) for chain in spare)) if spare else set()
        for fact in sorted(shared.union(*needed)):
            facts[fact.upstream] = LinkFact(fact.upstream, fact.kind, "all")
    return tuple(sorted(facts.values()))


def is_cut(links: Iterable[LinkFact], broken: Iterable[str]) -> bool:
    """Whether a site with these links is cut off when the upstreams in `broken` are: of one kind, a link that is
    needed is among them, or all of those that stand in for each other are."""
    down = set(broken)
    spare: dict[str, bool] = {}
    for link in links:
        if link.needs == "all":
            if link.upstream in down:
                return True
        else:
            spare[link.kind] = spare.get(link.kind, True) and link.upstream in down
    return any(spare.values())


def circle(code: str, above: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    """The way back to `code` if it were hung on `above`; () when there is none, so that it may be."""
    way = [code, above]
    while way[-1] != code and len(way) <= len(parents) + 2:
        following = parents.get(way[-1], "")
        if not following:
            return ()
        way.append(following)
    return tuple(way)


def _chain(code: str, above: Mapping[str, LinkFact]) -> tuple[LinkFact, ...]:
    """All that is above one upstream, nearest first."""
    found: list[LinkFact] = []
    while (fact := above.get(code)) is not None and len(found) < MAX_DEPTH and fact not in found:
        found.append(fact)
        code = fact.upstream
    return tuple(found)
