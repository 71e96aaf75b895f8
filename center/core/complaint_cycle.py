"""The life-cycle of a complaint: one table of statuses and the steps between them. Pure.

`status` says where it stands, `closed_reason` why it ended; reopening clears the reason and notifies the agency
(an event of its own). Staff can always reopen: a citizen must not have to file twice.

    diterima (at the kiosk) -> received (terkirim) -> verified -> routed -> in_progress -> answered -> closed (selesai)

Beside that line: on_hold (waits for something, and comes back), not_ours, duplicate and archived (ended otherwise than
by an answer), reopened (taken up again; it goes on like one that was verified). A complaint can end from anywhere.
"""

from dataclasses import dataclass
from typing import Final

_ENDS: Final = ("closed", "not_ours", "duplicate", "archived")


@dataclass(frozen=True, slots=True)
class Step:
    """A status: where it can go, which of the wire's five words it is, and the reasons it may end with."""

    name: str
    next: tuple[str, ...]
    wire: str
    reasons: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more is to be done, unless somebody reopens it."""
        return bool(self.reasons)


CYCLE: Final = (
    Step("received", ("verified", "routed", "in_progress", "answered", "on_hold", *_ENDS), "received"),
    Step("verified", ("routed", "in_progress", "answered", "on_hold", *_ENDS), "verified"),
    Step("routed", ("verified", "in_progress", "answered", "on_hold", *_ENDS), "verified"),
    Step("in_progress", ("routed", "answered", "on_hold", *_ENDS), "in_progress"),
    Step("on_hold", ("verified", "routed", "in_progress", "answered", *_ENDS), "in_progress"),
    Step("reopened", ("verified", "routed", "in_progress", "answered", "on_hold", *_ENDS), "in_progress"),
    Step("answered", ("in_progress", "reopened", *_ENDS), "answered"),
    Step(
        "closed",
        ("in_progress", "reopened"),
        "closed",
        ("resolved", "information", "duplicate", "prank", "ghost", "other_agency", "withdrawn", "no_reply"),
    ),
    Step("not_ours", ("in_progress", "reopened"), "closed", ("other_agency",)),
    Step("duplicate", ("in_progress", "reopened"), "closed", ("duplicate",)),
    Step("archived", ("in_progress", "reopened"), "closed", ("prank", "ghost", "withdrawn", "no_reply")),
)
BY_NAME: Final = {step.name: step for step in CYCLE}
STATUSES: Final = tuple(BY_NAME)
TRANSITIONS: Final = {step.name: frozenset(step.next) for step in CYCLE}
CLOSED_REASONS: Final = tuple(dict.fromkeys(reason for step in CYCLE for reason in step.reasons))
ENDED: Final = tuple(step.name for step in CYCLE if step.ended)
WAITING: Final = tuple(step.name for step in CYCLE if not step.ended and step.name != "answered")
"""What still waits for the city. `on_hold` waits too: holding a complaint back is no answer."""
ANSWERED_REASONS: Final = ("resolved", "information")
"""Closed for one of these counts as answered; ended as a duplicate or a prank does not."""
WAITING_SQL: Final = ", ".join(f"'{name}'" for name in WAITING)
"""For the raw SQL of screens: names of our own, quoted."""


class LifeCycleError(ValueError):
    """A step that a complaint cannot take; the message says which steps it can."""


def check_step(before: str, after: str, closed_reason: str) -> None:
    """Raise LifeCycleError unless `before -> after` is allowed. Staying where it is is no step and is allowed."""
    if after not in BY_NAME:
        raise LifeCycleError(f"unknown status {after!r}; one of {', '.join(STATUSES)}")
    if after != before and after not in TRANSITIONS[before]:
        raise LifeCycleError(f"a complaint that is {before} can become {', '.join(sorted(TRANSITIONS[before]))}")
    reasons = BY_NAME[after].reasons
    if reasons and closed_reason not in reasons:
        raise LifeCycleError(f"ending as {after} needs a reason: one of {', '.join(reasons)}")
    if closed_reason and not reasons:
        raise LifeCycleError("only a closed complaint has a closing reason")


def reason_for(after: str, closed_reason: str) -> str:
    """The reason to end with: the one given, or the only one there is for this way of ending."""
    reasons = BY_NAME[after].reasons if after in BY_NAME else ()
    return closed_reason or (reasons[0] if len(reasons) == 1 else "")


def wire_status(status: str) -> str:
    """The word every version of a kiosk knows."""
    return BY_NAME[status].wire


def event_kind(before: str, after: str) -> str:
    """What the log calls a step; `told` when the citizen was told something and nothing moved."""
    if before == after:
        return "told"
    if BY_NAME[before].ended or after == "reopened":
        return "reopened"
    return "closed" if BY_NAME[after].ended else "status"


def stays(status: str) -> tuple[str, ...]:
    """The statuses after the next step, staying included, in the order of the cycle."""
    return tuple(name for name in STATUSES if name == status or name in TRANSITIONS[status])
