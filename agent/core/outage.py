"""One outage: its steps, what it is called, and the notice that tells the centre of it."""

from collections.abc import Iterable
from typing import Final, Literal

from wire.bodies import OutageNotice, OutageStep, RungState, encode_body
from wire.shape import Struct, field
from wire.verdicts import LADDER, VERDICTS

MOST_STEPS: Final = 64
"""What a notice can carry: the first half and the latest half are kept."""
NOTICE_BYTES: Final = 32 * 1024
"""Half of what a record may have, and one batch on the wire."""
BESIDE: Final = 8
INCONCLUSIVE = "U0"

Phase = Literal["begun", "ended"]
How = Literal["seen", "restart"]


class Outage(Struct):
    """One outage so far. `omitted`: steps that no longer fit."""

    onset_ms: int
    found_ms: int
    before: tuple[int, int]
    steps: list[OutageStep] = field(default_factory=list)
    rungs: tuple[RungState, ...] = ()
    omitted: int = 0
    end_ms: int | None = None
    sent: int = 0
    lost: int = 0

    @property
    def name(self) -> OutageStep:
        """The step whose verdict names the outage."""
        return naming(self.steps)

    def add(self, step: OutageStep, rungs: tuple[RungState, ...]) -> None:
        self.steps.append(step)
        if len(self.steps) > MOST_STEPS:
            del self.steps[MOST_STEPS // 2]
            self.omitted += 1
        self._named_by(step, rungs)

    def better(self, step: OutageStep, rungs: tuple[RungState, ...]) -> None:
        """The same verdict as the last step's, surer now; it dates from when it was first given."""
        self.steps[-1] = step
        self._named_by(step, rungs)

    def _named_by(self, step: OutageStep, rungs: tuple[RungState, ...]) -> None:
        if self.name is step:
            self.rungs = rungs

    def count(self, sent: int, lost: int) -> None:
        """All pings to the centre up to now."""
        self.sent, self.lost = max(0, sent - self.before[0]), max(0, lost - self.before[1])


def naming(steps: Iterable[OutageStep]) -> OutageStep:
    """The step that names an outage: the surest, of equals the innermost and then the earliest.

    A verdict that does not mean cut off names it only when there is no other.
    """

    def rank(step: OutageStep) -> tuple[int, float, int]:
        place = LADDER.index(step.code) if step.code in LADDER else len(LADDER)
        speaks = 2 if is_down(step.code) else 1 if step.code == INCONCLUSIVE else 0
        return speaks, step.confidence_pct, -place

    return max(steps, key=rank)


def is_down(code: str) -> bool:
    """Whether this verdict means that the node is cut off."""
    verdict = VERDICTS.get(code)
    return verdict is not None and verdict.severity == "down"


def notice(outage: Outage, phase: Phase, ident: str, boot: str, how: How = "seen") -> OutageNotice:
    """The event that tells of it, of at most `NOTICE_BYTES`: of a long history the steps' own evidence gives way."""
    for kept in (len(outage.steps), 2 * BESIDE, 2, 0):
        told = _notice(outage, phase, ident, boot, how, kept=kept)
        if len(encode_body(told)) <= NOTICE_BYTES:
            break
    return told


def _notice(outage: Outage, phase: Phase, ident: str, boot: str, how: How, *, kept: int) -> OutageNotice:
    name = outage.name
    return OutageNotice(
        id=ident,
        phase=phase,
        boot=boot,
        onset_mono_ms=outage.onset_ms,
        found_mono_ms=outage.found_ms,
        code=name.code,
        confidence_pct=name.confidence_pct,
        end_mono_ms=outage.end_ms if phase == "ended" else None,
        how=how,
        evidence=name.evidence,
        also=name.also,
        rungs=outage.rungs,
        steps=_with_evidence(outage.steps, kept) if phase == "ended" else (),
        sent=outage.sent,
        lost=outage.lost,
    )


def _with_evidence(steps: list[OutageStep], kept: int) -> tuple[OutageStep, ...]:
    """All steps; the first and the last, `kept` in all, with what they rested on."""
    first, last = (kept + 1) // 2, len(steps) - kept // 2
    return tuple(
        step if at < first or at >= last else OutageStep(step.mono_ms, step.code, step.confidence_pct, (), step.also)
        for at, step in enumerate(steps)
    )
