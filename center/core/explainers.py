"""Told outages and restarts while their bounds are drawn to silences (`center.core.layers`). Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from center.core.candidates import Candidate
from center.core.days import DAY_MS
from center.core.facts import Span, When
from center.core.spans import overlap

EDGE_MS = 60_000
"""Edges up to this are the fuzziness of one moment, longer ones a stretch of their own."""


@dataclass(slots=True)
class Explainer:
    """A candidate while its bounds are drawn to silences."""

    candidate: Candidate
    certain: Span
    possible: Span

    @classmethod
    def of(cls, candidate: Candidate, now_ms: int) -> "Explainer":
        return cls(candidate, candidate.certain(now_ms), candidate.possible(now_ms))

    def drawn(self) -> Candidate:
        """With the bounds it has now."""
        start, end = self.candidate.start, self.candidate.end
        if self.certain.end_ms <= self.certain.start_ms:
            return self.candidate
        start = When(min(start.lo_ms, self.certain.start_ms), min(start.hi_ms, self.certain.start_ms))
        if end is not None:
            lo_ms = max(end.lo_ms, self.certain.end_ms)
            end = When(lo_ms, max(end.hi_ms, lo_ms))
        return self.candidate.moved(start, end)

    def draw(self, piece: Span) -> None:
        """This piece of a silence is certain too; what is not beside its certain part is another silence's."""
        if self.certain.end_ms <= self.certain.start_ms:
            self.certain = piece
        elif piece.start_ms <= self.certain.end_ms + EDGE_MS and piece.end_ms >= self.certain.start_ms - EDGE_MS:
            start_ms, end_ms = min(self.certain.start_ms, piece.start_ms), max(self.certain.end_ms, piece.end_ms)
            self.certain = Span(start_ms, end_ms)


class Places:
    """Finds explainers by where they may lie; those of more than a day are looked at each time."""

    def __init__(self, explainers: Sequence[Explainer]) -> None:
        by_start = sorted(explainers, key=lambda one: one.possible)
        self._long = [one for one in by_start if one.possible.end_ms - one.possible.start_ms > DAY_MS]
        self._short = [one for one in by_start if one.possible.end_ms - one.possible.start_ms <= DAY_MS]

    def near(self, whole: Span) -> list[Explainer]:
        """Those that may lie in it, by their starts."""
        first = bisect_left(self._short, whole.start_ms - DAY_MS, key=lambda one: one.possible.start_ms)
        last = bisect_left(self._short, whole.end_ms, key=lambda one: one.possible.start_ms)
        found = [one for one in (*self._long, *self._short[first:last]) if overlap(one.possible, whole) > 0]
        return sorted(found, key=lambda one: one.possible) if self._long else found
