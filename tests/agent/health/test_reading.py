"""The health reading of the machine the test runs on: complete, in range, and what the wire takes."""

import os
import time
from pathlib import Path

import msgspec

from agent.health.board import Board
from agent.health.config import HealthConfig
from agent.health.reading import SystemReader
from wire.bodies import SystemReading, encode_body


def reader(**config: object) -> SystemReader:
    return SystemReader(HealthConfig(**config), Path("/tmp"), Board())  # type: ignore[arg-type]


def test_a_reading_of_this_machine_passes_the_wires_own_checks() -> None:
    before_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    reading = reader().read()
    assert msgspec.json.decode(encode_body(reading), type=SystemReading) == reading
    assert reading.mem_total_mb > 0
    assert reading.agent_rss_kb > 1000
    assert before_s - 5 < reading.uptime_s < time.clock_gettime(time.CLOCK_BOOTTIME) + 5


def test_processor_use_counts_from_the_previous_reading() -> None:
    machine = reader()
    assert max(worked_pct(machine) for _ in range(3)) >= 50 / (os.cpu_count() or 1)


def worked_pct(machine: SystemReader) -> float:
    """Of one stretch of work. One that was held up meanwhile, by a disk say, is not all of its time."""
    machine.read()
    end_s = time.process_time() + 0.15
    while time.process_time() < end_s:
        pass
    return machine.read().cpu_pct


def test_loopback_is_not_counted_unless_asked_for() -> None:
    assert "lo" not in reader().read().net
    assert "lo" in reader(ignore_interfaces=()).read().net
