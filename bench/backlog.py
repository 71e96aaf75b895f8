"""A backlog as a day without the centre leaves it: reports and events in a real outbox, made ahead of time."""

import random
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agent.fakes import FakeClock
from agent.health.board import Board
from agent.outbox import Outbox, OutboxConfig, open_outbox
from wire.bodies import HealthReport, ProbeWindow, Reach, SystemReading
from wire.histogram import LogHistogram

PLACE = Path("/var/tmp")
"""A real file system: on a tmpfs nothing is written at all."""
DAY_REPORTS = 2880
PERIOD_S = 30.0
START_MS = 1_760_000_000_000
EVENTS_EVERY = 96
"""One outage or so an hour: the link goes and comes back."""


@dataclass(frozen=True, slots=True)
class Filled:
    """An outbox as it was left: its epoch, the newest number of each stream, and how many records wait."""

    epoch: str
    heads: dict[str, int]
    records: int


def fill(directory: Path, reports: int, seed: int = 0) -> Filled:
    """Put `reports` reports and their events into a new outbox in `directory`.

    The outbox is bound to this very board, so that the agent which opens it later goes on with it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    clock = FakeClock(wall_ms=START_MS, boot=f"bench-{seed}", run=f"bench-{seed}")
    outbox = open_outbox(directory, Board().board_id(), clock.stamp(), OutboxConfig())
    try:
        for number in range(reports):
            clock.advance(PERIOD_S)
            outbox.append("health", "report", report(number, random.Random(f"{seed}-{number}")), clock.stamp())
            outbox.flush()
            if number % EVENTS_EVERY == EVENTS_EVERY - 1:
                reach(outbox, clock, number)
        heads = outbox.heads()
        waiting = sum(pending for _, _, pending in heads.values())
        return Filled(outbox.epoch, {stream: head for stream, (_, head, _) in heads.items()}, waiting)
    finally:
        outbox.close()


def reach(outbox: Outbox, clock: FakeClock, number: int) -> int:
    """File one event, as when a target goes or comes back; its number."""
    state = "down" if number // EVENTS_EVERY % 2 == 0 else "up"
    event = Reach("center", state, clock.mono_ms(), clock.mono_ms() - 10_000, "icmp")  # type: ignore[arg-type]
    return outbox.append("event", "reach", msgspec.json.encode(event), clock.stamp())


def report(number: int, chance: random.Random) -> bytes:
    """A health report as an installed node files it: eight probes, 1.9 kB; no two alike."""
    local = {"link": {"ok": True, "interface": "eth0", "operstate": "up", "carrier": True, "carrier_changes": 3}}
    local["address"] = {"ok": True, "ipv4": "192.168.1.17/24", "ipv6": "2001:db8::17/64"}
    local["route"] = {"ok": True, "interface": "eth0", "gateway": "192.168.1.1", "routes": 2, "gateway_arp": "known"}
    windows = [ProbeWindow(name, "local", "up", 0, 0, detail=detail) for name, detail in local.items()]  # type: ignore[arg-type]
    windows += [
        _measured("icmp", "center", 10, 14.0, chance, {"ok": True, "address": "203.0.113.9"}),
        _measured("icmp", "gateway", 10, 0.6, chance, {"ok": True, "address": "192.168.1.1"}),
        _measured("tcp", "center", 1, 17.0, chance, {"ok": True, "port": 8883, "address": "203.0.113.9"}),
        ProbeWindow("broker", "center", "up", 0, 0, detail={"ok": True, "evidence": "uplink"}),
        _measured("dns", "resolver-1", 1, 3.0, chance, {"ok": True, "query": ".", "rcode": "nxdomain", "answers": 0}),
    ]
    system = SystemReading(
        cpu_pct=round(chance.uniform(1, 9), 1),
        load1=round(chance.uniform(0, 0.4), 2),
        mem_used_pct=round(chance.uniform(20, 24), 1),
        mem_total_mb=926,
        disk_used_pct=23.2,
        disk_free_mb=22_842 - number // 100,
        uptime_s=round(number * PERIOD_S),
        agent_rss_kb=32_952 + chance.randrange(0, 64) * 4,
        temp_c=round(chance.uniform(44, 58), 1),
        net={"eth0": (3_056_943_453 + number * 31_337, 8_439_625 + number * 2917, 0, 0)},
    )
    heads = {"complaint": (1, 0, 0), "attachment": (1, 0, 0), "snapshot": (1, 0, 0)}
    heads |= {"event": (1, number // EVENTS_EVERY + 9, 9), "health": (1, number, number)}
    return msgspec.json.encode(
        HealthReport(PERIOD_S, "OK", tuple(windows), system, heads, version="0.1.0")  # type: ignore[arg-type]
    )


def _measured(
    probe: str, target: str, count: int, around_ms: float, chance: random.Random, detail: dict[str, object]
) -> ProbeWindow:
    """A window of `count` answers whose times spread as they do on a shared line."""
    times = sorted(round(around_ms * chance.lognormvariate(0, 0.3), 3) for _ in range(count))
    histogram = LogHistogram()
    for time_ms in times:
        histogram.record(time_ms)
    return ProbeWindow(
        probe,
        target,
        "up",
        count,
        0,
        min_ms=times[0],
        p50_ms=times[count // 2],
        p95_ms=times[-1],
        max_ms=times[-1],
        jitter_ms=round(around_ms * chance.uniform(0.05, 0.4), 3),
        hist=histogram.pairs,
        detail=detail,  # type: ignore[arg-type]
    )
