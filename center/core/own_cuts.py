"""Short cuts of the centre's own line, found in what nodes of several providers tell alike. Pure.

                    the cut
    node 1, isp a  |#########|          begins and ends with the others: a witness for
    node 2, isp b   |########|          a witness for
    node 3, isp b  ....................  heard all through it, and tells of nothing: a witness against
    node 4, isp a |###########...        trouble of its own: no witness

A cut too short for the fleet to be missed opens no incident of blindness, and from every node it looks like a broken
ISP. But lines of different providers do not break and mend within the same seconds; what they have in common is the
centre's end. So:

1. outages told as beyond the gateway which begin alike and end alike are one cut, of at most MOST_MS;
2. it needs LEAST nodes on as many sites, against at most one witness in five, and no line of which nobody was cut off
   while at least two of its nodes were heard;
3. if no provider alone carries all of them it is the centre's (L7). If one does, nothing tells its cut from the
   centre's: when nearly everybody was cut off and nobody speaks against it, it is nobody's (U0), else the provider's.

Longer ones are missed at once (`center.core.blindness`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from center.core.beyond import CENTER, is_beyond_word
from center.core.causes import INCONCLUSIVE
from center.core.facts import ContactFact, LinkFact, OwnCut, Span, ToldOutage, When

ALIKE_MS = 10_000
"""One and the same moment as several nodes tell it: a metered one pings every five seconds, clocks are off a little."""
MOST_MS = 600_000
"""The longest cut looked for; blindness is noticed within two minutes, where most nodes report rarely within ten."""
SURE_MS = 20_000
"""Of a cut at least this long every node tells (an agent is sure after some 15 s); of a shorter one some notice."""
SETTLE_MS = 90_000
"""A node heard for so long after it, in the same session, has delivered what it has to tell of it."""
LATELY_MS = 900_000
"""Who was heard within this before was expected (as `center.core.blindness` has it)."""
LEAST = 3
LEAST_OF_ONE = 5
"""As many must be cut off where one provider carries them all."""
AGAINST_PART = 5
_EDGE_MS = 2_000
"""What was on its way when the line broke may still arrive."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What one node has to say. `outages`: told ones, of any cause; `contacts`: its sessions around that time. `lines`:
    what its site's network hangs on; `providers`: whose those are (a line of which nobody knows stands for itself)."""

    outages: tuple[ToldOutage, ...] = ()
    contacts: tuple[ContactFact, ...] = ()
    site: str = ""
    lines: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()


def witness(
    outages: Iterable[ToldOutage],
    contacts: Iterable[ContactFact],
    site: str = "",
    links: Iterable[LinkFact] = (),
    owners: Mapping[str, str] | None = None,
) -> Witness:
    """`links`: all of the node's site. `owners`: line -> its provider, where somebody has entered one."""
    lines = frozenset(link.upstream for link in links if link.kind == "line")
    providers = frozenset((owners or {}).get(line, line) for line in lines)
    return Witness(tuple(outages), tuple(contacts), site, lines, providers)


@dataclass(frozen=True, slots=True, order=True)
class _Word:
    """An outage told as beyond the gateway: sharp, short. `end` None: not told yet."""

    onset: When
    node: str
    end: When | None


@dataclass(frozen=True, slots=True)
class _Case:
    """A supposed cut. In its `core` all members were cut off, outside of the `whole` none. `is_over`: somebody told an
    end."""

    members: frozenset[str]
    core: Span
    whole: Span
    is_over: bool


def own_cuts(nodes: Mapping[str, Witness], now_ms: int) -> tuple[OwnCut, ...]:
    """Ascending; of one cut perhaps several that overlap, a word of each of its nodes is looked at alone. A function of
    the witnesses alone, in whatever order, and of each only of what is near."""
    words = sorted({word for node, one in nodes.items() for word in _words(node, one.outages)}, key=_order)
    found = {(case.whole, _verdict(case, nodes)) for case in dict.fromkeys(_cases(words, now_ms))}
    return tuple(sorted(OwnCut(whole.start_ms, whole.end_ms, code) for whole, code in found if code))


def _words(node: str, outages: Iterable[ToldOutage]) -> Iterable[_Word]:
    ended = {outage.id for outage in outages if outage.end is not None}
    for outage in outages:
        onset, end = outage.onset, outage.end
        if onset.hi_ms - onset.lo_ms > ALIKE_MS or not is_beyond_word(outage) or (end is None and outage.id in ended):
            continue
        if end is None or (end.hi_ms - end.lo_ms <= ALIKE_MS and 0 < end.lo_ms - onset.hi_ms <= MOST_MS):
            yield _Word(onset, node, end)


def _order(word: _Word) -> tuple[int, int, str, int, int]:
    end = (0, 0) if word.end is None else (word.end.lo_ms, word.end.hi_ms)
    return word.onset.lo_ms, word.onset.hi_ms, word.node, *end


def _cases(words: Sequence[_Word], now_ms: int) -> Iterable[_Case]:
    """Of each word, those that tell the same."""
    starts = [word.onset.lo_ms for word in words]
    for word in words:
        first = bisect_left(starts, word.onset.lo_ms - 2 * ALIKE_MS)
        last = bisect_right(starts, word.onset.hi_ms + ALIKE_MS)
        alike = [other for other in words[first:last] if _alike(word.onset, other.onset) and _same_end(word, other)]
        members = frozenset(other.node for other in alike)
        if len(members) < LEAST:
            continue
        start_ms, core_ms = min(one.onset.lo_ms for one in alike), max(one.onset.hi_ms for one in alike)
        ends = [one.end for one in alike if one.end is not None]
        if ends:
            core = Span(core_ms, min(end.lo_ms for end in ends))
            yield _Case(members, core, Span(start_ms, max(end.hi_ms for end in ends)), is_over=True)
        else:  # they were heard again, or nobody would know
            yield _Case(members, Span(core_ms, core_ms), Span(start_ms, min(now_ms, start_ms + MOST_MS)), is_over=False)


def _same_end(one: _Word, other: _Word) -> bool:
    return one.end is None or other.end is None or _alike(one.end, other.end)


def _alike(one: When, other: When) -> bool:
    return max(one.lo_ms, other.lo_ms) - min(one.hi_ms, other.hi_ms) <= ALIKE_MS


def _verdict(case: _Case, nodes: Mapping[str, Witness]) -> str:
    """Whose the cut is: CENTER, INCONCLUSIVE, or "" where it is as the nodes say."""
    sites = {nodes[node].site or node for node in case.members}
    if len(sites) < LEAST:
        return ""
    cut = frozenset[str]().union(*(nodes[node].lines for node in case.members))
    against = [node for node in sorted(nodes) if node not in case.members and _speaks_against(nodes[node], case, cut)]
    if AGAINST_PART * len(against) > len(case.members) or _is_line_heard(against, nodes, cut):
        return ""
    carriers = [nodes[node].providers for node in case.members if nodes[node].providers]
    if carriers and not frozenset.intersection(*carriers):
        return CENTER
    expected = sum(_is_expected(one, case.whole.start_ms) for one in nodes.values())
    nearly_all = len(case.members) >= LEAST_OF_ONE and 2 * len(case.members) > expected
    return INCONCLUSIVE if nearly_all and not against else ""


def _speaks_against(one: Witness, case: _Case, cut: frozenset[str]) -> bool:
    """Whether this node shows that the centre could be reached."""
    core = case.core
    if any(core.start_ms + _EDGE_MS < moment < core.end_ms - _EDGE_MS for moment in _heard(one)):
        return True
    if not case.is_over or any(_may_touch(outage, case.whole) for outage in one.outages):
        return False
    if core.end_ms - core.start_ms < SURE_MS and (not one.lines or one.lines & cut):
        return False
    return any(
        contact.born_ms <= case.whole.start_ms and contact.heard_ms >= case.whole.end_ms + SETTLE_MS
        for contact in one.contacts
    )


def _heard(one: Witness) -> Iterable[int]:
    for contact in one.contacts:
        yield contact.born_ms
        yield contact.heard_ms


def _may_touch(outage: ToldOutage, whole: Span) -> bool:
    ended_ms = whole.end_ms if outage.end is None else outage.end.hi_ms
    return outage.onset.lo_ms <= whole.end_ms and ended_ms >= whole.start_ms


def _is_line_heard(against: Sequence[str], nodes: Mapping[str, Witness], cut: frozenset[str]) -> bool:
    """Whether on a line of which nobody was cut off several nodes were heard all the time."""
    heard: dict[str, int] = {}
    for node in against:
        for line in nodes[node].lines - cut:
            heard[line] = heard.get(line, 0) + 1
    return any(count > 1 for count in heard.values())


def _is_expected(one: Witness, at_ms: int) -> bool:
    return any(contact.born_ms <= at_ms and contact.heard_ms >= at_ms - LATELY_MS for contact in one.contacts)
