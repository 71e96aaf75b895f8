"""The outbox: how fast it takes and gives, and what a day at the default cadence writes to the disk."""

import json
import os
import random
import tempfile
import time
from pathlib import Path

from agent.fakes import FakeClock
from agent.outbox import Outbox, OutboxConfig, open_outbox
from agent.outbox.config import MIB
from bench import process, table

REPORTS_PER_DAY = 2880
PERIOD_S = 30.0
PAGE_BYTES = 32 * 1024
PLACE = Path(os.environ.get("SANDI_BENCH_DIR", "/var/tmp"))
"""A real file system: on a tmpfs nothing is written at all."""


def run() -> list[table.Row]:
    """Rows of all outbox benchmarks; under a minute."""
    return [*_rates(), *_day(acknowledged=True), *_day(acknowledged=False)]


def _rates() -> list[table.Row]:
    with tempfile.TemporaryDirectory(dir=PLACE) as folder:
        clock = FakeClock()
        outbox = open_outbox(Path(folder), "bench", clock.stamp(), OutboxConfig())
        rows = []
        for stream, kind, count in (("complaint", "complaint", 1000), ("event", "reach", 1000)):
            rate = _append(outbox, clock, stream, kind, count)
            rows.append(table.figure(f"append {stream}, each on the disk", rate, "records/s"))
        rate = _append(outbox, clock, "health", "report", 20_000)
        rows.append(table.figure("append health, 64 per commit", rate, "records/s"))
        rows.append(table.figure("drain: page, acknowledge, delete", _drain(outbox, clock), "records/s"))
        began = time.perf_counter()
        outbox.close()
        outbox = open_outbox(Path(folder), "bench", clock.stamp(), OutboxConfig())
        rows.append(table.figure("close and open again", (time.perf_counter() - began) * 1000, "ms"))
        outbox.close()
        return rows


def _append(outbox: Outbox, clock: FakeClock, stream: str, kind: str, count: int) -> float:
    bodies = [report(number) for number in range(min(count, 500))]
    began = time.perf_counter()
    for number in range(count):
        outbox.append(stream, kind, bodies[number % len(bodies)], clock.stamp())
    outbox.flush()
    return count / (time.perf_counter() - began)


def _drain(outbox: Outbox, clock: FakeClock) -> float:
    began, count, after = time.perf_counter(), 0, 0
    while page := outbox.page("health", after, PAGE_BYTES):
        after = page[-1].record.seq
        count += outbox.acknowledge(outbox.epoch, "health", [(page[0].record.seq, after)])
        outbox.maintain(clock.stamp())
    return count / (time.perf_counter() - began)


def _day(*, acknowledged: bool) -> list[table.Row]:
    """A day of health reports, each a commit of its own as at 30 s cadence, and an anchor event an hour."""
    with tempfile.TemporaryDirectory(dir=PLACE) as folder:
        clock = FakeClock()
        outbox = open_outbox(Path(folder), "bench", clock.stamp(), OutboxConfig())
        sizes = 0
        before = process.written_bytes(os.getpid())
        for number in range(REPORTS_PER_DAY):
            clock.advance(PERIOD_S)
            body = report(number)
            sizes += len(body)
            seq = outbox.append("health", "report", body, clock.stamp())
            outbox.flush()
            if number % 120 == 0:
                event = outbox.append("event", "anchor", b'{"boot":"b","offset_ms":1,"error_ms":1}', clock.stamp())
                if acknowledged:
                    outbox.acknowledge(outbox.epoch, "event", [(1, event)])
            if acknowledged:
                outbox.acknowledge(outbox.epoch, "health", [(seq, seq)])
            outbox.maintain(clock.stamp())
        outbox.close()
        written = (process.written_bytes(os.getpid()) - before) / 1e6
        kind = "centre answers" if acknowledged else "centre away all day"
        size_mb = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / MIB
        name = f"written per day, {kind}, reports of {sizes // REPORTS_PER_DAY} B"
        return [
            table.below(name, written, "MB/day", 25),
            table.figure(f"  outbox on disk after it, {kind}", size_mb, "MiB"),
        ]


def report(number: int) -> bytes:
    """A health report as the agent files it with six targets."""
    chance = random.Random(number)

    def window(probe: str, target: str) -> dict[str, object]:
        times = sorted(round(chance.uniform(0.4, 30), 2) for _ in range(4))
        names = ("min_ms", "p50_ms", "p95_ms", "max_ms")
        bins = [[chance.randrange(20, 60), chance.randrange(1, 6)] for _ in range(3)]
        return {"probe": probe, "target": target, "state": "up", "sent": 6, "lost": 0, "hist": bins} | dict(
            zip(names, times, strict=True)
        )

    targets = (
        ("icmp", "192.168.1.1"),
        ("icmp", "sandi.serangkota.go.id"),
        ("tcp", "sandi.serangkota.go.id:8883"),
        ("dns", "192.168.1.1"),
        ("link", "eth0"),
        ("route", "default"),
    )
    system = {"cpu_pct": round(chance.uniform(1, 9), 1), "load1": 0.2, "mem_used_pct": 41.3, "uptime_s": number * 30}
    body = {"period_s": 30, "verdict": "OK", "probes": [window(*target) for target in targets], "system": system}
    return json.dumps(body, separators=(",", ":")).encode()


if __name__ == "__main__":
    table.show("outbox", run())
