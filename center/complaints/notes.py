"""Notes for colleagues, and what the log says of an answer's way to the kiosk."""

import time

from django.db import transaction

from center.complaints.errors import StepError
from center.complaints.log import write_log
from center.complaints.models import Complaint
from center.complaints.replies import read_reply
from center.ingest.changes import record_change

MAX_NOTE_CHARS = 2000


def add_note(complaint_id: str, text: str, *, actor: str) -> None:
    """Note something for colleagues; the citizen never sees it.

    Raises:
        StepError: "text": nothing was noted.
        Complaint.DoesNotExist: there is no such complaint.
    """
    if not text.strip():
        raise StepError("text", "a note needs words")
    with transaction.atomic():
        complaint = Complaint.objects.get(pk=complaint_id)
        now_ms = time.time_ns() // 1_000_000
        write_log(complaint_id, "note", actor, now_ms, status=complaint.status, detail=text[:MAX_NOTE_CHARS])
        record_change("complaint", complaint.node)


def note_receipt(reply_json: str, *, node: str, outcome: str, at_ms: int) -> None:
    """The kiosk has the reply: the log shows that the citizen can read it now."""
    reply = read_reply(reply_json)
    if Complaint.objects.filter(pk=reply.service_request_id).exists():
        write_log(reply.service_request_id, "delivered", node, at_ms, status=reply.step or reply.status, about=outcome)
