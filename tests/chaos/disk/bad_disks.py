"""Disks that fail under the running agent: full, failing, read-only, hanging. What was accepted is there all the same.

full      a tmpfs with almost no room, or none, for a while; kiosk and agent must refuse, and accept again afterwards
failing   a loop ext4 whose card takes no more blocks: writes come back with an error
read-only what ext4 does when it meets an error; nothing is written until the box is started again
hanging   a frozen file system: who writes waits
"""

import random
import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.disk.agents import Hears
from tests.chaos.disk.cities import running_town
from tests.chaos.disk.result import Result
from tests.support.loop_disk import LoopDisk
from tests.support.small_tmpfs import SmallTmpfs

KIB = 1024
MET_WITHIN_S = 60.0
"""A disk stays full so long at most until the first who hands something in has been refused."""


def fill_disk(folder: Path, times: int, seed: int) -> Result:
    """A tmpfs of 16 MiB that is full again and again."""
    result = Result()
    chance = random.Random(seed)
    with SmallTmpfs(folder / "card", 16) as disk, running_town(folder, seed) as city:
        lives = city.add_agent(disk.path / "data")

        def full_for_a_while() -> None:
            for _ in range(2):
                room = chance.choice((0, 0, 4 * KIB, 100 * KIB))
                disk.fill(room)
                time.sleep(0.1 + chance.random() * 0.15)
                # On a busy machine nobody may have come to the door in that time: once somebody must have met it.
                patience = time.monotonic() + MET_WITHIN_S
                while room <= 4 * KIB and not lives.told.refused and time.monotonic() < patience:
                    time.sleep(0.05)
                disk.free()
                time.sleep(0.05)

        for number in range(times):
            already = number > 0 and chance.random() < 0.2  # where there is an outbox, it starts on a full disk too
            if already:
                disk.fill(chance.choice((0, 64 * KIB)))
            lives.live(chance, full_for_a_while, hears="all", soon=already)
            disk.free()
            result.faults["disk_full"] += 2
        city.settle(result)
        result.broken += [f"put aside: {path.name}" for path in (disk.path / "data").glob("outbox.corrupt-*.db")]
    return result


def break_disk(folder: Path, times: int, seed: int) -> Result:
    """A loop ext4 that hangs, turns read-only, or takes no more blocks; after the latter two the box starts again."""
    result = Result()
    chance = random.Random(seed)
    with (
        SmallTmpfs(folder / "card", 80) as card,
        LoopDisk(folder / "loop", 48, image_in=card.path, options="errors=remount-ro") as disk,
        running_town(folder, seed) as city,
    ):
        lives = city.add_agent(disk.path / "data")

        faults: dict[str, tuple[Callable[[], None], float, Hears]] = {
            "read_only": (disk.fail_read_only, 0.3, "asked since"),
            "disk_hangs": (lambda: disk.hang(0.2), 0.0, "all"),
            "disk_fails": (card.fill, 0.4, "asked since"),
        }
        for number in range(times):
            name = list(faults)[number % len(faults)]
            fault, lasts_s, hears = faults[name]
            lives.live(chance, fault, lasts_s=lasts_s, hears=hears)
            card.free()
            disk.restart(repair=True)
            result.faults[name] += 1
        city.settle(result)
    return result
