"""Writing a complaint's append-only log. One place, so that every entry looks alike."""

from center.complaints.models import Event


def write_log(complaint_id: str, kind: str, actor: str, at_ms: int, *, status: str, detail: str = "") -> None:
    """One more entry, in the caller's transaction."""
    Event.objects.create(complaint_id=complaint_id, at_ms=at_ms, kind=kind, actor=actor, status=status, detail=detail)
