"""Lays what a node told, its restarts and its silences over each other: who explains which stretch. Pure.

    silence        |==========================================|
    told L5b       |-----------|                                    its own bounds
    restart                    .  |------------|                    takes the fuzzy edge if it blames nobody
    left                                       |??????????????|     "silent", or nothing where the node says it was well

Told stands above restart, restart above silence. Inside a certain silence:

1. what is certain of a told outage or a restart keeps its bounds;
2. where only one restart that is nobody's matter is possible, or one outage that is down and of which no end was told,
   its bounds are drawn to the silence's. When a run ended is left open where it may have lived on in the silence;
3. an edge of at most a minute which several could claim goes to a restart that blames nobody, else it stays open. From
   the start of a run to the failure it saw at once, the failure lasted;
4. what nobody explains is "silent" (`center.core.unexplained`). Beside an explained stretch it is no outage while it is
   no longer than the silence window; or, where the node's journal says that its line was well, than its uplink pauses.
"""

from collections.abc import Sequence
from itertools import pairwise

from center.core.candidates import RESTARTED, TOLD, Candidate
from center.core.dating import exact
from center.core.explainers import EDGE_MS, Explainer, Places
from center.core.facts import NodeFacts, Span
from center.core.lives import Key, Life
from center.core.silences import RECONNECT_MS, Silence
from center.core.spans import overlap
from center.core.unexplained import Part, unexplained

FIRST_MS = 15_000
"""A run begins to ping within this."""
_NOBODY = -1
_DROPPED = -2


def layered(
    facts: NodeFacts,
    lives: dict[Key, Life],
    explaining: Sequence[Candidate],
    silent: Sequence[Silence],
    now_ms: int,
) -> list[Candidate]:
    """All outages of the node; those of silence lie apart from what is certain of the others."""
    explainers = [Explainer.of(candidate, now_ms) for candidate in explaining]
    places = Places(explainers)
    rest: list[Candidate] = []
    for silence in silent:
        whole = Span(silence.start.lo_ms, now_ms if silence.end is None else silence.end.hi_ms)
        near = places.near(whole)
        if near:
            for region in _left(_until_started(silence.certain, near, whole), near, silence.certain.start_ms):
                rest += _residue(facts, lives, silence, near, region)
        else:
            rest.append(unexplained(facts, lives, silence, Part(silence.start, silence.end, silence.certain)))
    return [one.drawn() for one in explainers] + rest


def _until_started(certain: Span, near: Sequence[Explainer], whole: Span) -> Span:
    """Before its last run had started the node was not back, however long its uplink may have waited afterwards."""
    starts = [one.certain.end_ms for one in near if one.candidate.kind == RESTARTED]
    end_ms = max([certain.end_ms, *(start for start in starts if start <= whole.end_ms)])
    return Span(certain.start_ms, end_ms)


def _left(certain: Span, near: Sequence[Explainer], began_ms: int) -> list[Span]:
    """Draws the explainers to the silence, which began at `began_ms` at latest; what none of them takes."""
    points = {certain.start_ms, certain.end_ms}
    for one in near:
        points |= {one.certain.start_ms, one.certain.end_ms, one.possible.start_ms, one.possible.end_ms}
    cuts = sorted(point for point in points if certain.start_ms <= point <= certain.end_ms)
    pieces: list[tuple[Span, int]] = []
    for start_ms, end_ms in pairwise(cuts):
        owner = _owner(Span(start_ms, end_ms), near, began_ms)
        if pieces and pieces[-1][1] == owner:
            pieces[-1] = Span(pieces[-1][0].start_ms, end_ms), owner
        else:
            pieces.append((Span(start_ms, end_ms), owner))
    for at, (piece, owner) in enumerate(pieces):
        following = _first_failure(pieces, at, near) if owner == _NOBODY else owner
        if following >= 0:
            near[following].draw(piece)
            pieces[at] = piece, following
    return [piece for piece, owner in pieces if owner == _NOBODY]


def _first_failure(pieces: Sequence[tuple[Span, int]], at: int, near: Sequence[Explainer]) -> int:
    """Between the start of a run and the first failure it saw, moments later: whose failure, for it never saw the line
    well; else nobody's."""
    piece = pieces[at][0]
    following = at + 2 if at + 1 < len(pieces) and pieces[at + 1][1] == _DROPPED else at + 1
    if at == 0 or following >= len(pieces) or pieces[following][0].start_ms - piece.start_ms > FIRST_MS:
        return _NOBODY
    owner = pieces[following][1]
    is_started = any(one.candidate.kind == RESTARTED and one.certain.end_ms <= piece.start_ms for one in near)
    return owner if owner >= 0 and is_started and near[owner].candidate.kind == TOLD else _NOBODY


def _owner(piece: Span, near: Sequence[Explainer], began_ms: int) -> int:
    """Whose piece this is; none is certain in only a part of it, by the way it was cut."""
    sure = [at for at, one in enumerate(near) if overlap(one.certain, piece)]
    if sure:
        return min(sure, key=lambda at: near[at].candidate.kind != TOLD)
    may = [at for at, one in enumerate(near) if overlap(one.possible, piece)]
    if not may:
        return _NOBODY
    is_edge = piece.end_ms - piece.start_ms <= EDGE_MS
    restarted = [at for at in may if near[at].candidate.kind == RESTARTED]
    if restarted and near[restarted[0]].candidate.party != "none":
        return _DROPPED if is_edge else _NOBODY
    is_start = restarted and piece.start_ms < near[restarted[0]].candidate.start.hi_ms
    if is_start and _outlived(restarted[0], near, began_ms):
        return _DROPPED
    if len(may) == 1 and (restarted or _may_last(near[may[0]].candidate)):
        return may[0]
    if is_edge:
        return restarted[0] if restarted else _DROPPED
    return _NOBODY


def _may_last(candidate: Candidate) -> bool:
    """Whether silence is enough to say that this told outage went on."""
    return candidate.open_end and candidate.counts == "down"


def _outlived(at: int, near: Sequence[Explainer], began_ms: int) -> bool:
    """Whether the run that ended may have lived on in the silence, as its last sign of life or an outage of its line
    that began first say: then the silence does not tell when it ended."""
    start = near[at].candidate.start
    return began_ms < start.lo_ms or any(
        one.candidate.kind == TOLD and one.possible.start_ms < start.hi_ms for one in near
    )


def _residue(
    facts: NodeFacts, lives: dict[Key, Life], silence: Silence, near: Sequence[Explainer], region: Span
) -> list[Candidate]:
    touched = [one for one in near if _touches(one, region)]
    is_denied = any(
        one.candidate.kind == TOLD and (one.candidate.seen_end or one.possible.start_ms >= region.end_ms)
        for one in touched
    )
    if touched and region.end_ms - region.start_ms <= (RECONNECT_MS if is_denied else facts.window_ms):
        return []
    start = silence.start if region.start_ms == silence.certain.start_ms else exact(region.start_ms)
    end = silence.end if region.end_ms == silence.certain.end_ms else exact(region.end_ms)
    return [unexplained(facts, lives, silence, Part(start, end, region), is_denied=is_denied)]


def _touches(one: Explainer, region: Span) -> bool:
    return one.possible.start_ms <= region.end_ms + EDGE_MS and one.possible.end_ms >= region.start_ms - EDGE_MS
