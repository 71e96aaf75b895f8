"""What the agent has to say against itself, evaluated without I/O over the table of `wire.warnings`."""

from collections.abc import Iterable, Mapping

from wire.shape import Struct, field
from wire.warnings import WARNINGS, WarningRule


class Change(Struct, frozen=True):
    """A warning appeared or went; to be filed as an event."""

    code: str
    active: bool
    detail: str


class Watch(Struct, frozen=True):
    """What is remembered between evaluations: since when each condition holds, and what is visible, with detail."""

    since_s: Mapping[str, float] = field(default_factory=dict)
    visible: Mapping[str, str] = field(default_factory=dict)


def evaluate(
    watch: Watch, conditions: Mapping[str, str], now_s: float, rules: Iterable[WarningRule] = tuple(WARNINGS.values())
) -> tuple[Watch, tuple[Change, ...]]:
    """Take the conditions that hold now (code -> detail) and say what became visible and what went.

    Rules are walked in order, so a rule must stand below those it depends on. Changed detail of a visible warning is
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
        if ripe and not any(code in visible for code in rule.depends_on):
            visible[rule.code] = conditions[rule.code]
    for rule in rules:
        was, is_now = rule.code in watch.visible, rule.code in visible
        if was != is_now:
            detail = visible[rule.code] if is_now else watch.visible[rule.code]
            changes.append(Change(rule.code, is_now, detail))
    return Watch(since, visible), tuple(changes)
