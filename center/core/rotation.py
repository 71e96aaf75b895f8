"""Changing the city's certificate authority with an overlap: the steps, and who would be locked out by the next. Pure.

    single     one authority.
    prepared   the following one signs new certificates; servers still show the present one's; both are trusted.
    switched   servers show the following one's too; both are trusted.
    withdrawn  a prepared change was called off: the present one signs again, the following one is still trusted, for
               boxes may hold certificates of it.

    single -prepare-> prepared -switch-> switched -retire-> single (the following one)
    switched -undo-> prepared -undo-> withdrawn -retire-> single (the present one)      withdrawn -prepare-> prepared

A box learns of the following authority together with a certificate of it. So who holds such a certificate trusts both;
that the box really has it is likely once it was heard after it was signed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Stage = Literal["single", "prepared", "switched", "withdrawn"]
Step = Literal["prepare", "switch", "retire", "undo"]
Standing = Literal["new", "unheard", "old", "none"]

_STEPS: dict[tuple[Stage, Step], Stage] = {
    ("single", "prepare"): "prepared",
    ("withdrawn", "prepare"): "prepared",
    ("prepared", "switch"): "switched",
    ("switched", "retire"): "single",
    ("withdrawn", "retire"): "single",
    ("switched", "undo"): "prepared",
    ("prepared", "undo"): "withdrawn",
}
_ALREADY: dict[Step, Stage] = {"prepare": "prepared", "switch": "switched", "retire": "single"}


class StepError(ValueError):
    """This step does not follow on the present stage."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """`present` and `following`: authorities by name (`center.authorities`), `following` "" in stage single. `first`:
    of whom certificates are that the book entered before it named authorities. `dropped`: trusted no more."""

    stage: Stage
    present: str
    following: str = ""
    first: str = ""
    dropped: tuple[str, ...] = ()

    @property
    def signs(self) -> str:
        """Who signs certificates of nodes and of the centre's own clients."""
        return self.following if self.stage in {"prepared", "switched"} else self.present

    @property
    def serves(self) -> str:
        """Whose certificates the servers show."""
        return self.following if self.stage == "switched" else self.present

    @property
    def trusted(self) -> tuple[str, ...]:
        """All that count, the one that signs first."""
        both = (self.present, self.following) if self.following else (self.present,)
        return tuple(sorted(both, key=lambda one: one != self.signs))

    @property
    def leaving(self) -> str:
        """Who will be trusted no more after `retire`; "" where nobody leaves."""
        return next((one for one in self.trusted if one != self.signs), "")

    @property
    def known(self) -> frozenset[str]:
        """Every authority this one comes from or goes to."""
        return frozenset((*self.trusted, *self.dropped))


def follow(rotation: Rotation, step: Step, following: str = "") -> Rotation:
    """The stage after a step; the same where it was taken already. `following`: the new authority, for `prepare`.

    Raises:
        StepError: it does not follow on this stage.
    """
    if _ALREADY.get(step) == rotation.stage:
        return rotation
    stage = _STEPS.get((rotation.stage, step))
    if stage is None:
        raise StepError(f"{step} does not follow on {rotation.stage}")
    if step == "prepare" and rotation.stage == "single":
        return replace(rotation, stage=stage, following=following)
    if step == "retire":
        return Rotation("single", rotation.signs, "", rotation.first, (*rotation.dropped, rotation.leaving))
    return replace(rotation, stage=stage)


@dataclass(frozen=True, slots=True)
class Certificate:
    """One line of the authority's book. Times in Unix ms."""

    serial: str
    authority: str
    issued_ms: int
    expires_ms: int
    revoked: bool = False


def newest(certificates: Iterable[Certificate]) -> Certificate | None:
    """The one signed last that was not taken back, of several in one second the last; None: none is left."""
    return max(reversed([one for one in certificates if not one.revoked]), key=lambda one: one.issued_ms, default=None)


def standing(certificates: Sequence[Certificate], signs: str, heard_ms: int | None) -> Standing:
    """Where a box stands: it has a certificate of the authority that signs ("new"), it was given one and not heard
    since ("unheard"), it has only others ("old"), or none that counts."""
    last = newest(certificates)
    if last is None:
        return "none"
    mine = [one for one in certificates if one.authority == signs and not one.revoked]
    if not mine:
        return "old"
    first_ms = min(one.issued_ms for one in mine)
    return "new" if heard_ms is not None and heard_ms >= first_ms else "unheard"
