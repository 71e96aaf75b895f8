"""Concludes the outages of nodes from all that is known of them. Pure: the same facts in any order, the same answer.

1. Three kinds of evidence each tell of stretches: the node's journal (`tolds`), its runs (`restarts`), its silence at
   the centre (`silences`).
2. They are laid over each other (`layers`): every stretch goes to what explains it best.
3. What may have been the centre's own blindness is taken off everybody's account (`blind_stretches`), and so are its
   short cuts (`own_cuts`).
4. Nodes that share a feeder or a line bear witness for each other (`siblings`): the second pass, which reads only
   what the first has found and so comes to an end.

What is not proven stays "restart" or "silent"; which rule proves which cause is written in `restarts` and `causes`.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from center.core.beyond import CENTER
from center.core.blind_stretches import heard_well, reworded, unblamed, widened
from center.core.candidates import RESTARTED, TOLD, Candidate
from center.core.causes import INCONCLUSIVE
from center.core.dating import FAR_MS, exact, within
from center.core.facts import Concluded, FleetFacts, NodeFacts, OwnCut, Span
from center.core.layers import layered
from center.core.lives import lives_of
from center.core.restarts import restarts
from center.core.siblings import witnessed
from center.core.silences import silences
from center.core.spans import intersect, subtract, total_ms, union
from center.core.tolds import tolds

BROKER_GONE = ("B1", "B3")
HEARD_MS = 60_000
"""From the broker's return to the end of the outages it caused: a look at it each minute."""
_RANK = {TOLD: 0, RESTARTED: 1}


def conclude(fleet: FleetFacts) -> dict[str, tuple[Concluded, ...]]:
    """Of each node its outages, ascending. What is certain of them lies apart."""
    found = {
        node: candidates(facts, fleet.hearing, fleet.now_ms, fleet.blind, fleet.cuts)
        for node, facts in sorted(fleet.nodes.items())
    }
    return {
        node: tuple(one.concluded(node) for one in ones)
        for node, ones in witnessed(found, fleet.links, fleet.sites).items()
    }


def candidates(
    facts: NodeFacts, hearing: tuple[Span, ...], now_ms: int, blind: tuple[Span, ...] = (), cuts: Sequence[OwnCut] = ()
) -> tuple[Candidate, ...]:
    """The outages of one node by its own evidence alone, and by when the centre was blind or cut off."""
    unseen = widened(blind)
    short = {CENTER: subtract(_spans(cuts, CENTER), unseen)}
    short[INCONCLUSIVE] = subtract(_spans(cuts, INCONCLUSIVE), [*unseen, *short[CENTER]])
    facts = reworded(facts, union([*unseen, *short[CENTER]]))
    lives = lives_of(facts)
    ended = restarts(lives, facts.lost)
    told = [_doubted(one, hearing, now_ms) for one in tolds(facts, lives, ended)]
    explaining = [*told, *ended.values()]
    # A short cut is passed over in the middle of a silence, as a short absence of the listener is.
    heard = heard_well(
        subtract(hearing, union(span for spans in short.values() for span in spans)), blind, facts.window_ms
    )
    laid = layered(facts, lives, explaining, silences(facts, heard, now_ms), now_ms)
    laid = unblamed(laid, unseen, now_ms)
    for code, spans in short.items():
        laid = unblamed(laid, spans, now_ms, code, through=False)
    until_ms = now_ms if facts.retired_ms is None else min(now_ms, facts.retired_ms)
    return _apart([kept for one in laid if (kept := _clipped(one, facts, until_ms)) is not None], until_ms)


def _spans(cuts: Sequence[OwnCut], code: str) -> list[Span]:
    return [Span(one.start_ms, one.end_ms) for one in cuts if one.code == code]


def _doubted(one: Candidate, hearing: tuple[Span, ...], now_ms: int) -> Candidate:
    """A broker that was down or hung for one node while the centre heard through it: the line may be as much to blame
    (something on the way that answers in the broker's name), so nobody knows how it was."""
    if one.counts != "up" or one.cause not in BROKER_GONE:
        return one
    heard_ms = total_ms(intersect((one.certain(now_ms),), hearing))
    if heard_ms <= HEARD_MS:
        return one
    return replace(one, counts="unknown", evidence=(*one.evidence, {"what": "center_heard", "for_ms": heard_ms}))


def _clipped(one: Candidate, facts: NodeFacts, until_ms: int) -> Candidate | None:
    """What of it lies between the node's first day and its last, and not after now."""
    possible = one.possible(until_ms)
    if possible.end_ms <= facts.known_since_ms or possible.start_ms >= until_ms or until_ms <= facts.known_since_ms:
        return None
    start = within(one.start, facts.known_since_ms, until_ms)
    if one.end is None:
        return one.moved(start, exact(until_ms) if until_ms == facts.retired_ms else None)
    return one.moved(start, within(one.end, start.lo_ms, until_ms))


def _apart(ones: list[Candidate], until_ms: int) -> tuple[Candidate, ...]:
    """No second is certain in two of them: told goes before restart, restart before silence."""
    spans = sorted(span for one in ones if (span := one.certain(until_ms)).start_ms < span.end_ms)
    if all(before.end_ms <= after.start_ms for before, after in pairwise(spans)):
        return tuple(sorted(ones, key=_order))
    taken: list[Span] = []
    kept: list[Candidate] = []
    for one in sorted(ones, key=lambda one: (_RANK.get(one.kind, 2), _order(one))):
        certain = one.certain(until_ms)
        left = subtract((certain,), taken)
        if certain.end_ms <= certain.start_ms or left == (certain,):
            kept.append(one)
        else:
            kept += [_cut(one, certain, piece) for piece in left]
        taken += left
    return tuple(sorted(kept, key=_order))


def _cut(one: Candidate, certain: Span, piece: Span) -> Candidate:
    start = one.start if piece.start_ms == certain.start_ms else exact(piece.start_ms)
    end = one.end if piece.end_ms == certain.end_ms else exact(piece.end_ms)
    return one.moved(start, end)


def _order(one: Candidate) -> tuple[int, int, int, int, int, str]:
    end = (FAR_MS, FAR_MS) if one.end is None else (one.end.lo_ms, one.end.hi_ms)
    return one.start.lo_ms, one.start.hi_ms, *end, _RANK.get(one.kind, 2), one.cause
