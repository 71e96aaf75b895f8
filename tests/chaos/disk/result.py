"""What a part of the storage torture found: figures for the table, sentences for whoever has to mend it."""

from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.disk.oracle import Oracle


@dataclass
class Result:
    """`faults` by kind; `broken` says what was not kept, and where; `lost` counts what was accepted and is gone."""

    accepted: int = 0
    lost: int = 0
    twice: int = 0
    """Rows beyond the first with the same content and the same request id, within one epoch."""
    renewed: int = 0
    """Epochs begun after the first: complaints are then offered again, and lie under both."""
    damaged: int = 0
    """Gone with damaged bytes: declared, or where nobody could have known (see `damage`)."""
    opened: int = 0
    refused: int = 0
    heard: int = 0
    """Lives that went on until a first answer or promise, however slow the machine."""
    faults: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    log: str = ""
    """What the product itself said."""

    def take(self, oracle: Oracle, where: str) -> None:
        """Add what one oracle has seen."""
        self.accepted += oracle.accepted
        self.opened += oracle.opened
        self.refused += oracle.refused
        self.lost += sum(sentence.startswith("lost") for sentence in oracle.broken)
        self.broken += [f"{where}: {sentence}" for sentence in oracle.broken]

    def add(self, other: "Result") -> None:
        """Sum of two parts."""
        self.accepted += other.accepted
        self.lost += other.lost
        self.twice += other.twice
        self.renewed += other.renewed
        self.damaged += other.damaged
        self.opened += other.opened
        self.refused += other.refused
        self.heard += other.heard
        self.faults += other.faults
        self.broken += other.broken
        self.log += other.log

    def told(self) -> str:
        """For an assertion: what broke, and the last words of the product."""
        return "\n".join([*self.broken[:20], f"({len(self.broken)} in all)", self.log[-3000:]])
