"""The clocks of this machine: boot-time, wall clock, and whether the kernel holds the latter for synchronised."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.adjtimex import Adjtimex, told
from agent.core.clock import ClockReading, Stamp, Timex

BOOT_ID_PATH: Final = Path("/proc/sys/kernel/random/boot_id")


class Clock:
    """Boot-time (CLOCK_BOOTTIME: counts through suspend, never steps) and wall clock, for one run of the process.

    A boot whose clock was never set starts in the past (fake-hwclock, or 1970). No last good time is kept for TLS: the
    certificates of a Sandi authority are valid from 2020 on, and before 2020 their dates are left out (agent.tls).
    `boot`, `run` and `timex` stand in for the kernel's answers where those cannot be had: a second boot, or a kernel
    that has been synchronised.
    """

    def __init__(
        self, boot: str | None = None, run: str | None = None, timex: Callable[[], Timex] | None = None
    ) -> None:
        self.boot: str = boot or BOOT_ID_PATH.read_text(encoding="ascii").strip()
        self.run: str = run or os.urandom(8).hex()
        self._timex = timex or _Timex()

    def mono_s(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def mono_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    @property
    def synced(self) -> bool:
        return self._timex().synced

    def stamp(self) -> Stamp:
        return Stamp(self.boot, self.run, self.mono_ms(), self.wall_ms(), self.synced)

    def reading(self) -> ClockReading:
        """Both clocks as one instant: the wall clock is read between two boot-times, whose middle is taken."""
        timex = self._timex()
        before_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        wall_ns = time.time_ns()
        after_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        scatter_ms = -(-(after_ns - before_ns) // 1_000_000)
        mono_ms = (before_ns + after_ns) // 2_000_000
        return ClockReading(mono_ms, wall_ns // 1_000_000, timex.synced, timex.maxerror_us // 1000 + scatter_ms)


class _Timex:
    """Asks the kernel; where that is closed to this process, reads what sandi-clock.service tells."""

    def __init__(self) -> None:
        self._ask = Adjtimex()

    def __call__(self) -> Timex:
        error_us = self._ask()
        if error_us is None:
            error_us = told()
        return Timex() if error_us is None else Timex(error_us)
