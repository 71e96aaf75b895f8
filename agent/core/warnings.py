"""What the agent has to say against itself: each warning declared as data, evaluated without I/O.

Titles and texts stand in the message catalogues under `warning.<code>.title` and `warning.<code>.text`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong.

    `muted_by`: codes which, while visible, explain this one, so it would only be noise.
    `visible_after_s`: how long it must last before anybody hears of it; the reason stands beside the number.
    """

    code: str
    severity: Literal["error", "warning"]
    visible_after_s: float = 0.0
    muted_by: tuple[str, ...] = ()


RULES: tuple[Rule, ...] = (
    Rule("outbox_readonly", "error"),
    Rule("disk_reserve", "error", muted_by=("outbox_readonly",)),
    Rule("not_authorised", "error"),
    # Half-jitter reconnects of a router that restarts take up to a minute.
    Rule("uplink_down", "warning", visible_after_s=60, muted_by=("not_authorised",)),
    # The adaptive re-send goes up to 60 s before it repeats a batch for the second time.
    Rule("ack_stalled", "warning", visible_after_s=120, muted_by=("not_authorised", "uplink_down")),
    Rule("plugin_failing", "warning"),
    # timesyncd asks again after 30 s, 64 s, 128 s ... when the network comes late.
    Rule("clock_unsynced", "warning", visible_after_s=600, muted_by=("not_authorised", "uplink_down")),
    Rule("icmp_not_permitted", "warning"),
    Rule("undervoltage", "error"),
    Rule("overheated", "warning", visible_after_s=60),  # a soft limit touched for seconds is normal at noon
    Rule("storage_worn", "warning"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """A warning appeared or went; to be filed as an event."""

    code: str
    active: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered between evaluations: since when each condition holds, and what is visible, with detail."""

    since_s: Mapping[str, float] = field(default_factory=dict)
    visible: Mapping[str, str] = field(default_factory=dict)


def evaluate(
    watch: Watch, conditions: Mapping[str, str], now_s: float, rules: Iterable[Rule] = RULES
) -> tuple[Watch, tuple[Change, ...]]:
    """Take the conditions that hold now (code -> detail) and say what became visible and what went.

    Rules are walked in order, so a rule must stand below those that mute it. Changed detail of a visible warning is
    kept for display and is no change: a counter in it would file an event per report.
    """
    since: dict[str, float] = {}
    visible: dict[str, str] = {}
    changes: list[Change] = []
    for rule in rules:
        if rule.code not in conditions:
            continue
        since[rule.code] = watch.since_s.get(rule.code, now_s)
        ripe = now_s - since[rule.code] >= rule.visible_after_s
        if ripe and not any(code in visible for code in rule.muted_by):
            visible[rule.code] = conditions[rule.code]
    for rule in rules:
        was, is_now = rule.code in watch.visible, rule.code in visible
        if was != is_now:
            detail = visible[rule.code] if is_now else watch.visible[rule.code]
            changes.append(Change(rule.code, is_now, detail))
    return Watch(since, visible), tuple(changes)
