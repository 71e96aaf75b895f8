"""What is planned to go wrong with the city and its nodes, and the drawing of moments and lengths."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from tests.city_month.stretches import Spell, Stretch

S, MIN, HOUR = 1000, 60_000, 3_600_000
MONTH_MS = 30 * 24 * HOUR


@dataclass(frozen=True, slots=True)
class Halt:
    """The agent's run ends at `at_ms`. `kind`: stop | crash | reset | power | card (replaced: its records are lost).

    `boots`: a new boot follows, which begins at `boot_ms`; `back_ms`: the next run begins. `brownout`: the box saw too
    little voltage before.
    """

    at_ms: int
    kind: str
    cause: str
    boot_ms: int
    back_ms: int
    boots: bool
    brownout: bool = False
    reason: str = ""


@dataclass(slots=True)
class NodePlan:
    """What happens to one node, in no order. `lan` and `isp`: spells of its line."""

    halts: list[Halt] = field(default_factory=list)
    lan: list[Spell] = field(default_factory=list)
    isp: list[Spell] = field(default_factory=list)
    stays: list[Stretch] = field(default_factory=list)
    decoys: list[int] = field(default_factory=list)
    """Moments of too little voltage that led to nothing."""


@dataclass(slots=True)
class Plan:
    """What happens to the city. `works`: (start, end, upstream or "" for the city)."""

    nodes: dict[str, NodePlan] = field(default_factory=dict)
    links: dict[str, list[Stretch]] = field(default_factory=dict)
    feeders: dict[str, list[Stretch]] = field(default_factory=dict)
    host: list[Stretch] = field(default_factory=list)
    line: list[Stretch] = field(default_factory=list)
    broker: list[Stretch] = field(default_factory=list)
    ingest: list[Stretch] = field(default_factory=list)
    works: list[tuple[int, int, str]] = field(default_factory=list)


class Draw:
    """Random moments and lengths within the window."""

    def __init__(self, random: Random, start_ms: int, end_ms: int) -> None:
        self.random, self.start_ms, self.end_ms = random, start_ms, end_ms
        self.lively = max(1.0, min(8.0, 12 * 24 * HOUR / (end_ms - start_ms)))

    def moments(self, per_month: float, least: int = 0) -> Iterator[int]:
        """A Poisson process of this rate; at least `least` moments."""
        at = float(self.start_ms)
        while True:
            at += self.random.expovariate(per_month * self.lively / MONTH_MS)
            if at >= self.end_ms:
                break
            least -= 1
            yield int(at)
        for _ in range(least):
            yield self.random.randrange(self.start_ms, self.end_ms)

    def length(self, shortest_ms: int, longest_ms: int) -> int:
        """Evenly drawn on a logarithmic scale: short ones are common."""
        return int(shortest_ms * (longest_ms / shortest_ms) ** self.random.random())

    def between(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def chance(self, share: float) -> bool:
        return self.random.random() < share
