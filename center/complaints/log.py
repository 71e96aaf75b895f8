"""Writing a complaint's append-only log. One place, so that every entry looks alike."""

from typing import Final

from center.complaints.models import Event

KINDS: Final = (
    "received", "status", "told", "routed", "held", "asked", "closed", "reopened", "extended",
    "added", "class", "note", "delivered", "opened", "exported", "erased",
)  # fmt: skip
"""What can happen. `status`: it moved on to `status`. `told`: the citizen was told something more. `routed`: to the
agency `about`. `held`: until the moment `about` in ms, or "". `closed`, `reopened`: for the reason `about`. `added`:
the citizen said more, in the request `about`. `class`: it is `about`. `opened`, `exported`: who saw what (`about`).
`delivered`: the kiosk has the answer; `about` is how it dealt with it."""
TOLD: Final = ("status", "told", "routed", "held", "asked", "closed", "reopened", "extended")
"""Kinds whose `detail` was told to the citizen, word for word: what code and PIN open. Words among colleagues stand in
`note` alone."""
MOVES: Final = ("received", "status", "told", "routed", "held", "asked", "closed", "reopened")
"""Kinds after which the complaint was `status`; of all others it is only said where it stood, or had stood."""
WORDS: Final = (*TOLD, "note")
"""Kinds whose `detail` goes when a complaint is erased."""


def write_log(
    complaint_id: str,
    kind: str,
    actor: str,
    at_ms: int,
    *,
    status: str,
    about: str = "",
    detail: str = "",
    batch: str = "",
) -> None:
    """One more entry, in the caller's transaction. `detail`: what people wrote; `about`: words of ours; `batch`: of one
    act upon many."""
    Event.objects.create(
        complaint_id=complaint_id,
        at_ms=at_ms,
        kind=kind,
        actor=actor,
        status=status,
        about=about,
        detail=detail,
        batch=batch,
    )
