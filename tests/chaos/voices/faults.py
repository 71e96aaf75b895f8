"""What befalls voices on their way. A new one is a line in the table.

Each takes the run and its dice, does harm, and returns what undoes it (or None).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.support.loop_disk import why_not

if TYPE_CHECKING:
    from tests.chaos.voices.run import Run

Heal = Callable[[], object]
Harm = Callable[["Run", random.Random], Heal | None]


@dataclass(frozen=True, slots=True)
class Fault:
    """`weight` among its like; `lasts_s` from harm to healing; `real`: only where the whole centre runs."""

    name: str
    weight: float
    lasts_s: tuple[float, float]
    inject: Harm
    real: bool = False


class Unfit(Exception):  # noqa: N818 - not an error: this fault cannot be had at this moment
    """It is down already, or there is no such thing here."""


def kill_agent(run: "Run", chance: random.Random) -> Heal:
    box = chance.choice(run.boxes)
    if not box.kill():
        raise Unfit
    return box.start


def cut_power(run: "Run", chance: random.Random) -> Heal:
    cuttable = [box for box in run.boxes if box.disk is not None and box.alive()]
    if not cuttable or why_not():
        raise Unfit
    box = chance.choice(cuttable)
    box.power_cut(chance)
    return box.start


def kill_caller(run: "Run", chance: random.Random) -> None:
    chance.choice(run.boxes).kill_caller(chance, run.options.kinds)


def kill_part(*parts: str) -> Harm:
    def kill(run: "Run", chance: random.Random) -> None:
        if not run.town.kill(chance.choice(parts)):
            raise Unfit

    return kill


def cut_line(run: "Run", chance: random.Random) -> None:
    chance.choice(run.boxes).proxy.cut()


def no_line(run: "Run", chance: random.Random) -> Heal:
    proxy = chance.choice(run.boxes).proxy
    proxy.set(refuse=True)
    proxy.cut()
    return lambda: proxy.set(refuse=False)


def cut_every(run: "Run", chance: random.Random) -> Heal:
    proxy = chance.choice(run.boxes).proxy
    proxy.set(cut_every=chance.choice((4000, 8000, 20_000, 50_000)))
    return lambda: proxy.set(cut_every=None)


def black_hole(run: "Run", chance: random.Random) -> Heal:
    proxy = chance.choice(run.boxes).proxy
    proxy.set(black_hole=True)

    def heal() -> None:
        proxy.set(black_hole=False)
        proxy.cut()  # a stream with a hole in it is no stream

    return heal


TABLE: Final = (
    Fault("kill -9 agent", 10, (0.0, 1.0), kill_agent),
    Fault("power cut of the box", 8, (0.0, 1.0), cut_power),
    Fault("kill -9 caller", 8, (0, 0), kill_caller),
    Fault("kill -9 broker", 2, (0, 0), kill_part("broker")),
    Fault("kill -9 ingest", 6, (0, 0), kill_part("ingest-1", "ingest-2"), real=True),
    Fault("kill -9 worker", 3, (0, 0), kill_part("worker"), real=True),
    Fault("line cut", 4, (0, 0), cut_line),
    Fault("line away", 4, (1, 6), no_line),
    Fault("line cut every N bytes", 3, (2, 5), cut_every),
    Fault("line black hole", 2, (2, 6), black_hole),
)
