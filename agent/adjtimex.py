"""What the kernel says of its clock, and the small process that asks for the agent: `python -m agent.adjtimex FILE`.

The agent is spoken to from the network, so the calls that belong to the clock are closed to it altogether; the kernel
has no other way of asking how well the clock is set. sandi-clock.service asks once a second and writes the answer where
the agent reads it; it has no network, no key, and nothing of the node's.

The file, in memory, replaced as a whole: the bound of the clock's error in microseconds and when that was asked
(CLOCK_BOOTTIME, milliseconds), as two decimal numbers.
"""

import os
import sys
import time

TOLD_AT = "/run/sandi-clock/error"
ASKED_EVERY_S = 1.0
OLDEST_MS = 10_000
"""What was asked longer ago is not believed: whoever asks has ended, and the clock may have been set since."""
GROWS_PPM = 500
"""The kernel lets its bound grow by this much while nobody disciplines the clock (MAXFREQ, linux/timex.h)."""
_LONGEST_BYTES = 64
# struct timex starts {unsigned int modes; long offset; long freq; long maxerror; long esterror; int status; ...};
# modes = 0 only reads, and needs no privilege. The struct is 208 bytes on 64-bit; a larger buffer does no harm.
_TIMEX_BYTES = 256


class Adjtimex:
    """adjtimex(2), read only: the bound in microseconds; None where the call is missing or denied."""

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

    def __call__(self) -> int | None:
        if self._call is None:
            return None
        self._clear(self._buffer, 0, 4)  # modes = 0: change nothing
        if self._call(self._buffer) < 0:
            return None
        start = 3 * self._long_bytes
        return int.from_bytes(self._buffer.raw[start : start + self._long_bytes], "little", signed=True)


def boottime_ms() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def told(path: str = TOLD_AT) -> int | None:
    """The bound in microseconds as of now; None when nobody tells, or has not for a while."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - asked at every record, without pathlib's objects
            error_us, asked_ms = (int(word) for word in file.read(_LONGEST_BYTES).split())
    except (OSError, ValueError):
        return None
    age_ms = boottime_ms() - asked_ms
    return error_us + age_ms * GROWS_PPM // 1000 if 0 <= age_ms <= OLDEST_MS else None


def tell(path: str, error_us: int) -> None:
    """Write the answer. OSError when it cannot be written."""
    with open(f"{path}.new", "wb") as file:  # noqa: PTH123
        file.write(b"%d %d\n" % (error_us, boottime_ms()))
    os.replace(f"{path}.new", path)  # noqa: PTH105


def main() -> int:
    """Tell until ended; 1 when this kernel cannot be asked, and what is in the way."""
    path = sys.argv[1] if len(sys.argv) > 1 else TOLD_AT
    ask = Adjtimex()
    os.umask(0o022)
    while True:
        error_us = ask()
        if error_us is None:
            sys.stderr.write("<3>adjtimex is missing or denied; the agent takes its clock for not synchronised\n")
            return 1
        tell(path, error_us)
        time.sleep(ASKED_EVERY_S)


if __name__ == "__main__":
    sys.exit(main())
