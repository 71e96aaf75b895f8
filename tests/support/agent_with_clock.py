"""The real agent over a kernel whose answers a test gives: agent_with_clock.py FACTS run --config FILE.

FACTS is a JSON file {"boot": boot id, "maxerror_us": ...}. The bound of the error is read anew at each question, as
the kernel is asked; with "booted_ns" boot-time counts from that moment of this machine's own. Everything that is made
of the answers is the product's own; only the end has time for its last words, however busy the disk is.
"""

import json
import sys
import time
from pathlib import Path

from agent import service
from agent.clock import Clock
from agent.core.clock import Timex


def main(facts: Path, config: Path) -> int:
    """Run the agent until it is told to stop; its exit code."""
    service.FIRST_BEAT_S = service.STOP_WAIT_S = 30.0  # type: ignore[misc]
    service.STOP_DEADLINE_S = 90.0  # type: ignore[misc]
    _count_boot_time_from(int(json.loads(facts.read_text()).get("booted_ns", 0)))

    def timex() -> Timex:
        return Timex(int(json.loads(facts.read_text())["maxerror_us"]))

    return service.run(config, Clock(boot=str(json.loads(facts.read_text())["boot"]), timex=timex))


def _count_boot_time_from(booted_ns: int) -> None:
    kernel, kernel_ns = time.clock_gettime, time.clock_gettime_ns
    time.clock_gettime = lambda clock: kernel(clock) - (booted_ns / 1e9 if clock == time.CLOCK_BOOTTIME else 0)
    time.clock_gettime_ns = lambda clock: kernel_ns(clock) - (booted_ns if clock == time.CLOCK_BOOTTIME else 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[-1])))
