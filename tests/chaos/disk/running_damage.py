"""Bytes of the outbox change under the feet of the running agent.

It must not end, must go on taking complaints, must settle, and must deliver nothing that nobody said. What was in the
damaged pages may be lost where the agent declares it: by an entry in the ledger or by a new epoch. Where log, numbers
and epoch are destroyed in one moment nothing is left there that could declare anything; then the kiosk, which keeps
each complaint until the centre is known to have it, gives them again.
"""

import json
import os
import random
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

from tests.chaos.disk.agents import AgentLives
from tests.chaos.disk.cities import heads_of_the_left, running_town
from tests.chaos.disk.result import Result

FILES = (
    ("outbox.db", "outbox.db", "outbox.db-wal", "heartbeat"),
    ("outbox.db", "outbox.db", "epoch.json", "heartbeat"),
    ("outbox.db", "outbox.db-wal", "epoch.json"),
)
"""What is damaged in one life."""


def damage_running(folder: Path, times: int, seed: int) -> Result:
    """So many lives in which something is overwritten; complaints go on for a moment after it."""
    result = Result()
    chance = random.Random(seed)
    with running_town(folder, seed) as city:
        lives = city.add_agent()
        data = folder / lives.node / "data"
        for _ in range(times):
            lives.live(chance, lambda: _overwrite(data, chance), lasts_s=0.15, hears="all")
            result.faults["corrupt"] += 1
        if not _takes_again(lives, chance):
            result.broken.append("no complaint is taken any more")
        found = Result()
        city.settle(found)
        _take(result, found, declared=_declared(city.journal))
    return result


def _overwrite(data: Path, chance: random.Random) -> None:
    files = chance.choice(FILES)
    for _ in range(chance.choice((1, 1, 5))):
        path = data / chance.choice(files)
        if not path.exists() or not (size := path.stat().st_size):
            continue
        with path.open("r+b") as file:
            length = chance.choice((1, 16, 1024))
            os.pwrite(file.fileno(), chance.randbytes(length), chance.randrange(max(1, size - length)))


def _takes_again(lives: AgentLives, chance: random.Random) -> bool:
    before = len(lives.told.accepted)
    lives.live(chance)
    lives.live(chance, heard=True)
    return len(lives.told.accepted) > before


def _declared(journal: Path) -> int:
    """How many complaints the agent says are gone: counted in the ledger, or numbers of an epoch left for damage which
    the centre does not have."""
    with closing(sqlite3.connect(journal)) as db:
        rows = db.execute("SELECT node, epoch, stream, seq, kind, body FROM record").fetchall()
    stored: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for node, epoch, stream, seq, _, _ in rows:
        stored[node, epoch, stream].add(seq)
    gaps = [json.loads(bytes(body)) for *_, kind, body in rows if kind == "gap"]
    counted = sum(gap["count"] for gap in gaps if gap["stream"] == "complaint")
    left = {place: head for place, head in heads_of_the_left(rows).items() if place[2] == "complaint"}
    return counted + sum(len(set(range(1, head + 1)) - stored[place]) for place, head in left.items())


def _take(result: Result, found: Result, *, declared: int) -> None:
    """As many complaints as are declared are not held against the agent; all else is."""
    result.accepted += found.accepted
    result.refused += found.refused
    result.opened += found.opened
    result.log += found.log
    excused = found.lost if found.lost <= declared else 0
    result.damaged += excused
    result.lost += found.lost - excused
    result.broken += [sentence for sentence in found.broken if not (excused and sentence.startswith("lost:"))]
    if found.lost > declared:
        result.broken.append(f"{found.lost} complaints are gone, {declared} are declared")
