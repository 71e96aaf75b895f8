"""What a fault is: a name, and a function that breaks a town and says what an honest diagnosis would call it."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from tests.netlab.town import Town
from tests.support.lab import Box

UMBRELLA = frozenset({"U0"})
"""Coarser than everything, and never wrong about a fault."""

Judgement = Literal["exact", "coarse", "wrong", "miss", "false alarm"]


@dataclass(frozen=True, slots=True)
class Expected:
    """What was done and what it may be called.

    `exact`: codes that name it. `coarse`: codes that are true and say less (U0 always is). `also`: codes that must be
    mentioned beside the verdict. `shows`: plain tools see it from the node (checked by the laboratory's own tests).
    """

    exact: frozenset[str]
    shows: Callable[[], bool]
    coarse: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    params: Mapping[str, object] = field(default_factory=dict)

    def judge(self, code: str, also: frozenset[str]) -> Judgement:
        """How good a verdict is. A healthy town is expected to be "OK" and no more; OK for a fault is a miss."""
        healthy = self.exact == {"OK"} and not self.also
        if healthy and also:
            return "false alarm"
        if code in self.exact:
            return "exact" if self.also <= also else "miss" if code == "OK" else "coarse"
        if code in self.coarse | UMBRELLA:
            return "coarse"
        if healthy:
            return "false alarm"
        return "miss" if code == "OK" else "wrong"


class Breaking:
    """A town being broken: what it does is undone in reverse order when the stack closes."""

    def __init__(self, town: Town, draw: Random, undo: ExitStack) -> None:
        self.town = town
        self.draw = draw
        self.undo = undo

    def rules(self, box: Box, *rules: str, family: str = "inet") -> None:
        """Add rules until the end (see `Town.rules`)."""
        self.undo.callback(self.town.lift, box, self.town.rules(box, *rules, family=family))

    def hop(self, *names: str) -> tuple[str, Box]:
        """One of these routers, drawn."""
        name = self.draw.choice(names)
        return name, self.town.routers[name]

    def between(self, low: float, high: float, digits: int = 2) -> float:
        return round(self.draw.uniform(low, high), digits)


Break = Callable[[Breaking], Expected]


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table. `healthy` rows are variants of a town in which nothing is wrong."""

    name: str
    apply: Break
    healthy: bool = False


def codes(*names: str) -> frozenset[str]:
    return frozenset(names)
