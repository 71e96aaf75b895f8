"""Since when the centre has been listening for a node, though whoever listens for it keeps being started anew. Pure.

             node's last word        starts
    ingest  ====|======|  |=====|  |=====|  |=====> now
                          (  a  ) + (  b  ) + ( c )     as long as all of these it was asked for since

A listener that has just begun may not have heard yet who is there, so each node has its time from that start on. Only
once, though: an ingest that is started again every minute would begin that time anew for ever, and no silence would be
noticed. What was listened to after the first start since the node's last word counts together, and what lies between
does not: then nobody could have heard it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from center.core.facts import Span
from center.core.spans import clip, total_ms

MATTERS_MS = 6 * 3_600_000
"""Longer back nothing is looked for: in it even an ingest that listens for a twentieth of its time has listened for
longer than any silence window."""


@dataclass(frozen=True, slots=True)
class Listening:
    """`since_ms`: since when somebody listens without a break; `stretches`: when somebody did, up to `now_ms`; they
    ascend and lie apart. `blind_until_ms`: an end of blindness, a new beginning for whoever was not heard since."""

    since_ms: int
    stretches: tuple[Span, ...]
    now_ms: int
    blind_until_ms: int | None = None

    @property
    def judging_since_ms(self) -> int:
        """Since when it listens and is not blind."""
        return self.since_ms if self.blind_until_ms is None else max(self.since_ms, self.blind_until_ms)

    def since(self, live_ms: int | None) -> int:
        """Since when, all in all, a node last heard at `live_ms` would have been heard."""
        if live_ms is None or live_ms >= self.judging_since_ms:
            return self.judging_since_ms
        counted: Sequence[Span]
        if self.blind_until_ms is not None and self.blind_until_ms > live_ms:
            counted = clip(self.stretches, Span(self.blind_until_ms, self.now_ms))
        else:
            counted = [span for span in self.stretches if span.start_ms > live_ms]
        return min(self.judging_since_ms, self.now_ms - total_ms(counted))
