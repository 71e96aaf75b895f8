"""The sheet an internet provider is held to: its contract hours, what was excluded and why, and the credit. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from center.core.credit import Step, kept, owed
from center.core.facts import EXCLUDED, Span
from center.core.shares import printed, share_pct

if TYPE_CHECKING:
    from center.core.stakes import Stake


@dataclass(frozen=True, slots=True)
class Promise:
    """What a provider has promised. `hours`: its contract hours as text, "" for always."""

    provider: str
    name: str
    hours: str
    holidays_count: bool
    promised_pct: float
    steps: tuple[Step, ...]


def sheet(promise: Promise, stakes: Sequence["Stake"], window: Span) -> dict[str, Any]:
    """One provider's sheet: the sum over its lines, a row per line, and the outages that are held against it.

    Of each line up + down + excluded + unknown are the contract seconds that passed while it was this provider's
    (`from_ms`, `until_ms`; None: of the whole period); what the outages cost of that time adds up to `down_s`, the
    exclusions to `excluded_s`.
    """
    lines = [_line(promise, stake, window) for stake in stakes]
    sums = {name: sum(line[name] for line in lines) for name in ("up_s", "down_s", "unknown_s", "excluded_s")}
    held = {one.id: one for stake in stakes for one in stake.outages if one.isp_s > 0}
    exclusions: dict[str, int] = {}
    for line in lines:
        for reason, seconds in line["exclusions"].items():
            exclusions[reason] = exclusions.get(reason, 0) + seconds
    return {
        "provider": promise.provider,
        "name": promise.name,
        "hours": promise.hours,
        "holidays_count": promise.holidays_count,
        "promised_pct": str(promise.promised_pct),
        "steps": [[_plain(step.below_pct), _plain(step.credit_pct)] for step in promise.steps],
        **_figures(promise, sums),
        "exclusions": dict(sorted(exclusions.items())),
        "lines": lines,
        "outages": [one.id for one in sorted(held.values(), key=lambda one: (one.start_lo_ms, one.node, one.id))],
    }


def _line(promise: Promise, stake: "Stake", window: Span) -> dict[str, Any]:
    days = stake.seconds
    sums = {
        "up_s": sum(day.isp_up_s for day in days),
        "down_s": sum(day.isp_down_s for day in days),
        "unknown_s": sum(day.isp_unknown_s for day in days),
        "excluded_s": sum(day.isp_excluded_s for day in days),
    }
    exclusions: dict[str, int] = {}
    for day in days:
        for key, seconds in day.causes.items():
            if key.startswith(EXCLUDED):
                reason = key.removeprefix(EXCLUDED)
                exclusions[reason] = exclusions.get(reason, 0) + seconds
    return {
        "node": stake.place.node,
        "name": stake.place.name,
        "circuit": stake.place.circuit,
        **stake.edges(window),
        **_figures(promise, sums),
        "exclusions": dict(sorted(exclusions.items())),
        "outages": sum(one.isp_s > 0 for one in stake.outages),
    }


def _figures(promise: Promise, sums: Mapping[str, int]) -> dict[str, Any]:
    up_s, down_s, unknown_s = sums["up_s"], sums["down_s"], sums["unknown_s"]
    credit = owed(promise.steps, up_s, down_s, unknown_s)
    counted_s = up_s + down_s + unknown_s
    return {
        **sums,
        "pct": printed(share_pct(up_s, up_s + down_s)),
        "worst_pct": printed(share_pct(up_s, counted_s)),
        "best_pct": printed(share_pct(up_s + unknown_s, counted_s)),
        "coverage_pct": printed(share_pct(up_s + down_s, counted_s)),
        "kept": kept(promise.promised_pct, up_s, down_s),
        "credit_pct": {"known": _plain(credit.known), "least": _plain(credit.least), "most": _plain(credit.most)},
    }


def _plain(number: Fraction) -> str:
    """As people write it: 5, 2.5, 99.95."""
    return f"{float(number):.3f}".rstrip("0").rstrip(".")
