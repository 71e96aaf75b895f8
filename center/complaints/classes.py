"""What an officer says a complaint is, beside what the kiosk suggested, and how often the suggestion was overturned."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Count

from center.complaints.errors import StepError
from center.complaints.log import write_log
from center.complaints.models import Complaint
from center.ingest.changes import record_change

CLASSES: Final = ("real", "information", "prank_suspect", "ghost")
"""The kiosk's suggestions. Siaga 112 says prank where a kiosk only suspects: `prank_suspect` is that class too."""


def correct_class(complaint_id: str, corrected: str, *, actor: str) -> bool:
    """Say what it is; the suggestion itself ("the kiosk was right") is an answer too. Whether that was news.

    Raises:
        StepError: "kind": there is no such class.
        Complaint.DoesNotExist: there is no such complaint.
    """
    if corrected not in CLASSES:
        raise StepError("kind", f"a complaint is one of {', '.join(CLASSES)}")
    with transaction.atomic():
        complaint = Complaint.objects.select_for_update().get(pk=complaint_id)
        if complaint.corrected_class == corrected:
            return False
        now_ms = time.time_ns() // 1_000_000
        complaint.corrected_class = corrected
        complaint.save(update_fields=["corrected_class"])
        write_log(complaint_id, "class", actor, now_ms, status=complaint.status, about=corrected)
        record_change("complaint", complaint.node)
        return True


@dataclass(frozen=True, slots=True)
class Overturns:
    """`matrix`: (suggested, corrected) -> how many, of those an officer has judged; `unjudged` were not."""

    matrix: Mapping[tuple[str, str], int]
    unjudged: int

    @property
    def judged(self) -> int:
        """How many an officer has judged."""
        return sum(self.matrix.values())

    @property
    def overturned(self) -> int:
        """How many of these were another class than suggested."""
        return sum(count for (suggested, corrected), count in self.matrix.items() if suggested != corrected)


def overturns(from_ms: int, until_ms: int, places: Collection[str] | None = None) -> Overturns:
    """Of the complaints received in [from_ms, until_ms), of these places or of the whole city."""
    rows = Complaint.objects.filter(received_ms__gte=from_ms, received_ms__lt=until_ms).exclude(category="ppid")
    if places is not None:
        rows = rows.filter(place__in=places)
    counted = rows.values_list("classification", "corrected_class").annotate(count=Count("pk"))
    found = {(suggested, corrected): int(count) for suggested, corrected, count in counted}
    return Overturns({key: count for key, count in found.items() if key[1]},
                     sum(count for key, count in found.items() if not key[1]))  # fmt: skip
