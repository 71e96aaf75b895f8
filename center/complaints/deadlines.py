"""`due_ms` and `due_for` of complaints: set with every step, counted anew when the terms or the holidays change."""

import hashlib
import time
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from center.complaints.holiday_calendar import calendar_at
from center.complaints.log import MOVES
from center.complaints.models import Complaint, Event
from center.config import ComplaintsConfig
from center.core.complaint_cycle import ENDED
from center.core.complaint_deadlines import Due, Entry, Terms, due
from center.core.working_days import Calendar
from center.ingest.changes import record_changes
from center.ingest.database import execute, select

STEP_ROWS = 200
CURSOR = "complaint-terms"
_KEEP = (
    "INSERT INTO ingest_cursor (name, position) VALUES (%s, %s) "
    "ON CONFLICT (name) DO UPDATE SET position = excluded.position"
)


def config() -> ComplaintsConfig:
    """The terms as they are configured."""
    part: ComplaintsConfig = settings.CENTER.complaints
    return part


def terms() -> Terms:
    """The terms, as the core counts them."""
    part = config()
    return Terms(
        part.verification_days, part.follow_up_days, part.auto_close_days, part.ppid_days, part.ppid_extension_days,
        part.objection_days,
    )  # fmt: skip


def calendar() -> Calendar:
    """The working days as they are known now."""
    return calendar_at(config(), time.time_ns() // 1_000_000)


def due_on_arrival(category: str, received_ms: int) -> Due:
    """The first term of a complaint that arrives."""
    log = [Entry(received_ms, "received", "received")]
    found = due(category, log, extended=False, asked=False, terms=terms(), calendar=calendar())
    assert found is not None  # nothing arrives ended
    return found


def set_due(complaint: Complaint) -> bool:
    """Write the term a complaint is in by its log, in the caller's transaction; whether it is another than before."""
    found = due(
        complaint.category,
        log_of(complaint),
        extended=complaint.extended,
        asked=complaint.asked_ms is not None,
        terms=terms(),
        calendar=calendar(),
    )
    wanted = (found.at_ms, found.term) if found else (None, "")
    if (complaint.due_ms, complaint.due_for) == wanted:
        return False
    complaint.due_ms, complaint.due_for = wanted
    complaint.save(update_fields=["due_ms", "due_for"])
    return True


def log_of(complaint: Complaint) -> Sequence[Entry]:
    """A complaint's log as the core reads it; one from before there was a log has its two moments."""
    rows = Event.objects.filter(complaint=complaint, kind__in=MOVES).order_by("id")
    found = [Entry(row.at_ms, row.kind, row.status, _until(row)) for row in rows]
    if not found or found[0].status != "received":
        found.insert(0, Entry(complaint.received_ms, "received", "received"))
    if found[-1].status != complaint.status:
        found.append(Entry(complaint.changed_ms, "status", complaint.status))
    return found


def _until(row: Event) -> int | None:
    return int(row.about) if row.kind == "held" and row.about.isascii() and row.about.isdigit() else None


def recompute(after: str = "", most: int = STEP_ROWS) -> tuple[str, int]:
    """Count the terms of the next `most` open complaints anew; the last id ("" = all done) and how many changed."""
    ids = list(
        Complaint.objects.filter(pk__gt=after)
        .exclude(status__in=ENDED)
        .order_by("pk")
        .values_list("pk", flat=True)[:most]
    )
    with transaction.atomic():
        rows = Complaint.objects.select_for_update().filter(pk__in=ids).order_by("pk")
        changed = [complaint.node for complaint in rows if set_due(complaint)]
        record_changes(("complaint", node) for node in changed)
    return (ids[-1] if len(ids) == most else ""), len(changed)


def recompute_all() -> int:
    """Count all terms anew; how many changed."""
    after, total = recompute()
    while after:
        after, changed = recompute(after)
        total += changed
    note_terms()
    return total


def terms_changed() -> bool:
    """Whether terms or holidays are others than those everything was last counted by."""
    rows = select("SELECT position FROM ingest_cursor WHERE name = %s", (CURSOR,))
    return not rows or int(rows[0][0]) != _fingerprint()


def note_terms() -> None:
    """Everything has been counted by the terms of now."""
    execute(_KEEP, (CURSOR, _fingerprint()))


def _fingerprint() -> int:
    """Names terms and holidays, in 62 bits."""
    text = f"{terms()} {sorted(calendar().holidays)}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 2
