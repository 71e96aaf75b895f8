"""kill -9 of a process that works with the storage, at random moments, on an ordinary disk."""

import random
from pathlib import Path

from tests.chaos.disk.lives import STYLES, Lives
from tests.chaos.disk.result import Result
from tests.support.storage_journal import VICTIM
from tests.support.warm import Warm

LIVES_PER_FOLDER = 25
LONGEST_S = 0.08
FIRST_MOMENTS_S = 0.03


def kill_storage(folder: Path, kills: int, seed: int) -> Result:
    """So many kills of storage victims; what they broke is in the result."""
    result = Result()
    chance = random.Random(seed)
    log = folder / "victims.log"
    with Warm(VICTIM, log=log) as warm:
        number = 0
        while result.faults["kill_storage"] < kills:
            style = STYLES[number % len(STYLES)]
            number += 1
            lives = Lives(warm, folder / f"outbox-{number}", folder / f"journals-{number}", chance, style)
            for _ in range(min(LIVES_PER_FOLDER, kills - result.faults["kill_storage"])):
                soon = chance.random() < 0.25
                lives.live(FIRST_MOMENTS_S if soon else LONGEST_S, lambda: None, soon=soon)
                result.faults["kill_storage"] += 1
            lives.judge()
            result.heard += lives.heard
            result.take(lives.oracle, f"{style} (outbox {number}, seed {seed})")
    result.log = log.read_text() if log.exists() else ""
    return result
