"""A simulated month of the outbox on a real file system: what wears the card, per record.

python -m bench.wear [--days 30] [--json]

Fake time, the real Outbox on an ext4 of its own in a loop device (root; elsewhere in /var/tmp, without the device's
figures): 2,880 reports, 54 events and 6 complaints a day, acknowledgements, upkeep, deletions, expiry after a week,
checkpoints, closing. Two figures: `write_bytes` of this process (whole 4 KiB pages handed to storage) and the sectors
that reached the device, the file system's journal included.

What to hold them against: a report is made every 30 s and must be on the disk within 10 s, so online every commit has
one row, and no design writes less than one 4 KiB block for it. The group-commit figure (20 rows a commit: 1.9 kB a
row) can only be met where rows gather; the rows "20 reports a commit" and "200 reports a commit" measure that.
"""

import argparse
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.fakes import FakeClock
from agent.outbox import Outbox, OutboxConfig, open_outbox
from bench import backlog, process, table

DEVICE_MIB = 512
EVENT_EVERY, COMPLAINT_EVERY, SESSION_EVERY = 53, 480, 1440
"""Reports between two events (30 changes of reach and 24 clock anchors a day), complaints (6), sessions (2)."""
WEEK_REPORTS = 7 * backlog.DAY_REPORTS
PAGE_BYTES = 32 * 1024
BLOCK_BYTES = 4096
GROUP_KB = {20: 1.9, 200: 0.8}
"""Measured for a plain table in WAL mode: kB written per row at so many rows per commit."""
ALLOWED = 1.5
DIFFERENT_BODIES = 500
COMPLAINT = b'{"category":"laporan","urgent":false,"place":"kel-3673011001","sealed":"%s"}' % (b"k" * 700)


@dataclass(frozen=True, slots=True)
class Disk:
    """A folder on a file system; `device` is its block device's name where it has one of its own."""

    folder: Path
    device: str = ""

    def sectors_bytes(self) -> int:
        """Bytes written to the device so far (Documentation/block/stat.rst: the seventh field, 512-byte sectors)."""
        if not self.device:
            return 0
        os.sync()
        fields = Path(f"/sys/block/{self.device}/stat").read_text(encoding="utf-8").split()
        return int(fields[6]) * 512


@dataclass(frozen=True, slots=True)
class Worn:
    """What a run wrote."""

    records: int
    process_bytes: int
    device_bytes: int
    file_bytes: int

    @property
    def per_record(self) -> float:
        """Bytes of the process per record."""
        return self.process_bytes / self.records


def run(days: int = 30) -> list[table.Row]:
    """Rows of all runs; some minutes."""
    rows: list[table.Row] = []
    lives: dict[str, Callable[[Outbox, FakeClock, list[bytes]], int]] = {
        "online": lambda outbox, clock, bodies: _online(outbox, clock, bodies, days * backlog.DAY_REPORTS),
        "a week offline, then drained": _week,
    }
    with _disk() as disk:
        for name, live in lives.items():
            worn = _worn(disk, OutboxConfig(), live)
            rows += _rows(name, worn)
        for group, kilobytes in GROUP_KB.items():
            config = OutboxConfig(commit_records=group)
            worn = _worn(disk, config, _gathered)
            limit = kilobytes * ALLOWED
            rows.append(table.below(f"{group} reports a commit, per record", worn.per_record / 1e3, "kB", limit))
            rows.append(table.figure("  reaching the device", worn.device_bytes / worn.records / 1e3, "kB"))
    return rows


def _rows(name: str, worn: Worn) -> list[table.Row]:
    floor_kb, group_kb = BLOCK_BYTES / 1e3, GROUP_KB[20]
    per_day = backlog.DAY_REPORTS / worn.records
    return [
        table.below(f"{name}: per record", worn.per_record / 1e3, "kB", group_kb * ALLOWED),
        table.figure("  against one 4 KiB block per commit", worn.per_record / 1e3 / floor_kb, "times"),
        table.figure("  reaching the device, journal included", worn.device_bytes / worn.records / 1e3, "kB"),
        table.figure("  a day", worn.process_bytes * per_day / 1e6, "MB"),
        table.figure("  records", worn.records, "records"),
        table.figure("  the outbox on disk at the end", worn.file_bytes / 1e6, "MB"),
    ]


def _worn(disk: Disk, config: OutboxConfig, live: Callable[[Outbox, FakeClock, list[bytes]], int]) -> Worn:
    bodies = [backlog.report(number, random.Random(number)) for number in range(DIFFERENT_BODIES)]
    with tempfile.TemporaryDirectory(dir=disk.folder) as name:
        clock = FakeClock()
        outbox = open_outbox(Path(name), "bench", clock.stamp(), config)
        process_bytes, device_bytes = process.written_bytes(os.getpid()), disk.sectors_bytes()
        records = live(outbox, clock, bodies)
        outbox.close()
        size = sum(path.stat().st_size for path in Path(name).rglob("*") if path.is_file())
        written = process.written_bytes(os.getpid()) - process_bytes
        return Worn(records, written, disk.sectors_bytes() - device_bytes, size)


def _online(outbox: Outbox, clock: FakeClock, bodies: list[bytes], reports: int) -> int:
    """The centre answers each report at once; returns how many records were made."""
    made = 0
    for number in range(reports):
        made += _one(outbox, clock, bodies, number)
        _acknowledge_all(outbox)
        outbox.maintain(clock.stamp())
    return made


def _week(outbox: Outbox, clock: FakeClock, bodies: list[bytes]) -> int:
    """A week without the centre, then everything in batches as the uplink sends them."""
    made = 0
    for number in range(WEEK_REPORTS):
        made += _one(outbox, clock, bodies, number)
        outbox.maintain(clock.stamp())
    for stream in ("complaint", "event", "health"):
        after = 0
        while page := outbox.page(stream, after, PAGE_BYTES):
            after = page[-1].record.seq
            clock.advance(0.05)
            outbox.acknowledge(outbox.epoch, stream, [(page[0].record.seq, after)])
            outbox.maintain(clock.stamp())
    return made


def _gathered(outbox: Outbox, clock: FakeClock, bodies: list[bytes]) -> int:
    """Reports that gather to a whole group before each commit, acknowledged a day late in batches."""
    for number in range(WEEK_REPORTS):
        clock.advance(backlog.PERIOD_S)
        outbox.append("health", "report", bodies[number % len(bodies)], clock.stamp())
        if number % backlog.DAY_REPORTS == backlog.DAY_REPORTS - 1:
            _acknowledge_all(outbox)
        outbox.maintain(clock.stamp())
    return WEEK_REPORTS


def _one(outbox: Outbox, clock: FakeClock, bodies: list[bytes], number: int) -> int:
    """One period of the agent: a report on the disk, now and then an event, a complaint, a new session."""
    clock.advance(backlog.PERIOD_S)
    outbox.append("health", "report", bodies[number % len(bodies)], clock.stamp())
    outbox.flush()
    made = 1
    if number % EVENT_EVERY == 0:
        backlog.reach(outbox, clock, number)
        made += 1
    if number % COMPLAINT_EVERY == 0:
        outbox.append("complaint", "complaint", COMPLAINT, clock.stamp())
        made += 1
    if number % SESSION_EVERY == 0:
        outbox.next_session()
    return made


def _acknowledge_all(outbox: Outbox) -> None:
    for stream, (oldest, head, waiting) in outbox.heads().items():
        if waiting:
            outbox.acknowledge(outbox.epoch, stream, [(oldest, head)])


@contextlib.contextmanager
def _disk() -> Iterator[Disk]:
    """An ext4 in a loop device, as root; else a folder of the machine's own disk."""
    if os.geteuid() != 0:
        with tempfile.TemporaryDirectory(dir=backlog.PLACE) as name:
            yield Disk(Path(name))
        return
    with tempfile.TemporaryDirectory(dir=backlog.PLACE) as name:
        image, folder = Path(name) / "disk", Path(name) / "mounted"
        folder.mkdir()
        with image.open("wb") as stream:
            stream.truncate(DEVICE_MIB * 1024 * 1024)
        # Without lazy initialisation: the kernel would write inode tables in the background and into the figures.
        _do("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
        device = _do("losetup", "--find", "--show", str(image)).strip()
        try:
            _do("mount", "-o", "noatime", device, str(folder))
            try:
                yield Disk(folder, Path(device).name)
            finally:
                _unmount(folder)
        finally:
            _do("losetup", "--detach", device)


def _unmount(folder: Path, tries: int = 20) -> None:
    for _ in range(tries):
        if subprocess.run(("umount", str(folder)), check=False, capture_output=True).returncode == 0:
            return
        time.sleep(0.2)
    _do("umount", str(folder))


def _do(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Print the rows."""
    options = argparse.ArgumentParser(prog="bench.wear", description=__doc__)
    options.add_argument("--days", type=int, default=30, help="length of the online month (default 30)")
    options.add_argument("--json", action="store_true", help="one JSON object")
    chosen = options.parse_args()
    rows = run(chosen.days)
    table.show("wear of the card", rows, chosen.json)
    sys.exit(1 if any(row.met is False for row in rows) else 0)


if __name__ == "__main__":
    main()
