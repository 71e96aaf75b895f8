"""What the centre's own blindness (`center.core.blindness`) means for the outages of nodes: nobody is blamed. Pure.

                       blind, as the incident has it
                     |------------------------------|
                 EDGE                                EDGE
    told L6a  |##|=========== L7, unknown ============|####|        only what lies outside stays the ISP's
    silence      ........ nothing is concluded ............ AFTER

1. Silence in it says as little as where nobody listened, and shortly after it nodes are still on their way back.
2. A node that looked for the centre beyond its gateway and found nothing (`is_beyond`) may have met the centre's own
   cut: within it that is L7, the centre's, and its seconds are unknown. What a node proves on the spot (its cable, its
   router, its power) stays.
3. An outage that also had other causes is cut where the blind stretch lies between them (`reworded`), so that no cause
   of the ISP's own is stretched over it.
4. An outage without a certain second that may lie in it or beside it is inconclusive, and nobody's.

A short cut that nodes told of (`center.core.own_cuts`) is the same without edges, for it is known to the second; an
outage that goes on on both sides of it stays whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from center.core.beyond import CENTER, is_beyond_code, is_beyond_step, is_pause
from center.core.candidates import TOLD, Candidate, Facts
from center.core.causes import CAUSES, INCONCLUSIVE
from center.core.dating import FAR_MS, exact
from center.core.facts import NodeFacts, Span, ToldOutage, ToldStep
from center.core.silences import RECONNECT_MS
from center.core.spans import intersect, overlap, subtract, union

EDGE_MS = 30_000
"""A blind stretch begins with the last that came in from the first node that fell silent, and ends when the worker
notices that half are back; clocks of nodes are off a little, and a metered one pings every five seconds. Half a minute
covers that, and takes no more than this from an outage beside it."""
AFTER_MS = RECONNECT_MS
"""After it an agent may wait for so long until it tries again."""


def heard_well(hearing: Iterable[Span], blind: Iterable[Span], window_ms: int) -> tuple[Span, ...]:
    """When the centre listened and would have heard: where silence means something. `window_ms`: the node's; behind any
    such stretch a silence is given AFTER_MS (`center.core.silences`), behind blindness so much more."""
    return subtract(hearing, [Span(one.start_ms, one.end_ms + min(window_ms, AFTER_MS)) for one in blind])


def widened(blind: Iterable[Span]) -> tuple[Span, ...]:
    """The stretches with their edges."""
    return union(Span(one.start_ms - EDGE_MS, one.end_ms + EDGE_MS) for one in blind if one.start_ms < one.end_ms)


def is_beyond(one: Candidate) -> bool:
    """Whether this is a node's word about what lies beyond its gateway, and not already the centre's matter."""
    return one.kind == TOLD and is_beyond_code(one.cause, one.party)


def reworded(facts: NodeFacts, blind: Sequence[Span]) -> NodeFacts:
    """The node's word, but what it found beyond its gateway within a blind stretch (`widened`) is the centre's, so long
    as that lasts."""
    if not blind:
        return facts
    return replace(facts, outages=tuple(_reworded(outage, blind) for outage in facts.outages))


def _reworded(outage: ToldOutage, blind: Sequence[Span]) -> ToldOutage:
    steps = sorted(outage.steps)
    spans = [_span_of(step, blind) for step in steps]
    inside = [span for step, span in zip(steps, spans, strict=True) if span is not None and not is_pause(step)]
    until = [*(step.since.lo_ms for step in steps[1:]), FAR_MS if outage.end is None else outage.end.lo_ms]
    if all(is_pause(step) or is_beyond_step(step) for step in steps) and not _is_mixed(steps, inside, until):
        return _as_it_began(outage, steps, inside)  # it is cut as a whole: `unblamed`
    said: list[ToldStep] = []
    for at, (step, span, until_ms) in enumerate(zip(steps, spans, until, strict=True)):
        if span is None or is_pause(step) or not is_beyond_step(step):
            said.append(step)
            continue
        said.append(replace(step, code=CENTER, party=""))
        if until_ms > span.end_ms:
            said.append(replace(_afterwards(steps[at:]), since=exact(span.end_ms)))
    return replace(outage, steps=tuple(said))


def _as_it_began(outage: ToldOutage, steps: Sequence[ToldStep], inside: Sequence[Span]) -> ToldOutage:
    """Where all was found in blind stretches, what lies before them is called what was found first: the surest finding
    may have come of the centre's cut."""
    first = next((step for step in steps if not is_pause(step)), None) if inside else None
    return outage if first is None else replace(outage, code=first.code, party=first.party)


def _is_mixed(steps: Sequence[ToldStep], inside: Sequence[Span], until: Sequence[int]) -> bool:
    """Whether a part of it was found in a blind stretch, and another was found, or went on, outside of all of them."""
    if not inside:
        return False
    return len(inside) < sum(not is_pause(step) for step in steps) or until[-1] > inside[-1].end_ms


def _span_of(step: ToldStep, blind: Sequence[Span]) -> Span | None:
    """The blind stretch a finding was made in."""
    return next((one for one in blind if one.start_ms <= step.since.lo_ms and step.since.hi_ms < one.end_ms), None)


def _afterwards(steps: Sequence[ToldStep]) -> ToldStep:
    """What held after the blind stretch in which the first of these was found: what the node found next, unless the
    line worked in between. What it found within may have been the centre's cut."""
    return steps[1] if len(steps) > 1 and not is_pause(steps[1]) else steps[0]


def unblamed(
    ones: Iterable[Candidate], blind: Sequence[Span], now_ms: int, code: str = CENTER, *, through: bool = True
) -> list[Candidate]:
    """The outages with what lies in blind stretches (`widened`) taken off everybody's account, and called `code`. In no
    order. `through`: also of those that certainly go on on both sides of one."""
    if not blind:
        return list(ones)
    return [part for one in ones for part in (_parts(one, blind, now_ms, code, through) if is_beyond(one) else (one,))]


def _parts(one: Candidate, blind: Sequence[Span], now_ms: int, code: str, through: bool) -> list[Candidate]:
    certain, possible = one.certain(now_ms), one.possible(now_ms)
    if certain.start_ms >= certain.end_ms:
        return [_vague(one, possible, blind, code)]
    if not through:
        if one.open_end and any(span.start_ms <= certain.start_ms < span.end_ms for span in blind):
            return [_instead(one, code)]  # its beginning was told, so it is over: when, its node has not said yet
        blind = [span for span in blind if span.start_ms <= certain.start_ms or span.end_ms >= certain.end_ms]
    inside = intersect((certain,), blind)
    if not inside:
        return [one]
    outside = [_piece(one, certain, span) for span in subtract((certain,), blind)]
    return [*(_instead(_piece(one, certain, span), code) for span in inside), *outside]


def _vague(one: Candidate, possible: Span, blind: Sequence[Span], code: str) -> Candidate:
    """One of which no second is certain."""
    near = [span for span in blind if overlap(span, Span(possible.start_ms, possible.end_ms + 1)) > 0]
    if not near:
        return one
    if any(span.start_ms <= possible.start_ms and possible.end_ms <= span.end_ms for span in near):
        return _instead(one, code)
    return _instead(one, INCONCLUSIVE)


def _piece(one: Candidate, certain: Span, piece: Span) -> Candidate:
    start = one.start if piece.start_ms == certain.start_ms else exact(piece.start_ms)
    end = one.end if piece.end_ms == certain.end_ms else exact(piece.end_ms)
    return one.moved(start, end)


def _instead(one: Candidate, code: str) -> Candidate:
    said: Facts = {"what": "blind", "code": one.cause, "party": one.party}
    return replace(
        one, cause=code, party=CAUSES[code].party, counts="unknown", told=False, evidence=(*one.evidence, said)
    )
