"""Stretches between two lives of a node: from the last proof of one run of the agent to the start of the next. Pure.

                   last proof                     start of the next
    run a |----------------|   BEAT                |------- run b
                           [ start )== not running =[end

What the next life's start notice says decides the cause (`_cause`); without it a restart is only a restart. Which life
came before: the one the notice names; without a notice the last one that had ended by then. Two lives that were
alive at the same time (a copied card) did not follow one another, and nothing is concluded between them. Another box
that took the place of a lost one did not restart: nobody knows what was between (`NodeFacts.lost`).
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from center.core.candidates import RESTARTED, Candidate, Facts
from center.core.causes import CAUSES, CRASH, PLANNED, POWER, RESET, RESTART
from center.core.dating import exact, meet
from center.core.facts import Span, When
from center.core.lives import APART_MS, Key, Life, others_ms

BEAT_MS = 45_000
"""The agent's sign of life on its disk, every 30 s, and what a slow card adds."""
BROWNOUT_MS = 120_000
STOP_MS = 10_000
"""From the agent's last word to the end of its session."""
LIVED_ON_MS = 60_000
"""A run that has proof of life this long after a session's orderly end was not stopped by it."""
BOX_RESETS = frozenset({"panic", "watchdog", "warm_reset"})
ELECTRIC_FAULTS = frozenset({"overvoltage", "overtemperature"})
"""The box's own power chip cut it off: no matter of the grid."""


def restarts(lives: Mapping[Key, Life], lost: Sequence[Span] = ()) -> dict[Key, Candidate]:
    """By the life that ended: the stretch from it to the one that followed. In order of the lives that followed."""
    ordered = list(lives.values())
    peaks = list(accumulate((life.proof_ms for life in ordered), max))
    found: dict[Key, Candidate] = {}
    for at, life in enumerate(ordered):
        before = _before(lives, ordered, at)
        candidate = None if before is None else _restart(before, life)
        if before is None or candidate is None or before.key in found or _is_other_box(before, life, lost):
            continue
        if not _contradicted(candidate, ordered, at, peaks, before.key):
            found[before.key] = candidate
    return found


def _is_other_box(before: Life, life: Life, lost: Sequence[Span]) -> bool:
    """Whether the second run is another box's, the first one's outbox being lost: it names no run before."""
    if life.fact is not None and life.fact.previous_run:
        return False
    return any(
        before.proof_ms <= span.start_ms + APART_MS and span.start_ms < life.start.hi_ms <= span.end_ms + APART_MS
        for span in lost
    )


def _before(lives: Mapping[Key, Life], ordered: list[Life], at: int) -> Life | None:
    """The life before this one; a stand-in when only its last sign of life is known."""
    life = ordered[at]
    fact = life.fact
    if fact is not None and fact.previous_run:
        key = fact.previous_boot, fact.previous_run
        if key in lives:
            return None if key == life.key else lives[key]
        if fact.last_alive is None:
            return None
        proof_ms = min(max(fact.last_alive.lo_ms, others_ms(ordered, life, key)), life.start.hi_ms)
        return Life(key, exact(proof_ms), proof_ms, None, ())
    if at == 0:
        return None
    before = ordered[at - 1]
    return before if before.proof_ms <= life.start.hi_ms + APART_MS else None


def _restart(before: Life, life: Life) -> Candidate | None:
    fact, last = life.fact, None if life.fact is None else life.fact.last_alive
    is_named = fact is not None and fact.previous_run != ""
    lo_ms = before.proof_ms if last is None or not is_named else max(before.proof_ms, last.lo_ms)
    if fact is None and not life.contacts:
        return None
    hi_ms = life.start.hi_ms if last is None or not is_named else max(lo_ms, last.hi_ms + BEAT_MS)
    start, stopped = When(lo_ms, max(lo_ms, hi_ms)), _stopped(before, life)
    if stopped is not None:
        start = meet(When(lo_ms, max(lo_ms, life.start.hi_ms)), stopped)
    if start.lo_ms > life.start.hi_ms + APART_MS:  # the one before lives on: a copied card
        return None
    if start.lo_ms > life.start.hi_ms:  # clocks contradict each other: anything between them
        start = end = When(life.start.hi_ms, start.lo_ms)
    else:
        start = When(start.lo_ms, min(start.hi_ms, life.start.hi_ms))
        end = When(max(life.start.lo_ms, start.lo_ms), life.start.hi_ms)
    cause = _cause(before, life, start, is_stopped=stopped is not None)
    verdict = "" if fact is None else fact.verdict
    powerless = (
        cause == RESTART
        and verdict == "power_or_unknown"
        and before.key[0] != life.key[0]
        and fact is not None
        and fact.reset_reason not in BOX_RESETS | ELECTRIC_FAULTS
        and last is not None
    )
    return Candidate(
        RESTARTED, start, end, cause, CAUSES[cause].party, told=cause != RESTART,
        evidence=_evidence(before, life, cause), powerless=powerless,
    )  # fmt: skip


def _stopped(before: Life, life: Life) -> When | None:
    """When the life before was stopped in an orderly way, if it was."""
    fact = before.fact
    if fact is not None and fact.stopped is not None:
        return fact.stopped
    last = max(before.contacts, key=lambda contact: contact.heard_ms, default=None)
    if last is not None and last.end_reason == "stop" and last.ended_ms is not None:
        ended_ms = max(last.ended_ms, last.heard_ms)
        if before.proof_ms <= ended_ms + LIVED_ON_MS:
            return When(max(ended_ms - STOP_MS, last.heard_ms), max(ended_ms, before.proof_ms))
    following = life.fact
    if following is not None and following.verdict == "stopped" and following.previous_run == before.key[1]:
        return following.last_alive or When(before.proof_ms, max(before.proof_ms, life.start.hi_ms))
    return None


def _cause(before: Life, life: Life, start: When, *, is_stopped: bool) -> str:
    """Stopped; crashed in one boot; reset into another; power only with too little voltage just before."""
    fact = life.fact
    if is_stopped:
        return PLANNED
    if fact is None or (fact.previous_boot, fact.previous_run) != before.key:
        return RESTART
    same_boot = before.key[0] == life.key[0]
    if fact.verdict == "agent_crashed" and same_boot:
        return CRASH
    if fact.verdict == "box_reset" and not same_boot and fact.reset_reason in BOX_RESETS:
        return RESET
    brownout = None if before.fact is None else before.fact.brownout
    if fact.verdict == "power_or_unknown" and not same_boot and brownout is not None and fact.last_alive is not None:
        is_late = start.hi_ms - brownout.lo_ms <= BROWNOUT_MS and brownout.lo_ms <= start.hi_ms
        if is_late and fact.reset_reason not in BOX_RESETS | ELECTRIC_FAULTS:
            return POWER
    return RESTART


def _contradicted(candidate: Candidate, ordered: list[Life], place: int, peaks: list[int], before: Key) -> bool:
    """Whether a third life was certainly there before the one at `place`: then these two are no neighbours. `peaks`:
    the latest proof of all lives up to each."""
    certain = candidate.certain(0)
    for at in range(place - 1, -1, -1):
        if peaks[at] <= certain.start_ms:
            return False
        other = ordered[at]
        is_between = other.start.hi_ms < certain.end_ms and other.proof_ms > max(certain.start_ms, other.start.hi_ms)
        if is_between and other.key != before:
            return True
    return False


def _evidence(before: Life, life: Life, cause: str) -> tuple[Facts, ...]:
    fact = life.fact
    told: dict[str, str | int | float | None] = {
        "what": "restart", "boot_before": before.key[0], "boot": life.key[0], "run_before": before.key[1],
        "run": life.key[1], "verdict": "" if fact is None else fact.verdict,
        "reset_reason": "" if fact is None else fact.reset_reason,
    }  # fmt: skip
    if cause == POWER and before.fact is not None and before.fact.brownout is not None:
        return told, {"what": "brownout", "at_ms": before.fact.brownout.hi_ms}
    return (told,)
