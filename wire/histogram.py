"""Round trips in logarithmic bins that merge exactly, and the honest width of a loss figure.

Bin k holds (base^(k-1), base^k] microseconds with base = 1.1: quantiles are within 5 % of the truth, and a report
carries only the bins that are not empty. Percentiles must never be averaged; histograms can be added.
"""

import math
from collections.abc import Iterable, Mapping

BASE = 1.1
_LOG_BASE = math.log(BASE)
MAX_BIN = 200
"""1.1^200 microseconds = 190 s: beyond every timeout of ours."""


class LogHistogram:
    """A mergeable histogram of durations in milliseconds."""

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._counts: dict[int, int] = {}
        for bin_index, count in pairs:
            if count > 0:
                index = min(max(bin_index, 0), MAX_BIN)
                self._counts[index] = self._counts.get(index, 0) + count

    def record(self, duration_ms: float) -> None:
        """Count one duration; anything below a microsecond falls into bin 0."""
        micros = duration_ms * 1000
        index = 0 if micros <= 1 else min(math.ceil(math.log(micros) / _LOG_BASE - 1e-9), MAX_BIN)
        self._counts[index] = self._counts.get(index, 0) + 1

    def merge(self, other: "LogHistogram") -> "LogHistogram":
        """The histogram of both together."""
        return LogHistogram((*self.pairs, *other.pairs))

    def quantile(self, q: float) -> float | None:
        """The q-quantile (0..1) in milliseconds, by the geometric middle of its bin; None when empty."""
        wanted = max(1, math.ceil(q * self.total))
        seen = 0
        for index, count in self.pairs:
            seen += count
            if seen >= wanted:
                return float(BASE ** (index - 0.5) / 1000) if index else 0.001
        return None

    @property
    def total(self) -> int:
        """How many durations were counted."""
        return sum(self._counts.values())

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """(bin, count) ascending, empty bins left out: how it travels."""
        return tuple(sorted(self._counts.items()))

    @property
    def counts(self) -> Mapping[int, int]:
        """Counts by bin."""
        return dict(self._counts)


def wilson_interval(lost: int, sent: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a loss share (Wilson 1927): (0.0, 1.0) when nothing was sent.

    Unlike lost/sent it does not call 0 of 5 a perfect line.
    """
    if sent <= 0:
        return 0.0, 1.0
    share = min(max(lost / sent, 0.0), 1.0)
    spread = z * z / sent
    center = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / sent + spread / (4 * sent)) / (1 + spread)
    return (0.0 if lost <= 0 else max(0.0, center - half)), (1.0 if lost >= sent else min(1.0, center + half))
