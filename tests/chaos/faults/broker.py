"""A broker that forgets, and processes of the centre that hang without dying."""

import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress

from tests.chaos.scene import Scene


def restart_without_memory(scene: Scene, _: random.Random) -> None:
    """It ends in order and comes back empty: sessions, retained births and what was queued are gone.

    The product runs it without persistence; should somebody switch that on, its file is taken away here as well.
    """
    scene.signal_part("broker", signal.SIGTERM)
    for kept in (scene.city.data / "broker").glob("*.db"):
        kept.unlink(missing_ok=True)


def hang(scene: Scene, _: random.Random) -> Callable[[], None]:
    """Connections stay open, nothing is answered."""
    return _stopped(scene, "broker")


def ingest_hangs(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """One of two ingest workers holds its messages and does not answer."""
    return _stopped(scene, rng.choice(("ingest-1", "ingest-2")))


def _stopped(scene: Scene, part: str) -> Callable[[], None]:
    pid = scene.signal_part(part, signal.SIGSTOP)

    def go_on() -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    return go_on
