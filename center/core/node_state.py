"""The state of one node: a pure function of its last evidence and the centre's clock. No history, no node clock.

Rules, the first that applies decides:

 1. A retired node is RETIRED, a node under maintenance is MAINT: people's word stands above evidence.
    Maintenance ends by itself (`center.core.maintenance`); then evidence decides again.
 2. Nothing live was ever received: UNKNOWN. A retained "online" alone is what somebody once said, not evidence.
 3. A death notice (will or orderly stop) that no later life contradicts counts after a grace of `grace_ms`, so that a
    restart does not flash. Messages still on their way when the will fired (`settle_ms`) do not contradict it.
 4. Evidence is fresh for `silence_intervals` report intervals. While it is fresh, the node's own words decide:
    verdict, self-warnings, or that its reports stopped coming although it is connected. Warnings in the birth itself
    explain why no report comes.
 5. Stale evidence means DOWN only when the centre was listening all that time. While the centre is blind, or
    listens again for less than the same window, nobody knows: UNKNOWN.
 6. DOWN below a parent that is down itself is UNREACHABLE. While the centre is blind because its fleet fell silent at
    once (`center.core.blindness`), nobody is DOWN but who stopped in order: UNKNOWN.

| evidence                              | centre listens        | centre blind          |
|---------------------------------------|-----------------------|-----------------------|
| never live                            | UNKNOWN never_seen    | UNKNOWN never_seen    |
| fresh, all well                       | UP                    | UP                    |
| fresh, verdict / warnings / no report | DEGRADED              | DEGRADED              |
| will, grace over                      | DOWN lost             | DOWN, then UNKNOWN    |
| orderly stop, grace over              | DOWN planned          | DOWN, then UNKNOWN    |
| silent longer than the window         | DOWN silent           | UNKNOWN blind         |
"""

from dataclasses import dataclass, field
from enum import StrEnum

from wire.verdicts import VERDICTS


class State(StrEnum):
    """What the wall shows for a node."""

    UP = "UP"
    DEGRADED = "DEGRADED"
    DOWN = "DOWN"
    UNREACHABLE = "UNREACHABLE"
    UNKNOWN = "UNKNOWN"
    MAINT = "MAINT"
    RETIRED = "RETIRED"


@dataclass(frozen=True, slots=True)
class Policy:
    """Durations in milliseconds."""

    silence_intervals: int = 3
    """One lost report is chance, two are a burst; at three the node has been silent for longer than any re-send."""
    least_window_ms: int = 15_000
    most_window_ms: int = 15 * 60_000
    """A node that asks for a rare report must not buy hours of unearned UP."""
    grace_ms: int = 10_000
    """An agent restarts in under 5 s; a radio link comes back in about as much."""
    settle_ms: int = 5_000
    """Batches accepted by the broker before the will can be committed this much later by another worker."""


DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one node. All times are the centre's clock in milliseconds; None = never happened.

    `live_ms` last message that was not retained; `hint` and `hint_ms` the newest birth or death notice and when it was
    first heard; `born_ms` the newest birth; `report_ms` the newest health report's arrival. `warnings` are those of
    that report, `told_warnings` those a birth carries while the node's disk takes no report.
    """

    live_ms: int | None = None
    born_ms: int | None = None
    hint: str = ""
    hint_reason: str = ""
    hint_ms: int | None = None
    report_ms: int | None = None
    report_period_s: float = 30.0
    verdict: str = ""
    warnings: tuple[str, ...] = field(default=())
    told_warnings: tuple[str, ...] = field(default=())
    retired: bool = False
    maintenance: bool = False
    maintenance_since_ms: int | None = None
    parent_down: bool = False
    fleet_silent: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """The state, why, and since when when the evidence itself says so (None: since the change was noticed)."""

    state: State
    cause: str = ""
    since_ms: int | None = None


def judge(
    evidence: Evidence, now_ms: int, listening_since_ms: int | None, policy: Policy = DEFAULT_POLICY
) -> Judgement:
    """The node's state at `now_ms`. `listening_since_ms`: since when ingest hears the fleet; None = it does not."""
    if evidence.retired:
        return Judgement(State.RETIRED)
    if evidence.maintenance:
        return Judgement(State.MAINT, "", evidence.maintenance_since_ms)
    live_ms = evidence.live_ms
    if live_ms is None:
        return Judgement(State.UNKNOWN, "never_seen")
    window_ms = silence_window_ms(evidence, policy)
    dead_ms = _death(evidence, live_ms, policy)
    heard_ms = live_ms if dead_ms is None else max(live_ms, dead_ms)
    if listening_since_ms is None and now_ms >= heard_ms + window_ms:
        return Judgement(State.UNKNOWN, "blind")
    if dead_ms is not None and now_ms >= max(dead_ms, listening_since_ms or dead_ms) + policy.grace_ms:
        cause = "planned" if evidence.hint_reason == "stop" else "lost"
        return _down(evidence, cause, dead_ms)
    if now_ms < live_ms + window_ms:
        return _alive(evidence, live_ms, now_ms, window_ms)
    if listening_since_ms is None or now_ms < listening_since_ms + window_ms:
        return Judgement(State.UNKNOWN, "blind")
    return _down(evidence, "silent", live_ms)


def silence_window_ms(evidence: Evidence, policy: Policy = DEFAULT_POLICY) -> int:
    """How long evidence stays fresh: a few of the node's own report intervals, within the policy's bounds."""
    wanted_ms = int(policy.silence_intervals * evidence.report_period_s * 1000)
    return min(max(wanted_ms, policy.least_window_ms), policy.most_window_ms)


def _death(evidence: Evidence, live_ms: int, policy: Policy) -> int | None:
    """When the node was said to have gone, unless it has spoken since."""
    if evidence.hint != "offline" or evidence.hint_ms is None:
        return None
    return None if live_ms > evidence.hint_ms + policy.settle_ms else evidence.hint_ms


def _down(evidence: Evidence, cause: str, since_ms: int) -> Judgement:
    if evidence.fleet_silent and cause != "planned":
        return Judgement(State.UNKNOWN, "blind")
    return Judgement(State.UNREACHABLE if evidence.parent_down else State.DOWN, cause, since_ms)


def _alive(evidence: Evidence, live_ms: int, now_ms: int, window_ms: int) -> Judgement:
    if evidence.told_warnings:
        return Judgement(State.DEGRADED, "warnings")
    told_ms = max((at for at in (evidence.report_ms, evidence.born_ms) if at is not None), default=live_ms)
    if now_ms >= told_ms + window_ms:
        return Judgement(State.DEGRADED, "no_report")
    verdict = VERDICTS.get(evidence.verdict)
    # A public site that is broken is its agency's matter; the node that saw it is well.
    own = verdict is None or (verdict.severity not in {"ok", "note"} and verdict.party != "agency")
    if evidence.verdict and own:
        return Judgement(State.DEGRADED, "verdict")
    if evidence.warnings:
        return Judgement(State.DEGRADED, "warnings")
    return Judgement(State.UP)
