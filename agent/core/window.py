"""What one probe at one target measured over a report's period: losses, bursts, quantiles, and a histogram.

Quantiles are exact (nearest rank) over the period's own round trips, up to `MAX_SAMPLES` of them; of more it is every
second one, every fourth and so on that counts, from all of the period. Longer periods are for histograms to answer,
which merge. Jitter is the mean absolute difference of consecutive round trips (the D of RFC 3550 section 6.4.1, its
plain mean rather than that section's running 1/16 filter, so that it means the same whatever the window's length).
A run of losses is measured across windows: an outage is not cut in two by a report.
"""

import math
from collections.abc import Sequence

from agent.core.observation import Observation, Scalar
from wire.bodies import ProbeWindow
from wire.histogram import LogHistogram, wilson_interval
from wire.shape import Struct, field

MAX_SAMPLES = 512
"""Round trips kept for quantiles: minutes of them. It bounds memory in a period of an hour, or when nobody drains."""

MAX_DETAIL_TEXT = 120
"""Characters of one piece of evidence: names and addresses fit, a hostile server's text does not fill the report."""


class Window(Struct):
    """Collects observations; `drain` gives the report's row and begins the next period."""

    probe: str
    target: str
    sent: int = 0
    lost: int = 0
    late: int = 0
    suspect: int = 0
    burst: int = 0
    _run: int = 0
    _rtts_ms: list[float] = field(default_factory=list)
    _answered: int = 0
    _stride: int = 1
    _bounds_ms: tuple[float, float] = (math.inf, 0.0)
    _steps_ms: float = 0.0
    _steps: int = 0
    _previous_ms: float | None = None
    _histogram: LogHistogram = field(default_factory=LogHistogram)
    _detail: dict[str, Scalar] = field(default_factory=dict)

    def add(self, seen: Observation) -> None:
        """Take one run's attempts in."""
        for rtt_ms in seen.rtts_ms:
            self._attempt(rtt_ms)
        self.late += seen.late
        self.suspect += seen.sent_late
        self._detail = _evidence(seen)

    def pass_over(self, suspect: int) -> None:
        """So many attempts of a busy host said nothing: they are neither sent nor lost, but they are listed."""
        self.suspect += suspect

    def _attempt(self, rtt_ms: float | None) -> None:
        self.sent += 1
        if rtt_ms is None:
            self.lost += 1
            self._run += 1
            self.burst = max(self.burst, self._run)
            return
        self._run = 0
        self._histogram.record(rtt_ms)
        self._keep(rtt_ms)
        if self._previous_ms is not None:
            self._steps_ms += abs(rtt_ms - self._previous_ms)
            self._steps += 1
        self._previous_ms = rtt_ms

    def _keep(self, rtt_ms: float) -> None:
        self._bounds_ms = min(self._bounds_ms[0], rtt_ms), max(self._bounds_ms[1], rtt_ms)
        if self._answered % self._stride == 0:
            self._rtts_ms.append(rtt_ms)
        self._answered += 1
        if len(self._rtts_ms) > MAX_SAMPLES:
            del self._rtts_ms[1::2]
            self._stride *= 2

    @property
    def fed(self) -> bool:
        """Something was taken in since the last report."""
        return bool(self._detail)

    def drain(self, state: str) -> ProbeWindow:
        """The period's row; what comes next is counted afresh, except a run of losses that is still going on."""
        ordered = sorted(self._rtts_ms)
        row = ProbeWindow(
            probe=self.probe,
            target=self.target,
            state=state,  # type: ignore[arg-type]  # one of reachability's four, checked there
            sent=self.sent,
            lost=self.lost,
            late=self.late,
            suspect=self.suspect,
            min_ms=_rounded(self._bounds_ms[0]) if ordered else None,
            p50_ms=_rounded(quantile(ordered, 0.50)) if ordered else None,
            p95_ms=_rounded(quantile(ordered, 0.95)) if ordered else None,
            max_ms=_rounded(self._bounds_ms[1]) if ordered else None,
            jitter_ms=_rounded(self._steps_ms / self._steps) if self._steps else None,
            burst=self.burst,
            hist=self._histogram.pairs,
            detail=self._detail,
        )
        self._reset()
        return row

    def _reset(self) -> None:
        self.sent = self.lost = self.late = self.suspect = self.burst = self._steps = 0
        self._steps_ms = 0.0
        self._rtts_ms, self._answered, self._stride, self._bounds_ms = [], 0, 1, (math.inf, 0.0)
        self._histogram = LogHistogram()
        self._detail = {}


class RecentLoss(Struct):
    """The last `limit` attempts at one target, for a loss figure that is worth a colour."""

    limit: int = 40
    _answered: list[bool] = field(default_factory=list)

    def add(self, rtts_ms: Sequence[float | None]) -> None:
        self._answered = [*self._answered, *(rtt_ms is not None for rtt_ms in rtts_ms)][-self.limit :]

    @property
    def sent(self) -> int:
        return len(self._answered)

    @property
    def lost(self) -> int:
        return self._answered.count(False)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the loss, 0..1."""
        return wilson_interval(self.lost, self.sent)


def quantile(ordered: Sequence[float], q: float) -> float:
    """The q-quantile (0..1) of values in ascending order by nearest rank: always one that was measured."""
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)]


def _rounded(value_ms: float) -> float:
    """To a microsecond: what the kernel's own timestamps are good for at best."""
    return round(value_ms, 3)


def _evidence(seen: Observation) -> dict[str, Scalar]:
    detail: dict[str, Scalar] = {"ok": seen.ok}
    if seen.reason:
        detail["reason"] = str(seen.reason)
    for name, value in seen.detail.items():
        detail[name] = value[:MAX_DETAIL_TEXT] if isinstance(value, str) else value
    for phase, value_ms in seen.phases_ms.items():
        detail[f"{phase}_ms"] = _rounded(value_ms)
    return detail
