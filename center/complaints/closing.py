"""Complaints that close by themselves: answered, or asked for more, and no word from the citizen within the term."""

from center.complaints.models import Complaint
from center.complaints.steps import move
from center.core.complaint_cycle import LifeCycleError
from center.core.complaint_deadlines import CLOSING


def close_silent(now_ms: int, most: int = 20) -> int:
    """Close those whose term has ended; how many. Each in a transaction of its own, told like every other end."""
    found = Complaint.objects.filter(due_for__in=tuple(CLOSING), due_ms__lte=now_ms).order_by("due_ms", "pk")
    closed = 0
    for complaint_id, term, status in list(found.values_list("pk", "due_for", "status")[:most]):
        try:
            move(complaint_id, "closed", actor="", closed_reason=CLOSING[term], seen=status, now_ms=now_ms)
        except LifeCycleError:  # somebody has just moved it on
            continue
        closed += 1
    return closed
