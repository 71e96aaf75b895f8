"""The steps of a complaint: each one row changed, one log entry, one word to the citizen, in one transaction.

`move` is the only writer of `status`. Each function names one act of the desk; all take `actor` (the account), and
`seen`, the status the officer was looking at: when somebody else was quicker the step is refused (StepError "moved").
They return the id of the reply on its way to the kiosk, or None where nothing travels.

Raises, all of them:
    LifeCycleError: the step is not possible from where the complaint is; the message says which are.
    StepError: the same, with a `code` for pages (`center.complaints.errors`).
    Complaint.DoesNotExist: there is no such complaint.
"""

import time

from django.db import transaction

from center.complaints.deadlines import set_due
from center.complaints.errors import StepError
from center.complaints.log import write_log
from center.complaints.models import Complaint
from center.complaints.notifying import agency_told
from center.complaints.replies import queue_reply
from center.core.complaint_cycle import ANSWERED_REASONS, BY_NAME, check_step, event_kind, reason_for
from center.ingest.changes import record_change
from center.sites.models import Site

MAX_TEXT_CHARS = 2000
AGENCY_KINDS = ("opd", "kec", "kel")


def verify(complaint_id: str, *, actor: str, text: str = "", seen: str = "") -> str | None:
    """It has been read and is for the city to act on."""
    return move(complaint_id, "verified", actor=actor, text=text, seen=seen)


def route(complaint_id: str, agency: str, *, actor: str, note: str = "", text: str = "", seen: str = "") -> str | None:
    """Give it to the agency (a site's code), which is told; again to another one as well. `note`: for colleagues."""
    if not Site.objects.filter(code=agency, kind__in=AGENCY_KINDS).exists():
        raise StepError("agency", f"there is no agency {agency!r}")
    return move(complaint_id, "routed", actor=actor, text=text, seen=seen, agency=agency, note=note)


def take_up(complaint_id: str, *, actor: str, text: str = "", seen: str = "") -> str | None:
    """Somebody works on it."""
    return move(complaint_id, "in_progress", actor=actor, text=text, seen=seen)


def hold(
    complaint_id: str, *, actor: str, reason: str, until_ms: int | None = None, text: str = "", seen: str = ""
) -> str | None:
    """It waits for something: `reason` for colleagues, `until_ms` when it is looked at again."""
    if not reason.strip():
        raise StepError("text", "say what it waits for")
    return move(complaint_id, "on_hold", actor=actor, text=text, seen=seen, until_ms=until_ms, note=reason)


def ask(complaint_id: str, question: str, *, actor: str, seen: str = "") -> str | None:
    """Ask the citizen for more: shown at the kiosk; what they add there brings it back to where it was."""
    if not question.strip():
        raise StepError("text", "say what you need to know")
    return move(complaint_id, "on_hold", actor=actor, text=question, seen=seen, asking=True)


def answer(complaint_id: str, text: str, *, actor: str, seen: str = "") -> str | None:
    """The city's answer; with no word against it the complaint closes by itself (`[complaints] auto_close_days`)."""
    if not text.strip():
        raise StepError("text", "an answer needs words")
    return move(complaint_id, "answered", actor=actor, text=text, seen=seen)


def close(complaint_id: str, closed_reason: str, *, actor: str, text: str = "", seen: str = "") -> str | None:
    """Nothing more is to be done, for a reason of `BY_NAME["closed"].reasons`."""
    return move(complaint_id, "closed", actor=actor, text=text, seen=seen, closed_reason=closed_reason)


def not_ours(complaint_id: str, *, actor: str, text: str, seen: str = "") -> str | None:
    """Another authority's matter: `text` tells the citizen whose."""
    if not text.strip():
        raise StepError("text", "tell the citizen whose matter it is")
    return move(complaint_id, "not_ours", actor=actor, text=text, seen=seen)


def duplicate(complaint_id: str, of: str, *, actor: str, text: str = "", seen: str = "") -> str | None:
    """The same matter as the complaint `of` (an id), which goes on; of a duplicate it is the one that one points to."""
    if of == complaint_id:
        raise StepError("self", "a complaint is no duplicate of itself")
    return move(complaint_id, "duplicate", actor=actor, text=text, seen=seen, duplicate_of=of)


def archive(complaint_id: str, closed_reason: str, *, actor: str, text: str = "", seen: str = "") -> str | None:
    """Put away without an answer: prank, ghost, withdrawn, no_reply."""
    return move(complaint_id, "archived", actor=actor, text=text, seen=seen, closed_reason=closed_reason)


def reopen(complaint_id: str, *, actor: str, reason: str = "", text: str = "", seen: str = "") -> str | None:
    """Take it up again, whatever ended it. Its agency is told. `reason`: for colleagues."""
    return move(complaint_id, "reopened", actor=actor, text=text, seen=seen, note=reason)


def give_back(complaint_id: str, reason: str, *, actor: str, seen: str = "") -> str | None:
    """An agency says it is not its matter: nobody's again, for the desk to pass on. `reason`: for colleagues."""
    if not reason.strip():
        raise StepError("text", "say whose matter it is, or why it is not yours")
    with transaction.atomic():
        reply_id = move(complaint_id, "verified", actor=actor, seen=seen, note=reason)
        Complaint.objects.filter(pk=complaint_id).update(agency="")
        return reply_id


def extendable(complaint: Complaint, at_ms: int) -> bool:
    """Whether its time can be extended now: once, and before the ten days are over (what is late stays late)."""
    late = complaint.due_ms is None or complaint.due_ms <= at_ms
    return complaint.category == "ppid" and not complaint.extended and complaint.due_for == "ppid" and not late


def extend(complaint_id: str, reason: str, *, actor: str) -> str | None:
    """Seven working days more for a request for information, once, with a written reason the applicant is told."""
    if not reason.strip():
        raise StepError("text", "an extension needs a reason in writing")
    with transaction.atomic():
        complaint = Complaint.objects.select_for_update().get(pk=complaint_id)
        if complaint.category != "ppid":
            raise StepError("kind", "only a request for information can be extended")
        if complaint.extended:
            raise StepError("extended", "it has been extended once already; the law allows no second time")
        now_ms = _now_ms()
        if not extendable(complaint, now_ms):
            raise StepError("kind", "it is answered, or its ten days are over: there is nothing to extend any more")
        complaint.extended, complaint.changed_ms = True, now_ms
        complaint.save(update_fields=["extended", "changed_ms"])
        write_log(complaint_id, "extended", actor, now_ms, status=complaint.status, detail=reason)
        set_due(complaint)
        reply_id = queue_reply(complaint, reason, now_ms)
        record_change("complaint", complaint.node)
        return reply_id


def move(
    complaint_id: str,
    status: str,
    *,
    actor: str,
    text: str = "",
    closed_reason: str = "",
    seen: str = "",
    agency: str = "",
    note: str = "",
    until_ms: int | None = None,
    duplicate_of: str = "",
    asking: bool = False,
    batch: str = "",
    now_ms: int | None = None,
) -> str | None:
    """One step to `status` (or none, with a `text` for the citizen), whatever it is called above.

    `text` is told to the citizen, `note` stands in the log for colleagues. `batch` names an act upon many.
    Staying without a text is nothing and returns None, or StepError "same" where there was a `note` or `until_ms`.
    """
    with transaction.atomic():
        complaint = Complaint.objects.select_for_update().get(pk=complaint_id)
        before = complaint.status
        if seen and seen != before:
            raise StepError("moved", "somebody else has just moved this complaint on")
        if status == before:
            closed_reason = closed_reason or complaint.closed_reason
        closed_reason = reason_for(status, closed_reason)
        check_step(before, status, closed_reason)
        changes = closed_reason != complaint.closed_reason or (agency or complaint.agency) != complaint.agency
        if status == before and not (text or changes or asking):
            if note.strip() or until_ms is not None:  # said with a step that is none: told so, not dropped
                raise StepError("same", f"it is {status} already; add a note instead")
            return None
        if duplicate_of:
            complaint.duplicate_of = _original(complaint_id, duplicate_of)
        at_ms = max(_now_ms() if now_ms is None else now_ms, complaint.received_ms)
        kind, about = _entry(complaint, status, closed_reason, agency, until_ms, asking=asking)
        _settle(complaint, status, closed_reason, at_ms, agency=agency, asking=asking)
        write_log(complaint_id, kind, actor, at_ms, status=status, about=about, detail=text, batch=batch)
        if note.strip():
            write_log(complaint_id, "note", actor, at_ms, status=status, detail=note)
        set_due(complaint)
        reply_id = queue_reply(complaint, text, at_ms, ask=asking)
        if kind in {"routed", "reopened"}:
            agency_told(complaint, kind, at_ms)
        record_change("complaint", complaint.node)
        return reply_id


def _entry(
    complaint: Complaint, status: str, closed_reason: str, agency: str, until_ms: int | None, *, asking: bool
) -> tuple[str, str]:
    """What the log calls it, and the word of ours that goes with it; `complaint` as it was before the step."""
    before = complaint.status
    if asking:
        return "asked", ""
    if status == "routed" and agency:
        return "routed", agency
    if status == "on_hold" and before != "on_hold":
        return "held", "" if until_ms is None else str(until_ms)
    if status == before and closed_reason != complaint.closed_reason:
        return "closed", closed_reason  # it ended for another reason than was said: no mere word to the citizen
    return event_kind(before, status), closed_reason


def _settle(complaint: Complaint, status: str, closed_reason: str, at_ms: int, *, agency: str, asking: bool) -> None:
    """The columns that follow from a step."""
    moved = status != complaint.status
    ended = BY_NAME[status].ended
    complaint.status, complaint.closed_reason, complaint.changed_ms = status, closed_reason, at_ms
    complaint.agency = agency or complaint.agency
    if asking:
        complaint.asked_ms = at_ms
    elif moved:
        complaint.asked_ms = None
    if (status == "answered" or closed_reason in ANSWERED_REASONS) and complaint.first_answer_ms is None:
        complaint.first_answer_ms = at_ms
    if moved:
        complaint.closed_ms = at_ms if ended else None
    if moved and status != "duplicate":
        complaint.duplicate_of = ""
    complaint.save(
        update_fields=[
            "status", "closed_reason", "changed_ms", "agency", "asked_ms", "first_answer_ms", "closed_ms",
            "duplicate_of",
        ]
    )  # fmt: skip


def _original(complaint_id: str, of: str) -> str:
    """The complaint that goes on: of a duplicate, what that one points to."""
    for _ in range(8):
        row = Complaint.objects.filter(pk=of).values_list("status", "duplicate_of").first()
        if row is None:
            raise StepError("other", "there is no such complaint")
        if row[0] != "duplicate" or not row[1]:
            break
        of = row[1]
    if of == complaint_id:
        raise StepError("self", "that one is a duplicate of this one already")
    return of


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
