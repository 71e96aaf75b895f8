"""The life-cycle of a complaint. Pure.

`status` says where it stands, `closed_reason` why it ended; reopening clears the reason and notifies the agency
(an event of its own). Staff can always reopen: a citizen must not have to file twice.

    received -> verified -> in_progress -> answered -> closed
        \\__________\\____________\\___________________/   (closing is possible from anywhere, with a reason)
"""

STATUSES = ("received", "verified", "in_progress", "answered", "closed")
CLOSED_REASONS = ("resolved", "information", "duplicate", "prank", "ghost", "other_agency", "withdrawn")

TRANSITIONS: dict[str, frozenset[str]] = {
    "received": frozenset({"verified", "in_progress", "answered", "closed"}),
    "verified": frozenset({"in_progress", "answered", "closed"}),
    "in_progress": frozenset({"answered", "closed"}),
    "answered": frozenset({"in_progress", "closed"}),
    "closed": frozenset({"in_progress"}),
}


class LifeCycleError(ValueError):
    """A step that a complaint cannot take; the message says which steps it can."""


def check_step(before: str, after: str, closed_reason: str) -> None:
    """Raise LifeCycleError unless `before -> after` is allowed. Staying where it is is no step and is allowed."""
    if after not in TRANSITIONS:
        raise LifeCycleError(f"unknown status {after!r}; one of {', '.join(STATUSES)}")
    if after != before and after not in TRANSITIONS[before]:
        raise LifeCycleError(f"a complaint that is {before} can become {', '.join(sorted(TRANSITIONS[before]))}")
    if after == "closed" and closed_reason not in CLOSED_REASONS:
        raise LifeCycleError(f"closing needs a reason: one of {', '.join(CLOSED_REASONS)}")
    if after != "closed" and closed_reason:
        raise LifeCycleError("only a closed complaint has a closing reason")


def event_kind(before: str, after: str) -> str:
    """What the log calls a step."""
    if before == after:
        return "note"
    if before == "closed":
        return "reopened"
    return "closed" if after == "closed" else "status"


__all__ = ["CLOSED_REASONS", "STATUSES", "TRANSITIONS", "LifeCycleError", "check_step", "event_kind"]
