"""Bytes of the outbox turn into others, at random offsets.

What was accepted and exists nowhere else cannot be delivered once its bytes are gone. So in combination with other
faults the damage comes when the centre already has every complaint of the box; what the damage does to reports and
events under way the node has to declare. The single-fault test damages an outbox that holds complaints.
"""

import random
import time
from pathlib import Path

from tests.chaos.scene import Scene, Unfit

PATIENCE_S = 3.0


def outbox(scene: Scene, rng: random.Random) -> None:
    """kill -9, then up to twenty bytes of the outbox are others, then a start."""
    box = rng.choice(scene.boxes)
    if not box.alive():
        raise Unfit(f"{box.node} is down")
    with scene.journal_of(box).silent(PATIENCE_S) as silent:
        deadline = time.monotonic() + PATIENCE_S
        while silent and not scene.delivered(box) and time.monotonic() < deadline:
            time.sleep(0.1)
        if not silent or not scene.delivered(box):
            raise Unfit(f"{box.node} still holds complaints")
        box.kill()
        corrupt(box.data / "outbox.db", rng, rng.randint(1, 20))
        box.start()


def corrupt(path: Path, rng: random.Random, count: int) -> list[int]:
    """Change `count` bytes of the file at random offsets; the offsets."""
    offsets = [rng.randrange(path.stat().st_size) for _ in range(count)]
    with path.open("r+b") as file:
        for offset in offsets:
            file.seek(offset)
            old = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([old ^ rng.randint(1, 255)]))
    return offsets
