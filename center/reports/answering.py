"""How complaints were answered: one reading for the reports, the leadership's page and the public proof page.

Answered is what was `answered`, or closed because it was settled; the first time counts (`first_answer_ms`). What
ended otherwise (a duplicate, a prank, another body's matter) was received and is no answer.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from center.complaints.deadlines import calendar, terms
from center.complaints.models import Complaint
from center.core.complaint_cycle import ENDED
from center.core.facts import Span

PPID = "ppid"
REFUSED = "refused"
_COLUMNS = (
    "category", "place", "agency", "channel", "status", "closed_reason", "at_ms", "received_ms", "extended",
    "closed_ms", "first_answer_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Voice:
    """One complaint or request. `answered_ms`: its first answer; None: none so far."""

    category: str
    place: str
    agency: str
    channel: str
    status: str
    closed_reason: str
    at_ms: int
    received_ms: int
    extended: bool
    closed_ms: int | None
    answered_ms: int | None

    @property
    def ended_unanswered(self) -> bool:
        """It is over, and not by an answer."""
        return self.answered_ms is None and self.status in ENDED

    @property
    def waits(self) -> bool:
        """Neither answered nor over."""
        return self.answered_ms is None and self.status not in ENDED


def voices(window: Span) -> list[Voice]:
    """Everything received in [start, end). Nothing in it names a citizen."""
    found = Complaint.objects.filter(received_ms__gte=window.start_ms, received_ms__lt=window.end_ms)
    return [Voice(*row) for row in found.order_by("pk").values_list(*_COLUMNS)]


def of_people(found: Collection[Voice]) -> list[Voice]:
    """Without requests for information, which have a law of their own."""
    return [one for one in found if one.category != PPID]


def medians(found: Collection[Voice]) -> dict[str, Any]:
    """Median time from arrival to the first answer, in hours and in working days; None where nothing is answered.

    A working day is one that begins in between: answered on the day of its arrival is 0.
    """
    days = calendar()
    answered = [(one.received_ms, one.answered_ms) for one in found if one.answered_ms is not None]
    if not answered:
        return {"median_hours": None, "median_working_days": None}
    hours = median(max(0, end - start) for start, end in answered) / 3_600_000
    working = median(days.between(start, end) for start, end in answered)
    return {"median_hours": round(hours, 1), "median_working_days": float(working)}


def information(found: Sequence[Voice]) -> dict[str, int]:
    """Requests for public information as UU 14/2008 has them reported: granted, refused, in time.

    `granted` were answered, `refused` closed for that reason with a reason given to the applicant, `ended` in another
    way (another body holds it, withdrawn). A refusal is a decision too and has the same ten working days (seventeen
    where extended).
    """
    row = dict.fromkeys(("received", "granted", "refused", "ended", "open", "in_time", "late", "extended"), 0)
    days, limit = calendar(), terms()
    for one in found:
        if one.category != PPID:
            continue
        refused = one.answered_ms is None and one.closed_reason == REFUSED
        decided_ms = one.closed_ms if refused else one.answered_ms
        row["received"] += 1
        row["extended"] += one.extended
        if decided_ms is None:
            row["ended" if one.status in ENDED else "open"] += 1
            continue
        allowed = limit.ppid_days + (limit.ppid_extension_days if one.extended else 0)
        row["refused" if refused else "granted"] += 1
        row["in_time" if decided_ms < days.end_of_term(one.received_ms, allowed) else "late"] += 1
    return row
