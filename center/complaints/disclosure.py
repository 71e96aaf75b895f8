"""Opening what citizens typed and photographed: who, why, and that it was so is written before anything is shown.

Also comparing a PIN, which shows nothing and is no disclosure, and the two questions "who saw this" and "what did they
see".
"""

from dataclasses import dataclass

from django.db.models import QuerySet

from center.complaints.models import Complaint, Disclosure

MIN_REASON_CHARS, MAX_REASON_CHARS = 3, 300
MAX_PHOTO_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Opened:
    """What was typed. Name, contact and address are "" when withheld (`withheld`) and when there are none."""

    text: str
    rt_rw: str
    purpose: str
    name: str
    contact: str
    address: str
    withheld: bool

    def __repr__(self) -> str:
        return f"Opened({len(self.text)} characters)"


def open_text(complaint: Complaint, actor: str, reason: str, *, with_identity: bool, address: str = "") -> Opened:
    """What the citizen wrote. Confidential identities are for those alone who hold `with_identity` (never agencies).

    Raises:
        EntryError: "reason": too short or too long a reason.
        ErasedError: it has been erased.
        SealingError: the key is missing, or the box is damaged. The attempt is on record all the same.
    """
    raise NotImplementedError


def photos_of(complaint: Complaint) -> list[int]:
    """Numbers (`Attachment.pk`) of the photographs that can be opened."""
    raise NotImplementedError


def open_photo(complaint: Complaint, number: int, actor: str, reason: str, *, with_identity: bool) -> bytes:
    """The JPEG of one photograph; refused to whoever may not know a confidential identity: it may show it.

    Raises: as `open_text`; SealingError too when what is inside is no JPEG within bounds, or its file is gone;
        WithheldError: the picture of a confidential complaint.
    """
    raise NotImplementedError


def pin_fits(complaint: Complaint, pin: str) -> bool:
    """Whether this PIN is the ticket's, also after what was typed has been erased. Takes about as long either way."""
    raise NotImplementedError


def who_saw(complaint_id: str) -> "QuerySet[Disclosure]":
    """Every look at what a complaint holds, oldest first."""
    return Disclosure.objects.filter(service_request_id=complaint_id).order_by("id")


def seen_by(actor: str, from_ms: int = 0, until_ms: int = 2**62) -> "QuerySet[Disclosure]":
    """Everything an account has looked at in [from_ms, until_ms), oldest first."""
    return Disclosure.objects.filter(actor=actor, at_ms__gte=from_ms, at_ms__lt=until_ms).order_by("id")
