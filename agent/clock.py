"""The clocks of this machine: boot-time, wall clock, and whether the kernel holds the latter for synchronised."""

import os
import time
from pathlib import Path
from typing import Final

from agent.core.clock import ClockReading, Stamp

BOOT_ID_PATH: Final = Path("/proc/sys/kernel/random/boot_id")

# include/uapi/linux/timex.h. The kernel sets STA_UNSYNC at boot and when nobody disciplined the clock until maxerror
# passed 16 s. timesyncd, ntpd and chronyd (with `rtcsync`, as Debian ships it) clear it: one answer for all of them.
_STA_UNSYNC: Final = 0x0040
_TIME_ERROR: Final = 5
# struct timex starts {unsigned int modes; long offset; long freq; long maxerror; long esterror; int status; ...};
# modes = 0 only reads, and needs no privilege. The struct is 208 bytes on 64-bit; a larger buffer does no harm.
_TIMEX_BYTES: Final = 256


class Clock:
    """Boot-time (CLOCK_BOOTTIME: counts through suspend, never steps) and wall clock, for one run of the process.

    A boot whose clock was never set starts in the past (fake-hwclock, or 1970). No last good time is kept for TLS:
    the certificates of a Sandi authority are valid from 2020 on, so an early clock does not lock a node out.
    """

    def __init__(self, boot: str | None = None, run: str | None = None) -> None:
        self.boot: str = boot or BOOT_ID_PATH.read_text(encoding="ascii").strip()
        self.run: str = run or os.urandom(8).hex()
        self._timex = _Timex()

    def mono_s(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def mono_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    @property
    def synced(self) -> bool:
        return self._timex.read()[0]

    def stamp(self) -> Stamp:
        return Stamp(self.boot, self.run, self.mono_ms(), self.wall_ms(), self.synced)

    def reading(self) -> ClockReading:
        """Both clocks as one instant: the wall clock is read between two boot-times, whose middle is taken."""
        synced, error_ms = self._timex.read()
        before_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        wall_ns = time.time_ns()
        after_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        scatter_ms = -(-(after_ns - before_ns) // 1_000_000)
        mono_ms = (before_ns + after_ns) // 2_000_000
        return ClockReading(mono_ms, wall_ns // 1_000_000, synced, error_ms + scatter_ms)


class _Timex:
    """adjtimex(2), read only. Where the call is missing or denied the clock counts as not synchronised."""

    def __init__(self) -> None:
        try:
            import ctypes

            library = ctypes.CDLL(None)
        except (ImportError, OSError, MemoryError):  # MemoryError: a sandbox that forbids writable code
            self._call = None
            return
        self._clear = ctypes.memset
        self._buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
        self._long_bytes = ctypes.sizeof(ctypes.c_long)
        self._call = getattr(library, "adjtimex", None)

    def read(self) -> tuple[bool, int]:
        """(synchronised, bound of the error in ms)."""
        if self._call is None:
            return False, 0
        self._clear(self._buffer, 0, 4)  # modes = 0: change nothing
        state = self._call(self._buffer)
        if state < 0:
            return False, 0
        raw, word = self._buffer.raw, self._long_bytes
        maxerror_us = _native(raw, 3 * word, word)
        status = _native(raw, 5 * word, 4)
        return state != _TIME_ERROR and not status & _STA_UNSYNC, maxerror_us // 1000


def _native(raw: bytes, start: int, size: int) -> int:
    return int.from_bytes(raw[start : start + size], "little", signed=True)
