"""A citizen adds to an earlier complaint, or answers what the city asked: the two are linked, and it goes on.

What is added arrives as a complaint of its own whose `follows` names the earlier one. In the earlier one's log it is
`added`; what waited for it comes back to where it was, and what was answered or closed is taken up again. What was
closed as a prank stays closed: the new complaint is at the desk anyway.
"""

from django.db.models import QuerySet

from center.complaints.log import MOVES, write_log
from center.complaints.models import Complaint, Event
from center.complaints.steps import move
from center.core.complaint_cycle import TRANSITIONS
from center.ingest.changes import record_change

STAYS_ENDED = ("prank", "ghost", "duplicate")


def follow(complaint_id: str, follows: str, node: str, at_ms: int) -> None:
    """Link a complaint that has just arrived with the one it follows, whichever of the two came first.

    In the transaction that stored it. A complaint follows nothing but what exists, and never itself.
    """
    if follows and follows != complaint_id:
        earlier = Complaint.objects.select_for_update().filter(pk=follows).first()
        if earlier is not None:
            _added(earlier, complaint_id, node, at_ms)
    waiting = Complaint.objects.filter(follows=complaint_id).exclude(pk=complaint_id).order_by("received_ms", "pk")
    for later, later_node in waiting.values_list("pk", "node"):
        _added(Complaint.objects.select_for_update().get(pk=complaint_id), later, later_node, at_ms)


def followers(complaint: Complaint) -> "QuerySet[Complaint]":
    """What was added to this complaint, oldest first."""
    return Complaint.objects.filter(follows=complaint.pk).exclude(pk=complaint.pk).order_by("received_ms", "pk")


def _added(earlier: Complaint, by: str, node: str, at_ms: int) -> None:
    write_log(earlier.pk, "added", node, at_ms, status=earlier.status, about=by)
    if earlier.erased_ms is not None:
        return
    if earlier.asked_ms is not None:
        move(earlier.pk, before_hold(earlier), actor=node, now_ms=at_ms)
    elif earlier.status == "answered" or (earlier.closed_ms is not None and earlier.closed_reason not in STAYS_ENDED):
        move(earlier.pk, "reopened", actor=node, now_ms=at_ms)
    else:
        record_change("complaint", earlier.node)


def before_hold(complaint: Complaint) -> str:
    """Where a complaint on hold goes on: where it was, or verified when that cannot be returned to."""
    statuses = (
        Event.objects.filter(complaint=complaint, kind__in=MOVES)
        .exclude(status="on_hold")
        .order_by("-id")
        .values_list("status", flat=True)
    )
    last = statuses.first() or "verified"
    return last if last in TRANSITIONS["on_hold"] else "verified"
