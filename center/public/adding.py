"""Answering the city's question from a telephone: what is added becomes a complaint of its own that follows the first.

The page that code and PIN opened carries a signed note of which complaint it was, good for half an hour; the PIN itself
is in no page. The same words in the same form are one addition, however often they are sent.
"""

import hashlib
import time

from django.core import signing
from django.db import transaction

from center.complaints.asking import follow
from center.complaints.errors import EntryError
from center.complaints.manual import Entry, enter, says_the_same
from center.complaints.models import Complaint

SALT = "center.public.adding"
GOOD_S = 1800
CHANNEL = "status_page"
MAX_TOKEN = 300


class AddingError(Exception):
    """It cannot be added; `problem` is late (the form is too old), over (nothing is asked any more) or words."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def token_for(complaint: Complaint) -> str:
    """What the form carries: which question of which complaint it answers."""
    return signing.dumps([complaint.pk, complaint.asked_ms], salt=SALT)


def add(token: str, text: str) -> None:
    """Store what the citizen added, sealed like everything they write, and let the complaint go on.

    Raises:
        AddingError: see there.
        SealingError: this centre has no sealing key.
    """
    complaint_id, asked_ms = _read(token)
    with transaction.atomic():
        earlier = Complaint.objects.select_for_update().filter(pk=complaint_id).first()
        if earlier is None:
            raise AddingError("over")
        entry = _entry(earlier, text, f"add-{hashlib.sha256(token.encode()).hexdigest()[:32]}")
        try:
            known = Complaint.objects.filter(channel=CHANNEL, external_id=entry.external_id).first()
            if known is not None and says_the_same(entry, known.pk):
                return  # the same form again
            if known is not None or earlier.asked_ms != asked_ms or earlier.erased_ms is not None:
                raise AddingError("over")
            made = enter(entry, actor="")
        except EntryError:
            raise AddingError("words") from None
        Complaint.objects.filter(pk=made.service_request_id).update(follows=earlier.pk, identity=earlier.identity)
        follow(made.service_request_id, earlier.pk, "", time.time_ns() // 1_000_000)


def _entry(earlier: Complaint, text: str, name: str) -> Entry:
    return Entry(
        channel=CHANNEL,
        category="laporan" if earlier.category == "ppid" else earlier.category,
        text=text.replace("\r\n", "\n"),
        subject=earlier.subject,
        place=earlier.place,
        area=earlier.area,
        external_id=name,
        lang=earlier.lang or "id",
    )


def _read(token: str) -> tuple[str, int]:
    try:
        if len(token) > MAX_TOKEN:
            raise signing.BadSignature
        complaint_id, asked_ms = signing.loads(token, salt=SALT, max_age=GOOD_S)
    except (signing.BadSignature, ValueError, TypeError):
        raise AddingError("late") from None
    return str(complaint_id), int(asked_ms)
