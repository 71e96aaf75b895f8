"""What a row of pings says: losses, bursts, quantiles, jitter, and how much the loss can be trusted. Pure.

Quantiles are by nearest rank, always a round trip that was measured; jitter is the mean absolute difference of
consecutive answered ones; the interval of the loss is Wilson's, 95 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from agent.core.window import quantile
from wire.histogram import wilson_interval

ENOUGH = 20
"""Five pings miss 10 % loss 59 % of the time; at 20 the interval is worth a word."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Round trips in milliseconds, None when nothing was answered. `loss_low`, `loss_high` are 0..1."""

    sent: int
    lost: int
    burst: int
    min_ms: float | None
    median_ms: float | None
    p95_ms: float | None
    max_ms: float | None
    jitter_ms: float | None
    loss_low: float
    loss_high: float

    @property
    def enough(self) -> bool:
        return self.sent >= ENOUGH


def tally(rtts_ms: Sequence[float | None]) -> Tally:
    """Sum up attempts in the order of sending; None = lost."""
    answered = [rtt_ms for rtt_ms in rtts_ms if rtt_ms is not None]
    ordered, lost = sorted(answered), len(rtts_ms) - len(answered)
    low, high = wilson_interval(lost, len(rtts_ms))
    steps = [abs(later - earlier) for earlier, later in pairwise(answered)]
    return Tally(
        sent=len(rtts_ms),
        lost=lost,
        burst=_longest_run(rtts_ms),
        min_ms=ordered[0] if ordered else None,
        median_ms=quantile(ordered, 0.5) if ordered else None,
        p95_ms=quantile(ordered, 0.95) if ordered else None,
        max_ms=ordered[-1] if ordered else None,
        jitter_ms=sum(steps) / len(steps) if steps else None,
        loss_low=low,
        loss_high=high,
    )


def _longest_run(rtts_ms: Sequence[float | None]) -> int:
    longest = run = 0
    for rtt_ms in rtts_ms:
        run = run + 1 if rtt_ms is None else 0
        longest = max(longest, run)
    return longest
