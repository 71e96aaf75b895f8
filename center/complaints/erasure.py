"""Erasing what citizens typed and photographed: some weeks after the end, or when they ask. Numbers stay."""


def erase(complaint_id: str, *, actor: str, reason: str) -> bool:
    """Erase one complaint now, whatever its status, on the citizen's request; False when it was erased already.

    Raises:
        EntryError: "reason": none was given.
        Complaint.DoesNotExist: there is no such complaint.
    """
    raise NotImplementedError


def erase_due(now_ms: int, most: int = 50) -> int:
    """Erase what ended `[complaints] erase_after_days` ago; how many were. For the worker, in small steps."""
    raise NotImplementedError
