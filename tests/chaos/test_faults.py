"""Each fault alone: when the random runs find something, this says which fault it takes.

One city for all of them, filing goes on all the time; after each fault everybody falls silent, everything has to
arrive, and the oracle looks at everything stored so far.
"""

import random
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.chaos.faults.table import Heal, by_name
from tests.chaos.place import workplace
from tests.chaos.scene import Scene, Unfit, running_scene
from tests.support.torture import often

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.timeout(500)]
LONGEST_S = 5.0
FIT_WITHIN_S = 120.0
ROUNDS = often(1, 2)


@pytest.fixture(scope="module")
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    failed = request.session.testsfailed
    with workplace() as place:
        with running_scene(place.directory, agents=3, per_s=2.0, seed=1) as made:
            yield made
        place.keep = request.session.testsfailed > failed


def injected(scene: Scene, name: str, rng: random.Random) -> Heal | None:
    """Unfit passes: a process may just be coming back."""
    deadline = time.monotonic() + FIT_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(Unfit):
            return by_name()[name].inject(scene, rng)
        scene.keep()
        time.sleep(0.2)
    raise AssertionError(f"{name!r} could not be had in {FIT_WITHIN_S:g} s:\n{scene.city.up.tail()}")


@pytest.mark.parametrize("name", by_name())
def test_nothing_is_lost_and_nothing_stored_twice_under(name: str, scene: Scene) -> None:
    if by_name()[name].needs_root and not scene.root:
        pytest.skip("mounting a disk needs root")
    rng = random.Random(name)
    for _ in range(ROUNDS):
        heal = injected(scene, name, rng)
        until = time.monotonic() + min(LONGEST_S, max(1.0, rng.uniform(*by_name()[name].lasts_s)))
        while time.monotonic() < until:
            scene.keep()
            time.sleep(0.1)
        if heal is not None:
            heal()
    verdict = scene.judge_now()
    assert verdict.problems == []
    assert verdict.good
