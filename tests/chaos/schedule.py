"""Which fault, when, for how long, with which seed: a pure function of the run's seed, so that a run can be repeated.

What a fault then meets (which process is up, how far a checkpoint is) is the machine's own chance.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.faults.table import HARM, KILLS, Fault

KILL_EVERY_S = 2.2
"""On average: ten minutes hold some 270, of which a few find their victim already down."""
HARM_EVERY_S = 6.0


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault of the schedule. `seed` is for its own choices (which box, how many bytes)."""

    at_s: float
    name: str
    lasts_s: float
    seed: int


def plan(seed: int, duration_s: float, names: Sequence[str] = (), *, root: bool = True) -> list[Planned]:
    """The schedule of a run, ascending. `names`: only these; an ordinary user's run leaves out what needs root."""
    rng = random.Random(seed)
    kills = _drawn(rng, _chosen(KILLS, names, root), KILL_EVERY_S, duration_s)
    harm = _drawn(rng, _chosen(HARM, names, root), HARM_EVERY_S, duration_s)
    return sorted(kills + harm, key=lambda planned: planned.at_s)


def _chosen(faults: Sequence[Fault], names: Sequence[str], root: bool) -> list[Fault]:
    return [fault for fault in faults if (not names or fault.name in names) and (root or not fault.needs_root)]


def _drawn(rng: random.Random, faults: list[Fault], every_s: float, duration_s: float) -> list[Planned]:
    drawn: list[Planned] = []
    at_s = rng.expovariate(1 / every_s)
    while faults and at_s < duration_s:
        fault = rng.choices(faults, [fault.weight for fault in faults])[0]
        drawn.append(Planned(at_s, fault.name, rng.uniform(*fault.lasts_s), rng.getrandbits(32)))
        at_s += rng.expovariate(1 / every_s)
    return drawn
