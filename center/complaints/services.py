"""What can be done with a complaint: move it on (which answers the citizen), note something, note a receipt.

Every step is one entry in the append-only log, in the same transaction as the step itself.
"""

import time

import msgspec
from django.db import transaction

from center.complaints.log import write_log
from center.complaints.models import Complaint
from center.core.complaint_cycle import check_step, event_kind, reason_for, wire_status
from center.ingest.changes import record_change
from center.operations import downlink
from wire import bodies


def advance(complaint_id: str, status: str, *, actor: str, text: str = "", closed_reason: str = "") -> str | None:
    """Move a complaint to `status` (or stay) and tell the citizen; returns the id of the reply on its way.

    A step without a text still tells the kiosk the new status; staying without a text is nothing and returns None.

    Raises:
        LifeCycleError: the step is not possible from where the complaint is; the message says which are.
        Complaint.DoesNotExist: there is no such complaint.
    """
    with transaction.atomic():
        complaint = Complaint.objects.select_for_update().get(pk=complaint_id)
        before = complaint.status
        if status == before:
            closed_reason = closed_reason or complaint.closed_reason
        closed_reason = reason_for(status, closed_reason)
        check_step(before, status, closed_reason)
        if status == before and not text and closed_reason == complaint.closed_reason:
            return None
        now_ms = int(time.time() * 1000)
        Complaint.objects.filter(pk=complaint_id).update(status=status, closed_reason=closed_reason, changed_ms=now_ms)
        write_log(complaint_id, event_kind(before, status), actor, now_ms, status=status, detail=text or closed_reason)
        reply = bodies.Reply(
            complaint_id,
            wire_status(status),  # type: ignore[arg-type]
            text,
            now_ms,
            step=status,
            closed_reason=closed_reason,
        )
        reply_id = downlink.queue(complaint.node, "reply", reply)
        record_change("complaint", complaint.node)
        return reply_id


def add_note(complaint_id: str, text: str, *, actor: str) -> None:
    """Note something for colleagues in the log; the citizen does not see it."""
    with transaction.atomic():
        complaint = Complaint.objects.get(pk=complaint_id)
        write_log(complaint_id, "note", actor, int(time.time() * 1000), status=complaint.status, detail=text)
        record_change("complaint", complaint.node)


def note_receipt(reply_json: str, *, node: str, outcome: str, at_ms: int) -> None:
    """The kiosk has the reply: the log shows that the citizen can read it now."""
    reply = msgspec.json.decode(reply_json.encode(), type=bodies.Reply)
    if Complaint.objects.filter(pk=reply.service_request_id).exists():
        write_log(reply.service_request_id, "delivered", node, at_ms, status=reply.status, detail=outcome)
