"""A power cut in the middle of putting a damaged outbox aside: it must cost nothing that the damage alone does not.

The same damaged outbox is opened twice: a copy on a disk whose power stays, and one whose power goes at a random moment
of the opening, again and again until one opening ends. What the first finds, the second must hold too.
"""

import os
import random
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from agent.clock import Clock
from agent.outbox import OutboxConfig, open_outbox
from tests.chaos.disk.result import Result
from tests.support.loop_disk import LoopDisk
from tests.support.storage_journal import VICTIM, Opening, first_opening
from tests.support.warm import Warm

PAGE = 1024
MOST_CUTS = 4
LONGEST_S = 0.03


def cut_quarantines(folder: Path, cuts: int, seed: int) -> Result:
    """So many cuts of starts that have a damaged outbox to put aside."""
    result = Result()
    chance = random.Random(seed)
    log = folder / "victims.log"
    with LoopDisk(folder) as disk, Warm(VICTIM, log=log) as warm:
        number = 0
        _make_outbox(folder / "intact", chance)
        while result.faults["power_cut"] < cuts:
            number += 1
            damaged = folder / f"damaged-{number}"
            shutil.copytree(folder / "intact", damaged)
            _damage(damaged / "outbox.db", chance)
            on_disk = disk.path / f"outbox-{number}"
            shutil.copytree(damaged, on_disk)
            os.sync()
            wanted = first_opening(warm, damaged, folder / f"reference-{number}")
            for _ in range(chance.randint(1, MOST_CUTS)):
                pid = warm.start(f"{VICTIM}:main", str(on_disk), os.devnull, 1, "rest")
                time.sleep(chance.random() * LONGEST_S)
                disk.power_cut()
                warm.kill(pid)
                disk.restart()
                result.faults["power_cut"] += 1
            found = first_opening(warm, on_disk, folder / f"found-{number}")
            result.opened += 1
            result.accepted += len(wanted.keys)
            _judge(result, wanted, found, f"damaged outbox {number}, seed {seed}")
            shutil.rmtree(on_disk)
            shutil.rmtree(damaged)
    result.log = log.read_text() if log.exists() else ""
    return result


def _judge(result: Result, wanted: Opening, found: Opening, where: str) -> None:
    lost = wanted.keys - found.keys
    if lost:
        result.lost += len(lost)
        result.broken.append(f"{where}: {len(lost)} of {len(wanted.keys)} readable records did not move over")
    if found.predecessors and wanted.predecessors and not found.predecessors & wanted.predecessors:
        result.broken.append(f"{where}: the new epoch names {found.predecessors}, not {wanted.predecessors}")
    if wanted.predecessors and not found.predecessors:
        result.broken.append(f"{where}: the new epoch names no predecessor")


def _make_outbox(directory: Path, chance: random.Random) -> None:
    """An outbox with work in it, closed in order."""
    clock = Clock()
    outbox = open_outbox(directory, "board", clock.stamp(), OutboxConfig(reserve_mb=0))
    for number in range(80):
        for stream in ("complaint", "event", "health"):
            body = b'{"n":%d,"s":"%s","filler":"%s"}' % (number, stream.encode(), chance.randbytes(150).hex().encode())
            outbox.append(stream, "note", body, clock.stamp())
    outbox.close()


def _damage(path: Path, chance: random.Random) -> None:
    """Overwrite one page so that SQLite notices."""
    intact = path.read_bytes()
    while True:
        page = chance.randrange(1, len(intact) // PAGE)
        path.write_bytes(intact[: page * PAGE] + chance.randbytes(PAGE) + intact[(page + 1) * PAGE :])
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as db:
            try:
                if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                    return
            except sqlite3.DatabaseError:
                return
