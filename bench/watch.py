"""Watches processes and files over time: one sample of everything, series, medians around a moment, a tiny chart."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import process

BARS = "▁▂▃▄▅▆▇█"
CHART_WIDTH = 60


@dataclass(slots=True)
class Watch:
    """Series by name, each a list of (seconds since the start, value). A process that is not there leaves a gap."""

    pids: dict[str, int] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    series: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    began_s: float = field(default_factory=time.monotonic)

    @property
    def now_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began_s

    def look(self) -> None:
        """Take one sample of every process and file."""
        now_s = self.now_s
        for name, pid in self.pids.items():
            for what, value in _process(pid).items():
                self.series.setdefault(f"{name} {what}", []).append((now_s, value))
        for name, path in self.files.items():
            if path.exists():
                self.series.setdefault(f"{name} KiB", []).append((now_s, path.stat().st_size / 1024))

    def between(self, name: str, from_s: float, to_s: float) -> list[float]:
        """The values of a series in a span of time."""
        return [value for at_s, value in self.series.get(name, []) if from_s <= at_s <= to_s]

    def around(self, name: str, at_s: float, width_s: float = 60.0) -> float:
        """The median around a moment; the nearest value when there is none; nan for an empty series."""
        found = self.between(name, at_s - width_s / 2, at_s + width_s / 2)
        if found:
            return statistics.median(found)
        nearest = min(self.series.get(name, []), key=lambda point: abs(point[0] - at_s), default=(0.0, float("nan")))
        return nearest[1]

    def chart(self, name: str) -> str:
        """The series as a line of bars, from its least to its greatest value."""
        points = self.series.get(name, [])
        if not points:
            return ""
        end_s = points[-1][0] or 1.0
        width = min(CHART_WIDTH, len(points))
        spans = [(end_s * part / width, end_s * (part + 1) / width) for part in range(width)]
        return bars([statistics.median(found) if (found := self.between(name, *span)) else None for span in spans])


def bars(values: Sequence[float | None]) -> str:
    """One bar per value; a space where there is none."""
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(" " if value is None else BARS[round((value - low) * scale)] for value in values)


def _process(pid: int) -> Mapping[str, float]:
    """Memory in MiB, handles and threads of one process; nothing when it has ended."""
    try:
        memory = process.memory(pid)
        threads, handles = (sum(1 for _ in Path(f"/proc/{pid}/{what}").iterdir()) for what in ("task", "fd"))
    except OSError:
        return {}
    return {
        "PSS": memory.pss_host_shared,
        "RSS": memory.rss,
        "kernel PSS": memory.pss,
        "handles": handles,
        "threads": threads,
    }
