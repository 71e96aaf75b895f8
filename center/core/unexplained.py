"""The cause of a silence, or a part of one, which neither the node's journal nor a restart explains. Pure.

* Nothing of the node speaks against it: it was not to be reached. "planned" where its last word was that it stops and
  nothing proves that this run lived on; else "silent", down.
* Its outbox is lost, and another box goes on for it: a broken box says nothing of the line. "silent", and the seconds
  are unknown.
* The node says it was well: its reports cover the time, or its journal has just told the end of an outage. Then it is
  the centre's matter if its verdict of that time says so, else nobody knows: "silent", and the seconds are unknown.
"""

from dataclasses import dataclass

from center.core.candidates import SILENCE, Candidate, Facts
from center.core.causes import CAUSES, CENTER_FAULTS, PLANNED, SILENT
from center.core.facts import NodeFacts, Span, When
from center.core.lives import Key, Life
from center.core.silences import Silence
from center.core.spans import overlap


@dataclass(frozen=True, slots=True)
class Part:
    """What of a silence nobody explains."""

    start: When
    end: When | None
    certain: Span


def unexplained(
    facts: NodeFacts, lives: dict[Key, Life], silence: Silence, part: Part, *, is_denied: bool = False
) -> Candidate:
    """This part of the silence. `is_denied`: the node says it was well."""
    start, end, certain = part.start, part.end, part.certain
    reported = any(
        overlap(Span(span.start.hi_ms, span.end.lo_ms), Span(silence.start.lo_ms, max(certain.end_ms, start.hi_ms))) > 0
        and span.end.lo_ms > start.hi_ms
        for span in facts.alive
    )
    evidence: Facts = {
        "what": "silence", "heard_ms": silence.heard_ms, "born_ms": silence.born_ms, "ended_by": silence.ended_by,
    }  # fmt: skip
    if _is_lost(facts, silence) and silence.ended_by != "stop":
        lost: Facts = {"what": "card_lost", "heard_ms": silence.heard_ms}
        return Candidate(SILENCE, start, end, SILENT, CAUSES[SILENT].party, "unknown", evidence=(evidence, lost))
    if not is_denied and not reported:
        cause = PLANNED if silence.ended_by == "stop" and _is_over(lives, silence) else SILENT
        return Candidate(SILENCE, start, end, cause, CAUSES[cause].party, told=cause == PLANNED, evidence=(evidence,))
    code = _center_fault(facts, certain)
    if code:
        fault, verdict = CAUSES[code], {"what": "verdict", "code": code}
        return Candidate(SILENCE, start, end, code, fault.party, fault.counts, told=True, evidence=(evidence, verdict))
    return Candidate(SILENCE, start, end, SILENT, CAUSES[SILENT].party, "unknown", evidence=(evidence,))


def _is_lost(facts: NodeFacts, silence: Silence) -> bool:
    """Whether what could tell of it went with the outbox of the box before."""
    return silence.born_ms is not None and any(
        span.start_ms <= silence.heard_ms and silence.born_ms <= span.end_ms for span in facts.lost
    )


def _is_over(lives: dict[Key, Life], silence: Silence) -> bool:
    """Whether the run that said it stops gave no sign of life afterwards."""
    life = lives.get(silence.before)
    return silence.after != silence.before and (life is None or life.proof_ms <= silence.start.hi_ms)


def _center_fault(facts: NodeFacts, certain: Span) -> str:
    """The node's verdict all through this stretch, when that is the centre's fault."""
    code, since_ms = "", 0
    for verdict in sorted(facts.verdicts):
        if verdict.since.lo_ms >= certain.end_ms - facts.window_ms:
            break
        code, since_ms = verdict.code, verdict.since.hi_ms
    return code if code in CENTER_FAULTS and since_ms <= certain.start_ms + facts.window_ms else ""
