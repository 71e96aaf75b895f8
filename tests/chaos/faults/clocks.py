"""The wall clock steps while the agent runs (libfaketime), forwards and backwards, and steps back again."""

import random
from collections.abc import Callable

from tests.chaos.scene import Scene, Unfit

STEPS_S = (-172_800, -7200, -61, -5, 5, 61, 7200, 172_800)


def step(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """By seconds to days."""
    box = next((box for box in scene.boxes if box.env), None)
    if box is None:
        raise Unfit("no box has a clock that can be set: libfaketime is not installed")
    box.set_clock(rng.choice(STEPS_S))
    return lambda: box.set_clock(0)
