"""What the centre publishes of a month, as the judge takes it: days numbered from the month's first, and outages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Day:
    """Whole seconds of one node and day."""

    up_s: int
    down_s: int
    maintenance_s: int
    unknown_s: int
    causes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage with the bounds of its edges, Unix ms."""

    node: str
    start_ms: Bounds
    end_ms: Bounds | None
    cause: str
    party: str
    counts: str
    parent: str = ""
    told: bool = False


@dataclass(slots=True)
class Published:
    """`days`: by (node, number of the day)."""

    days: dict[tuple[str, int], Day] = field(default_factory=dict)
    outages: list[Outage] = field(default_factory=list)
