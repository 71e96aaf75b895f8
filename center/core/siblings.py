"""What nodes that hang on the same upstream say about each other's outages. Pure; reads only what each node's own
evidence gave, so one pass is enough.

* Power: a box that restarted without a word is a power cut of PLN (N0) when two more sites on its feeder lost power
  at once with it, as far as anybody knows: within a minute, and certainly not AT_ONCE_MS apart. A plug pulled half a
  minute before is somebody's at the box. Of redundant feeders every one must have failed so, or one that is needed.
* An outage the ISP is blamed for has a line as its parent when another site on that line lost it within a minute, too.
* A silence has the one upstream as its parent on which another site fell silent within a minute and on which nobody
  was left; if several are possible, none. Its cause stays "silent": what broke, nobody has said.

Nodes of one site are one witness, because they may share a plug. A node that hangs on a redundant pair is a witness of
neither: which of the two it was, only those can say that have no other.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from center.core.candidates import Candidate, Facts
from center.core.causes import CAUSES, POWER, SILENT
from center.core.facts import LinkFact, When

TOGETHER_MS = 60_000
AT_ONCE_MS = 10_000
"""Boxes on one feeder stop together but for what their power supplies hold on."""
POWER_SITES = 2
"""Others that must have lost power with a node before PLN is blamed."""
_FAR_MS = 1 << 62

Found = Mapping[str, Sequence[Candidate]]


@dataclass(frozen=True, slots=True)
class _Onset:
    """When a node's outage began, and what it was."""

    start: When
    node: str
    site: str
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class _Troubles:
    """When a node may have been in trouble: starts of its outages, and the latest end of all up to each."""

    starts: Sequence[int]
    peaks: Sequence[int]

    @classmethod
    def of(cls, ones: Sequence[Candidate]) -> "_Troubles":
        spans = sorted(one.possible(_FAR_MS) for one in ones)
        return cls([span.start_ms for span in spans], list(accumulate((span.end_ms for span in spans), max)))

    def holds(self, at_ms: int) -> bool:
        at = bisect_right(self.starts, at_ms)
        return at > 0 and self.peaks[at - 1] > at_ms


def witnessed(
    found: Found, links: Mapping[str, Sequence[LinkFact]], sites: Mapping[str, str]
) -> dict[str, tuple[Candidate, ...]]:
    """The same outages with what siblings prove: cause N0, and parents."""
    members = _members(found, links)
    onsets = {
        upstream: sorted(
            (
                _Onset(one.start, node, sites.get(node, node), one)
                for node in nodes
                for one in found[node]
                if _is_sharp(one.start)
            ),
            key=lambda onset: (onset.start, onset.node),
        )
        for upstream, nodes in members.items()
    }
    troubles = {node: _Troubles.of(ones) for node, ones in found.items()}
    judge = _Judge(links, sites, members, onsets, troubles)
    return {node: tuple(judge.judged(node, one) for one in ones) for node, ones in found.items()}


@dataclass(frozen=True, slots=True)
class _Judge:
    links: Mapping[str, Sequence[LinkFact]]
    sites: Mapping[str, str]
    members: Mapping[str, Sequence[str]]
    onsets: Mapping[str, Sequence[_Onset]]
    troubles: Mapping[str, "_Troubles"]

    def judged(self, node: str, one: Candidate) -> Candidate:
        mine = self.links.get(node, ())
        if not mine or not _is_sharp(one.start):
            return one
        if one.powerless or one.cause == POWER:
            return self._powered(node, one)
        if one.party == "isp":
            parent = _cut([link for link in mine if link.kind == "line"], lambda up: self._along(node, one, up, _isp))
            return replace(one, parent=parent)
        if one.cause == SILENT and one.counts == "down":
            whole = [upstream for upstream in _soles(mine) if self._explains(node, one, upstream)]
            return replace(one, parent=whole[0]) if len(whole) == 1 else one
        return one

    def _powered(self, node: str, one: Candidate) -> Candidate:
        feeders = [link for link in self.links[node] if link.kind == "feeder"]
        feeder = _cut(feeders, lambda up: len(self._powerless(node, one, up)) >= POWER_SITES)
        if not feeder:
            return one
        others = sorted(self._powerless(node, one, feeder))
        witness: Facts = {"what": "siblings", "upstream": feeder, "count": len(others), "sites": " ".join(others[:10])}
        return replace(
            one, cause=POWER, party=CAUSES[POWER].party, told=True, parent=feeder, evidence=(*one.evidence, witness)
        )

    def _along(self, node: str, one: Candidate, upstream: str, alike: Callable[[Candidate], bool]) -> bool:
        return bool(self._others(node, one, upstream, alike))

    def _explains(self, node: str, one: Candidate, upstream: str) -> bool:
        if not self._along(node, one, upstream, _lost):
            return False
        return all(self.troubles[peer].holds(one.start.hi_ms) for peer in self.members[upstream])

    def _powerless(self, node: str, one: Candidate, feeder: str) -> set[str]:
        return self._others(
            node, one, feeder, lambda other: _power(other) and _apart_ms(other.start, one.start) <= AT_ONCE_MS
        )

    def _others(self, node: str, one: Candidate, upstream: str, alike: Callable[[Candidate], bool]) -> set[str]:
        """Sites other than the node's where something alike began together with this."""
        here = self.sites.get(node, node)
        return {
            onset.site
            for onset in _together(self.onsets.get(upstream, ()), one.start)
            if onset.site != here and alike(onset.candidate)
        }


def _members(found: Found, links: Mapping[str, Sequence[LinkFact]]) -> dict[str, list[str]]:
    """Per upstream the nodes that bear witness about it."""
    members: dict[str, list[str]] = {}
    for node in sorted(found):
        for upstream in _soles(links.get(node, ())):
            members.setdefault(upstream, []).append(node)
    return members


def _soles(links: Sequence[LinkFact]) -> list[str]:
    """The upstreams this node cannot lose: needed ones, and those that are the only of their kind."""
    kinds = [link.kind for link in links]
    return sorted({link.upstream for link in links if link.needs == "all" or kinds.count(link.kind) == 1})


def _cut(links: Sequence[LinkFact], is_out: Callable[[str], bool]) -> str:
    """The upstream that took the node with it: one that is needed, or all of those of which any would do; or ""."""
    needed = sorted({link.upstream for link in links if link.needs == "all"})
    for upstream in needed:
        if is_out(upstream):
            return upstream
    spare = sorted({link.upstream for link in links if link.needs != "all"})
    return spare[0] if spare and all(is_out(upstream) for upstream in spare) else ""


def _is_sharp(start: When) -> bool:
    return start.hi_ms - start.lo_ms <= TOGETHER_MS


def _together(onsets: Sequence[_Onset], start: When) -> Iterable[_Onset]:
    at = bisect_left(onsets, start.lo_ms - TOGETHER_MS, key=lambda onset: onset.start.lo_ms)
    while at < len(onsets) and onsets[at].start.lo_ms <= start.lo_ms + TOGETHER_MS:
        if abs(onsets[at].start.hi_ms - start.hi_ms) <= TOGETHER_MS:
            yield onsets[at]
        at += 1


def _apart_ms(one: When, other: When) -> int:
    """How far apart they certainly were; 0 when they may have been one moment."""
    return max(0, max(one.lo_ms, other.lo_ms) - min(one.hi_ms, other.hi_ms))


def _power(one: Candidate) -> bool:
    return one.powerless or one.cause == POWER


def _isp(one: Candidate) -> bool:
    return one.party == "isp"


def _lost(one: Candidate) -> bool:
    return one.cause == SILENT or one.party == "isp"
