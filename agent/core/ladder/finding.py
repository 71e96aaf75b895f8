"""What a rung concludes."""

from typing import Literal

from agent.core.evidence import Evidence
from agent.core.observation import Observation
from wire.shape import Struct, replace
from wire.verdicts import VERDICTS, Party


class Finding(Struct, frozen=True):
    """A fault: its code, how sure (0..1), what it rests on. `party` where it is not the code's usual one.

    `answered`: it rests on an answer, not on silence, so that a dead way does not explain it. `explains`: codes of
    other findings that are only its consequences, beyond those of `rungs.EXPLAINS`.
    """

    code: str
    confidence: float
    evidence: tuple[Observation, ...]
    party: Party | None = None
    explains: frozenset[str] = frozenset()
    answered: bool = False

    @property
    def responsible(self) -> Party:
        return self.party or VERDICTS[self.code].party

    def joined(self, other: "Finding") -> "Finding":
        """Two findings of one code (two sites down) as one."""
        evidence = tuple(dict.fromkeys((*self.evidence, *other.evidence)))
        return replace(self, confidence=max(self.confidence, other.confidence), evidence=evidence)


Judged = Finding | Literal["ok", "unknown"]
"""A fault, or that there is none, or that the evidence is too thin to say."""


def fault(
    code: str,
    confidence: float,
    *items: Evidence | Observation | None,
    answered: bool = False,
    party: Party | None = None,
) -> Finding:
    """A finding that rests on these, the most telling first."""
    seen = [item.seen if isinstance(item, Evidence) else item for item in items if item is not None]
    return Finding(code, confidence, _distinct(seen), party, answered=answered)


def _distinct(seen: list[Observation]) -> tuple[Observation, ...]:
    found: list[Observation] = []
    for one in seen:
        if one not in found:
            found.append(one)
    return tuple(found)
