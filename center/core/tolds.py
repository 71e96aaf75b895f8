"""The outages a node told of, made whole: one for each, apart from each other, with an end as far as it follows. Pure.

An outage told twice keeps the notice that knows more: an end that was seen, before one that the next start concluded,
before none. Where no end was told yet, it follows from what came later that there was one: the centre heard the node
again, or the run that saw it begin was over.
"""

from collections.abc import Mapping
from dataclasses import replace

from center.core.candidates import TOLD, Candidate, Facts
from center.core.causes import is_explained
from center.core.dating import within
from center.core.facts import NodeFacts, ToldOutage, When
from center.core.lives import APART_MS, Key, Life, contacts_of
from center.core.told_steps import Part, parts

_KNOWS = {"": 0, "restart": 1, "seen": 2}


def tolds(facts: NodeFacts, lives: Mapping[Key, Life], ended: Mapping[Key, Candidate]) -> tuple[Candidate, ...]:
    """Ascending by onset. `ended`: lives that were followed by another (`center.core.restarts`)."""
    kept: dict[str, ToldOutage] = {}
    for outage in sorted(facts.outages, key=_rank):
        kept[outage.id] = outage
    found: list[Candidate] = []
    placed = [_placed(outage, lives, ended) for outage in kept.values()]
    for outage in sorted(placed, key=lambda one: (one.onset, one.id)):
        end, is_open = outage.end, outage.end is None
        if end is None:
            end = _latest_end(outage, facts, lives, ended)
        elif end.hi_ms < outage.onset.lo_ms:
            end = outage.onset
        whole = [_candidate(outage, part, is_last=part.end == end, is_open=is_open) for part in parts(outage, end)]
        if found and whole:
            _part(found, whole[0])
        found += whole
    return tuple(found)


def _placed(outage: ToldOutage, lives: Mapping[Key, Life], ended: Mapping[Key, Candidate]) -> ToldOutage:
    """One whose boot's clock nobody knows lies within what is known of the boot's runs."""
    moments = [outage.onset, *([] if outage.end is None else [outage.end])]
    if all(moment.hi_ms - moment.lo_ms <= APART_MS for moment in moments):
        return outage
    runs = [key for key in lives if key[0] == outage.boot]
    if not runs:
        return outage
    lo_ms = min(lives[key].start.lo_ms for key in runs)
    ends = [end.hi_ms for key in runs if key in ended and (end := ended[key].end) is not None]
    hi_ms = max(ends) if len(ends) == len(runs) else max(moment.hi_ms for moment in moments)
    end = None if outage.end is None else within(outage.end, lo_ms, max(hi_ms, lo_ms))
    return replace(outage, onset=within(outage.onset, lo_ms, max(hi_ms, lo_ms)), end=end)


def _rank(outage: ToldOutage) -> tuple[str, int, tuple[int, int], ToldOutage]:
    end = (0, 0) if outage.end is None else (outage.end.hi_ms, outage.end.lo_ms)
    knows = 0 if outage.end is None else _KNOWS.get(outage.how, 1)
    # `end` and `how` are compared above; what is left never compares None with a moment.
    return outage.id, knows, end, _plain(outage)


def _plain(outage: ToldOutage) -> ToldOutage:
    return ToldOutage(
        outage.id, outage.boot, outage.onset, outage.onset, outage.how, outage.code, outage.confidence_pct,
        outage.party, outage.steps,
    )  # fmt: skip


def _latest_end(
    outage: ToldOutage, facts: NodeFacts, lives: Mapping[Key, Life], ended: Mapping[Key, Candidate]
) -> When | None:
    onset_ms = outage.onset.hi_ms
    limits = []
    for contact in contacts_of(facts):
        if contact.born_ms > onset_ms:
            limits.append(contact.born_ms)
            break
        if contact.heard_ms > onset_ms + facts.window_ms:  # what was on its way when the line broke proves nothing
            limits.append(contact.heard_ms)
            break
    run = _run_of(outage, lives)
    if run is not None and run in ended:
        limits.append(max(ended[run].start.hi_ms, onset_ms))
    return When(onset_ms, min(limits)) if limits else None


def _run_of(outage: ToldOutage, lives: Mapping[Key, Life]) -> Key | None:
    """The run that saw it begin: of its boot the last that had started by then."""
    began = [key for key, life in lives.items() if key[0] == outage.boot and life.start.lo_ms <= outage.onset.hi_ms]
    return began[-1] if began else None


def _candidate(outage: ToldOutage, part: Part, *, is_last: bool, is_open: bool) -> Candidate:
    cause, step = part.cause, part.step
    evidence: Facts = {
        "what": "told", "id": outage.id, "code": outage.code if step is None else step.code,
        "confidence_pct": outage.confidence_pct if step is None else step.confidence_pct,
        "how": "open" if is_open else outage.how,
    }  # fmt: skip
    start = part.start
    if part.end is not None:
        start = within(start, start.lo_ms, max(part.end.hi_ms, start.lo_ms))
    return Candidate(
        TOLD, start, part.end, cause.code, cause.party, cause.counts, told=is_explained(cause.code),
        evidence=(evidence,), open_end=is_open and is_last,
        seen_end=not is_last or (not is_open and outage.how == "seen"),
    )  # fmt: skip


def _part(found: list[Candidate], following: Candidate) -> None:
    """An outage is over when the next one begins: two at once there are none."""
    last, limit = found[-1], following.start
    if last.end is None:
        found[-1] = last.moved(last.start, When(last.start.hi_ms, max(last.start.hi_ms, limit.hi_ms)))
    elif last.end.lo_ms > limit.hi_ms:
        lo_ms = max(limit.lo_ms, last.start.lo_ms)
        found[-1] = last.moved(last.start, When(lo_ms, max(lo_ms, limit.hi_ms)))
