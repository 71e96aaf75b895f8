"""Power cuts on a real ext4: at work, while an epoch is renewed, while things are evicted, at closing, at creation."""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.disk.lives import STYLES, Lives
from tests.chaos.disk.result import Result
from tests.support.loop_disk import LoopDisk
from tests.support.storage_journal import VICTIM
from tests.support.warm import Warm

LIVES_PER_FOLDER = 8
"""Then another outbox is begun: creation is met by cuts too, and an oracle does not grow for ever."""
LONGEST_S = 0.12
FIRST_MOMENTS_S = 0.03
"""A start takes some 15 ms: cuts in here meet the making and the opening of the files."""


def cut_power(folder: Path, cycles: int, seed: int, styles: Sequence[str] = STYLES) -> Result:
    """So many power cuts; what they broke is in the result. `styles`: what the victims do, in turn."""
    result = Result()
    chance = random.Random(seed)
    log = folder / "victims.log"
    with LoopDisk(folder) as disk, Warm(VICTIM, log=log) as warm:
        number = 0
        while result.faults["power_cut"] < cycles:
            style = styles[number % len(styles)]
            number += 1
            lives = Lives(warm, disk.path / f"outbox-{number}", folder / f"journals-{number}", chance, style)
            for index in range(min(LIVES_PER_FOLDER, cycles - result.faults["power_cut"])):
                soon = chance.random() < (0.7 if index == 0 else 0.25)
                lives.live(FIRST_MOMENTS_S if soon else LONGEST_S, disk.power_cut, soon=soon)
                disk.restart(check=chance.random() < 0.2)
                result.faults["power_cut"] += 1
            lives.judge()
            result.heard += lives.heard
            result.take(lives.oracle, f"{style} (outbox {number}, seed {seed})")
            shutil.rmtree(lives.directory)  # the disk is small
    result.log = log.read_text() if log.exists() else ""
    return result
