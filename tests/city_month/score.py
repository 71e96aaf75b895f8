"""What the judge found: counts, and every single thing that is wrong."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Miss:
    """One thing that is wrong. `kind` is a word of the table; `at_ms` is where to look."""

    kind: str
    node: str
    at_ms: int
    text: str


@dataclass(slots=True)
class Score:
    """Counts, and every miss."""

    node_days: int = 0
    exact_days: int = 0
    outages: int = 0
    long: int = 0
    right: int = 0
    shared: int = 0
    unnamed: int = 0
    unknown_s: int = 0
    seconds: int = 0
    misses: list[Miss] = field(default_factory=list)

    @property
    def right_pct(self) -> float:
        """Of outages longer than a minute, those whose cause is named and right."""
        return 100.0 * self.right / self.long if self.long else 100.0

    def kinds(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for miss in self.misses:
            found[miss.kind] = found.get(miss.kind, 0) + 1
        return found
