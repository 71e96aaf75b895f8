"""What can be done with a complaint: receive it, move it on (which answers the citizen), note a receipt.

Every step is one entry in the append-only log, in the same transaction as the step itself.
"""

import time

import msgspec
from django.db import transaction

from center.complaints.models import Complaint, Event
from center.core.complaint_cycle import check_step, event_kind
from center.ingest.changes import record_change
from center.ingest.database import execute, select
from center.operations import downlink
from wire import bodies


def receive_complaint(body: bodies.Complaint, columns: dict[str, object], received_ms: int) -> bool:
    """Store a complaint and open its log; whether it was new. `columns`: identity and times of its record.

    The same request under another record (offered again in a new epoch) is the same complaint.
    """
    values: dict[str, object] = {
        **columns,
        "service_request_id": body.service_request_id,
        "code": _free_code(body.code, body.service_request_id),
        "place": body.place,
        "category": body.category,
        "classification": body.classification,
        "reasons": msgspec.json.encode(body.reasons).decode(),
        "urgent": body.urgent,
        "channel": body.channel,
        "client_id": body.client_id,
        "sealed": msgspec.json.encode(body.sealed).decode(),
        "key_id": body.sealed.key_id,
        "status": "received",
        "closed_reason": "",
        "changed_ms": received_ms,
    }
    marks = ", ".join(["%s"] * len(values))
    sql = (
        f"INSERT INTO complaints_complaint ({', '.join(values)}) VALUES ({marks}) "  # noqa: S608 - our own names
        "ON CONFLICT (service_request_id) DO NOTHING"
    )
    if execute(sql, list(values.values())) == 0:
        return False
    node = str(columns["node"])
    _log(body.service_request_id, "received", node, received_ms, status="received", detail=body.channel)
    return True


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
        if status == before and status == "closed":
            closed_reason = closed_reason or complaint.closed_reason
        check_step(before, status, closed_reason)
        if status == before and not text and closed_reason == complaint.closed_reason:
            return None
        now_ms = int(time.time() * 1000)
        Complaint.objects.filter(pk=complaint_id).update(status=status, closed_reason=closed_reason, changed_ms=now_ms)
        _log(complaint_id, event_kind(before, status), actor, now_ms, status=status, detail=text or closed_reason)
        reply = bodies.Reply(complaint_id, status, text, now_ms)  # type: ignore[arg-type]
        reply_id = downlink.queue(complaint.node, "reply", reply)
        record_change("complaint", complaint.node)
        return reply_id


def add_note(complaint_id: str, text: str, *, actor: str) -> None:
    """Note something for colleagues in the log; the citizen does not see it."""
    with transaction.atomic():
        complaint = Complaint.objects.get(pk=complaint_id)
        _log(complaint_id, "note", actor, int(time.time() * 1000), status=complaint.status, detail=text)
        record_change("complaint", complaint.node)


def note_receipt(reply_json: str, *, node: str, outcome: str, at_ms: int) -> None:
    """The kiosk has the reply: the log shows that the citizen can read it now."""
    reply = msgspec.json.decode(reply_json.encode(), type=bodies.Reply)
    if Complaint.objects.filter(pk=reply.service_request_id).exists():
        _log(reply.service_request_id, "delivered", node, at_ms, status=reply.status, detail=outcome)


def _log(complaint_id: str, kind: str, actor: str, at_ms: int, *, status: str, detail: str) -> None:
    Event.objects.create(complaint_id=complaint_id, at_ms=at_ms, kind=kind, actor=actor, status=status, detail=detail)


def _free_code(code: str, complaint_id: str) -> str:
    """The ticket code; with a suffix in the (1 in 10^13) case that another complaint has it. No voice is refused."""
    sql = "SELECT COUNT(*) FROM complaints_complaint WHERE code LIKE %s AND service_request_id <> %s"
    taken = int(select(sql, (f"{code}%", complaint_id))[0][0])
    return code if not taken else f"{code}-{taken + 1}"
