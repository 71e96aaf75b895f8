"""Availability out of seconds: what is published of a stretch of days, its coverage and its bounds. Pure.

Seconds are added first and divided last; percentages are never averaged. What is not known may have been up (`best`)
or down (`worst`); maintenance stands outside of both. Below ENOUGH_PCT of coverage no figure is worth printing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from center.core.facts import EXCLUDED, Seconds

ENOUGH_PCT = 80.0
"""Of the time that counts; below it a report says that there is not enough data."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of any number of node-days, and what follows from them in percent (None: nothing to divide by)."""

    up_s: int = 0
    down_s: int = 0
    unknown_s: int = 0
    maintenance_s: int = 0
    """Of an ISP's promise: what is not its matter."""
    causes: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, days: Iterable[Seconds]) -> "Figures":
        """What the people at the nodes had."""
        found = list(days)
        return cls(
            sum(day.up_s for day in found),
            sum(day.down_s for day in found),
            sum(day.unknown_s for day in found),
            sum(day.maintenance_s for day in found),
            {cause: seconds for cause, seconds in _added(found).items() if not cause.startswith(EXCLUDED)},
        )

    @classmethod
    def of_isp(cls, days: Iterable[Seconds]) -> "Figures":
        """What the internet provider delivered within its contract hours; `causes` are those of what is excluded."""
        found = list(days)
        return cls(
            sum(day.isp_up_s for day in found),
            sum(day.isp_down_s for day in found),
            sum(day.isp_unknown_s for day in found),
            sum(day.isp_excluded_s for day in found),
            {
                cause.removeprefix(EXCLUDED): seconds
                for cause, seconds in _added(found).items()
                if cause.startswith(EXCLUDED)
            },
        )

    @property
    def counted_s(self) -> int:
        """All seconds that count: up, down or unknown."""
        return self.up_s + self.down_s + self.unknown_s

    @property
    def pct(self) -> float | None:
        """The published figure: up of what is known."""
        return _pct(self.up_s, self.up_s + self.down_s)

    @property
    def coverage_pct(self) -> float | None:
        """How much of the time that counts is known."""
        return _pct(self.up_s + self.down_s, self.counted_s)

    @property
    def worst_pct(self) -> float | None:
        """The figure if everything unknown was down."""
        return _pct(self.up_s, self.counted_s)

    @property
    def best_pct(self) -> float | None:
        """The figure if everything unknown was up."""
        return _pct(self.up_s + self.unknown_s, self.counted_s)

    @property
    def enough(self) -> bool:
        """Whether enough is known for the figure to be published."""
        coverage_pct = self.coverage_pct
        return coverage_pct is not None and coverage_pct >= ENOUGH_PCT


def _added(days: Iterable[Seconds]) -> dict[str, int]:
    causes: dict[str, int] = {}
    for day in days:
        for cause, seconds in day.causes.items():
            causes[cause] = causes.get(cause, 0) + seconds
    return dict(sorted(causes.items()))


def _pct(part_s: int, whole_s: int) -> float | None:
    return 100.0 * part_s / whole_s if whole_s else None
