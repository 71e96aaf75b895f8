"""An outage as one kind of evidence tells it, before all kinds are laid over each other. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from center.core.facts import Concluded, Span, When

Facts = Mapping[str, str | int | float | None]
TOLD, RESTARTED, SILENCE = "told", "restart", "silence"


@dataclass(frozen=True, slots=True)
class Candidate:
    """`kind`: which evidence (TOLD, RESTARTED, SILENCE). `open_end`: when it ended nobody has told, `end` only bounds
    it. `powerless`: the box lost power or nobody knows; others on its feeder may tell. `seen_end`: the node saw it end.
    """

    kind: str
    start: When
    end: When | None
    cause: str
    party: str
    counts: str = "down"
    told: bool = False
    evidence: tuple[Facts, ...] = ()
    parent: str = ""
    open_end: bool = False
    powerless: bool = False
    seen_end: bool = False

    def certain(self, until_ms: int) -> Span:
        """When it lasted for certain; possibly empty (start not before end)."""
        return Span(self.start.hi_ms, until_ms if self.end is None else self.end.lo_ms)

    def possible(self, until_ms: int) -> Span:
        """Outside of this it did not last."""
        return Span(self.start.lo_ms, until_ms if self.end is None else self.end.hi_ms)

    def moved(self, start: When, end: When | None) -> "Candidate":
        """The same with other bounds."""
        return replace(self, start=start, end=end)

    def concluded(self, node: str) -> Concluded:
        """As the rest of the centre sees it."""
        return Concluded(
            node, self.start, self.end, self.cause, self.party, self.counts, self.parent, self.told, self.evidence
        )
