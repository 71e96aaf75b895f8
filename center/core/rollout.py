"""How an operation goes over its nodes: waves, patience, and when it stops. Pure.

    canaries          wave 1: the first `canary` nodes alone; one that does not end well stops everything
    batches           waves 2...: `batch_size` nodes each (0: all that are left)
    between waves     a wave is over when all its nodes have ended; then `pause_ms`
    the threshold     more ends that are bad than `abort_pct` per cent of ALL nodes, rounded down: stopped at once,
                      in the middle of a wave too

Rules for one node, by the centre's clock:

1. Not accepted `deliver_ms` after it was due: expired, `unreachable`. Its node may still say otherwise later.
2. Accepted, and no end `end_ms` after that: failed, `unheard`.
3. A node that has not accepted `HOLD_MS` after it was due no longer holds up the next wave, unless it is a canary: one
   box that is switched off must not keep the city waiting. It counts when it ends.

What has not begun when an operation is over is skipped: queued nodes, and due ones to which nothing was sent. What was
sent may be on its way and keeps its own end. Where nothing is left to skip there is nothing to stop: such an operation
ends as done, with its bad ends counted.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

BAD = frozenset({"failed", "rejected", "expired"})
FINAL = BAD | {"done", "skipped"}
NOT_BEGUN = frozenset({"queued", "due"})
OVER = frozenset({"done", "aborted", "cancelled", "lapsed"})
HOLD_MS = 600_000
"""A box that is on takes a command within seconds; one that restarts is back within three minutes."""


@dataclass(frozen=True, slots=True)
class Roll:
    """How an operation goes; zeros: all at once."""

    canary: int = 0
    batch_size: int = 0
    abort_pct: int = 10
    pause_ms: int = 0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the centre waits for a node to accept, and then for its end."""

    deliver_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Target:
    """One node of an operation, in the order of the operation. Moments by the centre's clock."""

    id: str
    node: str
    state: str
    code: str = ""
    due_ms: int | None = None
    accepted_ms: int | None = None
    ended_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done now: ids of targets. `wave`: the newest one begun, this plan's own included; `next_wave_ms`:
    when the next one begins, None where that hangs on nodes or there is none. `why`: canary | threshold."""

    expire: tuple[str, ...] = ()
    give_up: tuple[str, ...] = ()
    release: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    wave: int = 0
    next_wave_ms: int | None = None
    end: Literal["", "done", "aborted"] = ""
    why: Literal["", "canary", "threshold"] = ""
    facts: dict[str, str | int] = field(default_factory=dict)


def wave_numbers(total: int, canary: int, batch_size: int) -> list[int]:
    """The wave of each node, from 1, by its place in the order."""
    first = min(canary, total)
    size = batch_size or max(1, total - first)
    after = 2 if first else 1
    return [1] * first + [after + index // size for index in range(total - first)]


def allowed_bad(total: int, abort_pct: int) -> int:
    """How many bad ends an operation over so many nodes bears."""
    return total * abort_pct // 100


def decide(targets: Sequence[Target], roll: Roll, patience: Patience, state: str, now_ms: int) -> Plan:
    """The next steps of an operation in `state` that is approved or over: running, paused, or one of OVER."""
    waves = wave_numbers(len(targets), roll.canary, roll.batch_size)
    wave = max((number for one, number in zip(targets, waves, strict=True) if _begun(one)), default=0)
    if state in OVER:
        _, expire, give_up = _out_of_patience([one for one in targets if one.state not in NOT_BEGUN], patience, now_ms)
        return Plan(expire, give_up, skip=_not_begun(targets), wave=wave)
    targets, expire, give_up = _out_of_patience(targets, patience, now_ms)
    plan, left = Plan(expire, give_up, wave=wave), _not_begun(targets)
    if all(one.state in FINAL for one in targets):
        return replace(plan, end="done")
    why = _reason_to_stop(targets, roll)
    if why and left:
        return replace(plan, skip=left, end="aborted", why=why, facts=_facts(targets, roll, wave, len(left)))
    return plan if state == "paused" else _release(plan, targets, waves, roll, now_ms)


def _not_begun(targets: Sequence[Target]) -> tuple[str, ...]:
    return tuple(one.id for one in targets if one.state in NOT_BEGUN)


def _out_of_patience(
    targets: Sequence[Target], patience: Patience, now_ms: int
) -> tuple[list[Target], tuple[str, ...], tuple[str, ...]]:
    """The targets after rules 1 and 2, and which ones those were."""
    after: list[Target] = []
    expire: list[str] = []
    give_up: list[str] = []
    for one in targets:
        if one.state in {"due", "sent"} and now_ms - (one.due_ms or 0) >= patience.deliver_ms:
            expire.append(one.id)
            after.append(replace(one, state="expired", code="unreachable", ended_ms=now_ms))
        elif one.state in {"accepted", "running"} and now_ms - (one.accepted_ms or 0) >= patience.end_ms:
            give_up.append(one.id)
            after.append(replace(one, state="failed", code="unheard", ended_ms=now_ms))
        else:
            after.append(one)
    return after, tuple(expire), tuple(give_up)


def _reason_to_stop(targets: Sequence[Target], roll: Roll) -> Literal["", "canary", "threshold"]:
    if any(one.state in BAD for one in targets[: roll.canary]):
        return "canary"
    bad = sum(one.state in BAD for one in targets)
    return "threshold" if bad > allowed_bad(len(targets), roll.abort_pct) else ""


def _facts(targets: Sequence[Target], roll: Roll, wave: int, skipped: int) -> dict[str, str | int]:
    """The figures behind a stop; `code` and `code_count`: the most frequent reason, of equal ones the first by name."""
    bad = [one for one in targets if one.state in BAD]
    codes = Counter(one.code or one.state for one in bad)
    code, many = min(codes.items(), key=lambda item: (-item[1], item[0]))
    canaries = [one for one in targets[: roll.canary] if one.state in BAD]
    return {
        "bad": len(bad), "total": len(targets), "allowed": allowed_bad(len(targets), roll.abort_pct),
        "abort_pct": roll.abort_pct, "wave": wave, "skipped": skipped, "code": code, "code_count": many,
        "node": (canaries or bad)[0].node,
        **{state: sum(one.state == state for one in bad) for state in sorted(BAD)},
    }  # fmt: skip


def _release(plan: Plan, targets: Sequence[Target], waves: Sequence[int], roll: Roll, now_ms: int) -> Plan:
    """The next wave, if it may begin; a wave that began in part is made whole first."""
    rest = tuple(
        one.id for one, wave in zip(targets, waves, strict=True) if wave <= plan.wave and one.state == "queued"
    )
    if rest:
        return replace(plan, release=rest)
    following = plan.wave + 1
    ids = tuple(one.id for one, wave in zip(targets, waves, strict=True) if wave == following and one.state == "queued")
    if not ids:
        return plan
    free = [_free_ms(one, index < roll.canary) for index, one in enumerate(targets) if waves[index] < following]
    if any(moment is None for moment in free):
        return plan
    begins_ms = max((moment for moment in free if moment is not None), default=now_ms - roll.pause_ms) + roll.pause_ms
    if now_ms < begins_ms:
        return replace(plan, next_wave_ms=begins_ms)
    return replace(plan, release=ids, wave=following)


def _free_ms(one: Target, canary: bool) -> int | None:
    """From when on a node of an earlier wave does not hold up the next one; None: not known yet."""
    if one.state in FINAL:
        return one.ended_ms or 0
    if canary or one.state not in {"due", "sent"}:
        return None
    return (one.due_ms or 0) + HOLD_MS


def _begun(one: Target) -> bool:
    return one.state not in {"queued", "skipped"}
