"""The health reading of the box: processor, memory, disk, network counters and the board's own readings."""

import os
import time
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import psutil

from agent.health.board import Board
from agent.health.config import HealthConfig
from wire.bodies import SystemReading

_MB = 1024 * 1024


class SystemReader:
    """Reads the box; processor use is that since the previous call (of the first call: since boot).

    `read()` opens a few dozen small files and may wait for a dying SD card: call it outside the event loop.
    """

    def __init__(self, config: HealthConfig, data_dir: Path, board: Board) -> None:
        self._config = config
        self._data_dir = data_dir
        self._board = board
        self._model = board.model()
        self._reset_reason = board.reset_reason()
        self._process = psutil.Process(os.getpid())
        self._busy_s = 0.0
        self._total_s = 0.0

    @property
    def reset_reason(self) -> str | None:
        return self._reset_reason

    def read(self) -> SystemReading:
        memory = psutil.virtual_memory()
        disk = psutil.disk_usage(str(self._data_dir))
        return SystemReading(
            cpu_pct=self._cpu_pct(),
            load1=round(os.getloadavg()[0], 2),
            mem_used_pct=_pct(memory.total - memory.available, memory.total),
            mem_total_mb=memory.total // _MB,
            disk_used_pct=_pct(disk.used, disk.used + disk.free),
            disk_free_mb=disk.free // _MB,
            uptime_s=int(time.clock_gettime(time.CLOCK_BOOTTIME)),
            agent_rss_kb=self._process.memory_info().rss // 1024,
            swap_used_pct=_swap_pct(),
            temp_c=self._board.temp_c(),
            net=_counters(self._config.ignore_interfaces),
            model=self._model,
            throttled=self._board.throttled(),
            reset_reason=self._reset_reason,
            sd_wear_pct=self._board.sd_wear_pct(),
        )

    def _cpu_pct(self) -> float:
        times = psutil.cpu_times()
        # guest time is part of user time already (proc(5)); waiting for the disk is not work
        total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        busy = total - times.idle - getattr(times, "iowait", 0.0)
        share = _pct(busy - self._busy_s, total - self._total_s)
        self._busy_s, self._total_s = busy, total
        return share


def _swap_pct() -> float:
    # Not psutil.swap_memory(): it also reads /proc/vmstat and warns where that is hidden by the sandbox.
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    found = {line.partition(":")[0]: int(line.split()[1]) for line in lines if line.startswith("Swap")}
    total = found.get("SwapTotal", 0)
    return _pct(total - found.get("SwapFree", total), total)


def _counters(ignored: Iterable[str]) -> dict[str, tuple[int, int, int, int]]:
    patterns = tuple(ignored)
    return {
        name: (c.bytes_recv, c.bytes_sent, c.errin, c.errout)
        for name, c in sorted(psutil.net_io_counters(pernic=True).items())
        if not any(fnmatchcase(name, pattern) for pattern in patterns)
    }


def _pct(part: float, whole: float) -> float:
    return round(min(max(100.0 * part / whole, 0.0), 100.0), 1) if whole > 0 else 0.0
