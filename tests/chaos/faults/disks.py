"""The small disk of the last box: full, or read-only as a card becomes that fails."""

import errno
import os
import random
from collections.abc import Callable
from contextlib import suppress

from tests.chaos.box import Box
from tests.chaos.scene import Scene, Unfit

FILLER = "filler"
CHUNK = 256 * 1024


def full(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """Something else on the box writes until nothing fits any more."""
    box = _small(scene)
    filler = box.data / FILLER
    with filler.open("ab", buffering=0) as file:
        for size in (CHUNK, 4096, 1):
            try:
                while True:
                    os.write(file.fileno(), bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    if rng.random() < 0.5:  # not even the last page: some rather meet a disk that lets a little through
        with suppress(OSError):
            os.truncate(filler, max(0, filler.stat().st_size - rng.randint(1, 64) * 4096))
    return lambda: filler.unlink(missing_ok=True)


def read_only(scene: Scene, _: random.Random) -> Callable[[], None]:
    """The agent dies and finds its disk read-only; systemd tries on; then it can be written again."""
    box = _small(scene)
    if not box.kill():
        raise Unfit(f"{box.node} is down")
    box.remount(read_only=True)
    box.start()

    def heal() -> None:
        box.kill()
        box.remount(read_only=False)
        box.start()

    return heal


def _small(scene: Scene) -> Box:
    box = next((box for box in scene.boxes if box.mounted), None)
    if box is None:
        raise Unfit("no box has a disk of its own")
    return box
