"""Bytes of the agent's files change while it is down: bits rot, sectors come back as zeros, ends are cut off.

What must hold then: everything opens; no record is delivered that nobody filed; what is gone is declared, number by
number, by entries in the ledger that count as many as are gone, or by the heads that a new epoch names of the one
before; new records are taken and kept.

Two things nobody can declare, and they are only counted: the end of the log that was cut off or damaged (it looks like
the unfinished commit of a power cut), and numbers that stood only in pages nobody can read any more.
"""

import json
import random
import shutil
import sqlite3
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from agent.clock import Clock
from agent.heartbeat import Heartbeat
from agent.kiosk.store import KioskStore
from agent.outbox import Held, Outbox, OutboxConfig, open_outbox
from tests.chaos.disk.result import Result
from tests.support.storage_victim import key_of
from wire.topics import STREAMS

LIMITS = OutboxConfig(reserve_mb=0, ack_commit_count=1)
EVERYTHING = 10**9
RECORDS = 60
LOG = "outbox.db-wal"
LOG_TAIL = 32 * 1024
"""Some three of the sample's commits: damage before them must be told from an unfinished commit."""


@dataclass(frozen=True)
class Sample:
    """An outbox as a power cut left it: its folder, and what had been accepted (number, content) per stream."""

    folder: Path
    epoch: str
    filed: set[str]
    """Contents of all records there ever were."""
    accepted: dict[str, dict[int, str]]


Change = Callable[[bytearray, random.Random], None]


def flip_bits(content: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 4, 40))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def flip_one_bit(content: bytearray, chance: random.Random) -> None:
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def overwrite(content: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 3))):
        at, length = chance.randrange(len(content)), chance.choice((1, 16, 512, 1024, 4096))
        length = min(length, len(content) - at)
        content[at : at + length] = chance.choice((bytes(length), b"\xff" * length, chance.randbytes(length)))


def exchange_sectors(content: bytearray, chance: random.Random) -> None:
    sectors = len(content) // 512
    if sectors > 1:
        a, b = (chance.randrange(sectors) * 512 for _ in range(2))
        content[a : a + 512], content[b : b + 512] = content[b : b + 512], content[a : a + 512]


def cut_off(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content)) :]


CHANGES: tuple[Change, ...] = (flip_bits, flip_bits, overwrite, overwrite, exchange_sectors, cut_off)


def damage_files(folder: Path, mutations: int, seed: int) -> Result:
    """So many mutations of one file or several; what they broke is in the result."""
    result = Result()
    chance = random.Random(seed)
    samples = [make_sample(folder / f"sample-{number}", random.Random(f"{seed}-{number}")) for number in range(3)]
    for number in range(mutations):
        sample = chance.choice(samples)
        work = folder / "work"
        shutil.copytree(sample.folder, work)
        hurt = _mutate(work, chance)
        where = f"mutation {number} of {', '.join(hurt)} (seed {seed})"
        try:
            judge(result, sample, work, hurt)
        except Exception as error:  # noqa: BLE001 - any exception is what must not happen
            result.broken.append(f"{where}: {type(error).__name__}: {error}")
            result.log += traceback.format_exc()
        result.faults["corrupt"] += 1
        shutil.rmtree(work)
    return result


def make_sample(folder: Path, chance: random.Random) -> Sample:
    """Work as the agent's; some of it still only in the log, as at a power cut."""
    clock = Clock()
    outbox = open_outbox(folder, "board", clock.stamp(), LIMITS)
    heartbeat, kiosk = Heartbeat(folder / "heartbeat"), KioskStore(folder)
    accepted: dict[str, dict[int, str]] = {stream: {} for stream in STREAMS}
    filed: set[str] = set()
    folded = chance.randrange(RECORDS // 2)
    for number in range(RECORDS):
        for stream in ("complaint", "event", "health"):
            body = json.dumps({"n": number, "s": stream, "x": chance.randbytes(chance.randrange(300)).hex()}).encode()
            accepted[stream][outbox.append(stream, "note", body, clock.stamp())] = key_of(body)
        if number % 10 == 0:
            content = json.dumps({"n": number, "s": "snapshot"}).encode()
            seq = outbox.append_file("snapshot", "snapshot", lambda *_, content=content: content, clock.stamp())
            accepted["snapshot"][seq] = key_of(content)
            heartbeat.beat(clock.stamp())
        if number == folded:
            outbox.flush()
            outbox.acknowledge(outbox.epoch, "health", [(1, 5)])
            filed.update(accepted["health"].values())
            accepted["health"] = {seq: key for seq, key in accepted["health"].items() if seq > 5}
            outbox._opened.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    outbox.flush()
    filed.update(key for rows in accepted.values() for key in rows.values())
    copy = folder.with_name(folder.name + "-cut")
    shutil.copytree(folder, copy)  # nobody writes now: what a cut at this moment would leave
    epoch = outbox.epoch
    outbox.close()
    heartbeat.close()
    kiosk.close()
    return Sample(copy, epoch, filed, accepted)


def _mutate(work: Path, chance: random.Random) -> list[str]:
    """Change one file, or two at once; their names, `tail` among them when the end of the log was touched."""
    names = [path.relative_to(work).as_posix() for path in sorted(work.rglob("*")) if path.is_file()]
    names = [name for name in names if (work / name).stat().st_size]
    weights = [6 if name.startswith("outbox.db") else 1 for name in names]
    hurt = sorted(set(chance.choices(names, weights, k=chance.choice((1, 1, 1, 2)))))
    for name in tuple(hurt):
        before = (work / name).read_bytes()
        content = bytearray(before)
        change = chance.choice(CHANGES)
        if name == LOG and chance.random() < 0.7:
            change = flip_one_bit
        change(content, chance)
        (work / name).write_bytes(content)
        if name == LOG and (change is not flip_one_bit or content[-LOG_TAIL:] != before[-LOG_TAIL:]):
            hurt.append("tail")
    return hurt


def judge(result: Result, sample: Sample, work: Path, hurt: list[str]) -> None:
    """Open everything in `work` and hold it against the sample."""
    clock = Clock()
    where = ", ".join(hurt)
    outbox = open_outbox(work, "board", clock.stamp(), LIMITS)
    try:
        found = _held(outbox)
        _judge_contents(result, sample, found, where)
        _judge_declared(result, sample, outbox, found, hurt)
        body = b'{"n":1000000}'
        seq = outbox.append("complaint", "note", body, clock.stamp())
    finally:
        outbox.close()
    outbox = open_outbox(work, "board", clock.stamp(), LIMITS)
    try:
        if _held(outbox)["complaint"].get(seq) != key_of(body):
            result.broken.append(f"{where}: a complaint accepted after the damage is gone at the next start")
        result.accepted += len(found["complaint"])
    finally:
        outbox.close()
    heartbeat = Heartbeat(work / "heartbeat")
    heartbeat.beat(clock.stamp())
    heartbeat.close()
    KioskStore(work).close()


def _held(outbox: Outbox) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {stream: {} for stream in STREAMS}
    for stream in STREAMS:
        for _ in range(3):  # damage met on the way buries, or begins a new epoch: then from the beginning
            epoch, rows = outbox.epoch, {}
            for held in outbox.page(stream, 0, EVERYTHING, 10**6):
                if held.record.kind in ("gap", "epoch"):
                    continue
                content = outbox.read_file(stream, held) if held.path else bytes(held.record.body)
                if content is not None:
                    rows[held.record.seq] = key_of(content)
            if outbox.epoch == epoch:
                break
        found[stream] = rows
    return found


def _judge_contents(result: Result, sample: Sample, found: dict[str, dict[int, str]], where: str) -> None:
    for stream, rows in found.items():
        if strange := [key for key in rows.values() if key not in sample.filed]:
            result.broken.append(f"{where}: {stream} has {strange[:3]}, which nobody filed")
        if len(set(rows.values())) < len(rows):
            result.broken.append(f"{where}: {stream} has records twice")


def _judge_declared(
    result: Result, sample: Sample, outbox: Outbox, found: dict[str, dict[int, str]], hurt: list[str]
) -> None:
    """Each accepted record that is gone must be covered, and there must be no more of them than the ledger counts."""
    where = ", ".join(hurt)
    events = [(held.record.kind, json.loads(bytes(held.record.body))) for held in _events(outbox)]
    same = outbox.epoch == sample.epoch
    notices = [body for kind, body in events if kind == "epoch" and body["predecessor"] == sample.epoch]
    gaps = [body for kind, body in events if kind == "gap" and body.get("epoch", "") == ("" if same else sample.epoch)]
    if not same and not notices and "epoch.json" not in hurt:
        result.broken.append(f"{where}: the new epoch does not name the one before")
    for stream, rows in sample.accepted.items():
        there = set(found[stream].values())
        gone = [seq for seq, key in rows.items() if key not in there]
        entries = [gap for gap in gaps if gap["stream"] == stream]
        head = max((notice["predecessor_heads"].get(stream, 0) for notice in notices if not same), default=0)
        without = [seq for seq in gone if seq > head and not _covered(seq, entries)]
        counted = sum(gap["count"] for gap in entries)
        if same and "tail" not in hurt and len(gone) - len(without) > counted:
            result.broken.append(f"{where}: {len(gone)} of {stream} are gone, the ledger counts {counted}")
        nameless = not same and not notices  # in neither file is the old epoch's name to be read
        if without and not nameless and not _unknowable(outbox.directory, stream, without, hurt):
            result.lost += len(without)
            result.broken.append(f"{where}: {len(without)} of {stream} are gone without a word ({without[:3]})")
        else:
            result.damaged += len(gone)


def _covered(seq: int, entries: list[dict[str, int]]) -> bool:
    return any(entry["first"] <= seq <= entry["last"] for entry in entries)


def _unknowable(work: Path, stream: str, numbers: list[int], hurt: list[str]) -> bool:
    """The end of the log was touched, or the damaged file shows these numbers to nobody, and the sidecar is older."""
    shown = [_highest(path, stream) for path in work.glob("outbox.corrupt-*.db")]
    return "tail" in hurt or (bool(shown) and min(numbers) > max(shown))


def _highest(path: Path, stream: str) -> int:
    """The highest number of a stream that SQLite still reads out of a damaged file, from either end."""
    seen = [0]
    with suppress(sqlite3.Error, UnicodeError), closing(sqlite3.connect(path)) as db:
        for order in ("DESC", "ASC"):
            with suppress(sqlite3.Error):
                for (seq,) in db.execute(f"SELECT seq FROM {stream}_record ORDER BY seq {order}"):
                    seen.append(seq)
        if stream == "health":
            with suppress(sqlite3.Error):
                seen += [int.from_bytes(data[:8]) for (data,) in db.execute("SELECT data FROM slot")]
    return max(seen)


def _events(outbox: Outbox) -> list[Held]:
    return outbox.page("event", 0, EVERYTHING, 10**6)
