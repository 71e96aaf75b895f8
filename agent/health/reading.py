"""The health reading of the box: processor, memory, disk, network counters and the board's own readings."""

import os
import time
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from agent.health import kernel
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
        self._busy = self._total = 0

    @property
    def reset_reason(self) -> str | None:
        return self._reset_reason

    def read(self) -> SystemReading:
        memory, disk = kernel.memory_kb(), os.statvfs(self._data_dir)
        total_kb, swap_kb = memory["MemTotal"], memory.get("SwapTotal", 0)
        used, free = disk.f_blocks - disk.f_bfree, disk.f_bavail  # without what only root may fill
        return SystemReading(
            cpu_pct=self._cpu_pct(),
            load1=round(os.getloadavg()[0], 2),
            mem_used_pct=_pct(total_kb - memory["MemAvailable"], total_kb),
            mem_total_mb=total_kb // 1024,
            disk_used_pct=_pct(used, used + free),
            disk_free_mb=free * disk.f_frsize // _MB,
            uptime_s=int(time.clock_gettime(time.CLOCK_BOOTTIME)),
            agent_rss_kb=kernel.own_memory_kb(),
            swap_used_pct=_pct(swap_kb - memory.get("SwapFree", swap_kb), swap_kb),
            temp_c=self._board.temp_c(),
            net=_counters(self._config.ignore_interfaces),
            model=self._model,
            throttled=self._board.throttled(),
            reset_reason=self._reset_reason,
            sd_wear_pct=self._board.sd_wear_pct(),
        )

    def _cpu_pct(self) -> float:
        busy, total = kernel.processor_ticks()
        share = _pct(busy - self._busy, total - self._total)
        self._busy, self._total = busy, total
        return share


def _counters(ignored: Iterable[str]) -> dict[str, tuple[int, int, int, int]]:
    patterns = tuple(ignored)
    return {
        name: counts
        for name, counts in sorted(kernel.interface_counters().items())
        if not any(fnmatchcase(name, pattern) for pattern in patterns)
    }


def _pct(part: float, whole: float) -> float:
    return round(min(max(100.0 * part / whole, 0.0), 100.0), 1) if whole > 0 else 0.0
