"""What can be done with a complaint, by the names older code calls it: see `steps`, `notes`, `asking`, `classes`."""

from center.complaints.notes import add_note, note_receipt
from center.complaints.steps import move

__all__ = ["add_note", "advance", "note_receipt"]


def advance(
    complaint_id: str, status: str, *, actor: str, text: str = "", closed_reason: str = "", seen: str = ""
) -> str | None:
    """Move a complaint to `status` (or stay) and tell the citizen; returns the id of the reply on its way.

    A step without a text still tells the kiosk the new status; staying without a text is nothing and returns None.

    Raises:
        LifeCycleError: the step is not possible from where the complaint is; the message says which are.
        Complaint.DoesNotExist: there is no such complaint.
    """
    return move(complaint_id, status, actor=actor, text=text, closed_reason=closed_reason, seen=seen)
