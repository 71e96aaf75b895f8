"""One outage as the node told it, cut where on the way it became another's matter. Pure.

A node tells of one outage while it cannot reach the centre, whatever breaks meanwhile, and names it by its surest
verdict. That may hide what counts differently: the broker was down (the line was good), then a cable came out. So:

1. the outage's steps are put into classes: `up`, `unknown`, `down` (`center.core.causes.counts_as`), or a pause in
   which the line worked;
2. where all are of one class it stays one outage with the name the node gave it;
3. else it is cut where the class changes, and each part is named by its surest step, of equals the inner one. A
   verdict that concludes nothing counts as unknown beside others.

A verdict comes after what it speaks of: a cut lies up to LATE_MS before the step.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from center.core.causes import INCONCLUSIVE, Cause, told_cause
from center.core.facts import ToldOutage, ToldStep, When
from wire.verdicts import LADDER, VERDICTS

LATE_MS = 30_000
"""From the moment something breaks to the verdict that says so: a few lost pings and the looks that name it."""
PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a told outage. `end` None: not told yet."""

    start: When
    end: When | None
    cause: Cause
    step: ToldStep | None = None


def parts(outage: ToldOutage, end: When | None) -> list[Part]:
    """In order; pauses are left out."""
    steps = sorted(step for step in outage.steps if end is None or step.since.lo_ms < end.hi_ms)
    classes = {_class(step) for step in steps if step.code != INCONCLUSIVE}
    if len(classes) <= 1:
        return [Part(outage.onset, end, told_cause(outage.code, outage.party))]
    found: list[Part] = []
    groups = _grouped(steps)
    starts = [outage.onset, *(_turn(group[0], outage.onset) for _, group in groups[1:])]
    for at, (name, group) in enumerate(groups):
        until = starts[at + 1] if at + 1 < len(groups) else end
        if name == PAUSE:
            continue
        best = min(group, key=lambda step: (-step.confidence_pct, _depth(step.code), step))
        found.append(Part(starts[at], until, _cause(best, name), best))
    return found


def _grouped(steps: Sequence[ToldStep]) -> list[tuple[str, list[ToldStep]]]:
    groups: list[tuple[str, list[ToldStep]]] = []
    for step in steps:
        name = _class(step)
        if groups and groups[-1][0] == name:
            groups[-1][1].append(step)
        else:
            groups.append((name, [step]))
    return groups


def _class(step: ToldStep) -> str:
    if step.code == INCONCLUSIVE:
        return "unknown"
    known = VERDICTS.get(step.code)
    if known is not None and known.severity != "down":
        return PAUSE
    return told_cause(step.code, step.party).counts


def _cause(step: ToldStep, counts: str) -> Cause:
    cause = told_cause(step.code, step.party)
    return Cause(cause.code, cause.party, counts)


def _turn(step: ToldStep, onset: When) -> When:
    lo_ms = max(step.since.lo_ms - LATE_MS, onset.lo_ms)
    return When(lo_ms, max(lo_ms, step.since.hi_ms))


def _depth(code: str) -> int:
    return LADDER.index(code) if code in LADDER else len(LADDER)
