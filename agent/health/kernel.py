"""What the kernel counts of the box, read from /proc by hand: psutil would keep 0.9 MiB in memory for these four files.

All functions raise OSError or ValueError where a file is missing or is not what proc(5) says.
"""

import os
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def memory_kb(proc: Path = PROC) -> dict[str, int]:
    """/proc/meminfo: `MemTotal`, `MemAvailable`, `SwapTotal`, `SwapFree` and the others, in kB."""
    lines = (line.partition(":") for line in _text(proc / "meminfo").splitlines())
    return {name: int(value.split()[0]) for name, _, value in lines if value.strip()}


def processor_ticks(proc: Path = PROC) -> tuple[int, int]:
    """(busy, total) of all processors since boot. Waiting for the disk is not work.

    The columns: user nice system idle iowait irq softirq steal; the time of guests, which follows, is part of user.
    """
    label, *columns = _text(proc / "stat").partition("\n")[0].split()
    ticks = [int(column) for column in columns[:8]]
    if label != "cpu" or len(ticks) < 4:
        raise ValueError("/proc/stat does not begin with the sum of all processors")
    return sum(ticks) - sum(ticks[3:5]), sum(ticks)


def interface_counters(proc: Path = PROC) -> dict[str, tuple[int, int, int, int]]:
    """/proc/net/dev by interface: bytes received and sent, errors of receiving and of sending."""
    found = {}
    for line in _text(proc / "net/dev").splitlines()[2:]:
        name, _, columns = line.rpartition(":")
        counts = [int(column) for column in columns.split()]
        found[name.strip()] = (counts[0], counts[8], counts[2], counts[10])
    return found


def own_memory_kb(proc: Path = PROC) -> int:
    """Resident memory of this process."""
    return int(_text(proc / "self/statm").split()[1]) * _PAGE_BYTES // 1024


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")  # an interface's name may be any bytes
