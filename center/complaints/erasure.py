"""Erasing what citizens typed and photographed: some weeks after the end, or when they ask. Numbers stay.

What goes: the sealed text, photographs (files first, so that a stop in between leaves no file without a row), the words
in the log, the answers in the downlink table, how other systems call it, and the raw records where the retention has
not seen to them yet. What stays: dates, steps, classes, who saw what, and a verifier of the PIN, so that the citizen
still sees how it ended. A backup holds what it held when it was made: `docs/pengaduan.md` says how long to keep those.

A photograph or a record of an erased complaint may arrive once more (a node offers again what it kept): `sweep` takes
it away too.
"""

import logging
import re
import time
from collections.abc import Collection
from pathlib import Path, PurePosixPath

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from center.complaints.deadlines import config, set_due
from center.complaints.disclosure import checked_reason, open_box, verifier_of
from center.complaints.log import WORDS, write_log
from center.complaints.models import Attachment, Complaint, Event
from center.complaints.outside_names import hashed
from center.complaints.replies import read_reply
from center.complaints.steps import move
from center.core.complaint_cycle import ENDED
from center.errors import CenterError
from center.ingest import blobs
from center.ingest.changes import record_change
from center.ingest.database import select, writing
from center.ingest.models import RawRecord
from center.operations.models import Downlink
from center.worker.projection import CURSOR

_log = logging.getLogger("center.complaints")
DAY_MS = 86_400_000
_RULE = re.compile(r"[a-z0-9_.:=-]{1,64}", re.ASCII)
"""A reason of the kiosk's suggestion that names a rule; anything longer might quote what was typed."""
_RAW = (
    "SELECT id FROM ingest_rawrecord WHERE node = %s AND stream IN ('complaint', 'attachment') "
    "AND id <= (SELECT COALESCE(MAX(position), 0) FROM ingest_cursor WHERE name = %s) "
    "AND id < (SELECT MAX(id) FROM ingest_rawrecord)"
)
_TOGETHER = 200
"""Raw records read at once."""


class _About(msgspec.Struct):
    """Whose a raw record is; it may name other complaints besides (`follows`)."""

    service_request_id: str = ""


_ABOUT = msgspec.json.Decoder(_About)


def erase(complaint_id: str, *, actor: str, reason: str) -> bool:
    """Erase one complaint now, on the citizen's request; one that is still open ends as withdrawn. False when it was
    erased already.

    Raises:
        EntryError: "reason": none was given.
        OSError: a photograph's file cannot be removed; nothing else has happened.
        Complaint.DoesNotExist: there is no such complaint.
    """
    reason = checked_reason(reason)
    complaint = Complaint.objects.get(pk=complaint_id)
    if complaint.erased_ms is not None:
        return False
    if complaint.status not in ENDED:
        move(complaint_id, "closed", actor=actor, closed_reason="withdrawn")
    return _erase(complaint_id, actor, "asked", reason, time.time_ns() // 1_000_000)


def erase_due(now_ms: int, most: int = 20) -> int:
    """Erase what ended `[complaints] erase_after_days` ago; how many were. For the worker, in small steps.

    One whose file cannot be removed stays as it is, and is tried again with every round.
    """
    keep_days = config().erase_after_days
    if not keep_days:
        return 0
    before_ms = now_ms - keep_days * DAY_MS
    old = Q(closed_ms__lt=before_ms) | Q(closed_ms__isnull=True, changed_ms__lt=before_ms)
    found = Complaint.objects.filter(old, status__in=ENDED, erased_ms__isnull=True).order_by("closed_ms", "pk")
    erased = 0
    for one in list(found.values_list("pk", flat=True)[:most]):
        try:
            erased += _erase(one, "", "due", "", now_ms)
        except OSError as error:
            _log.error("complaint-not-erased", extra={"complaint": one, "error": repr(error)})
    return erased


def sweep(now_ms: int, most: int = 50) -> int:
    """Take away what arrived once more of complaints that were erased lately; how many photographs that were."""
    since_ms = now_ms - (settings.CENTER.retention.raw_days + 14) * DAY_MS
    erased = list(
        Complaint.objects.filter(erased_ms__gt=since_ms).order_by("-erased_ms").values_list("pk", "node")[:1000]
    )
    again = Attachment.objects.filter(service_request_id__in=[one for one, _node in erased])
    found = list(again.values_list("service_request_id", flat=True).distinct()[:most])
    _overwrite_what_is_deleted()
    for complaint_id in found:
        _remove_photos(complaint_id)
    of_nodes: dict[str, set[str]] = {}
    for complaint_id, node in erased:
        of_nodes.setdefault(node, set()).add(complaint_id)
    for node, ids in of_nodes.items():
        _forget_records(ids, node)
    return len(found)


def _erase(complaint_id: str, actor: str, why: str, reason: str, now_ms: int) -> bool:
    verifier = _verifier(complaint_id)
    _remove_photos(complaint_id)
    _overwrite_what_is_deleted()
    with transaction.atomic():
        complaint = Complaint.objects.select_for_update().get(pk=complaint_id)
        if complaint.erased_ms is not None:
            return False
        complaint.pin_verifier = complaint.pin_verifier or verifier
        complaint.sealed, complaint.client_id, complaint.erased_ms = "", "", now_ms
        complaint.reasons = msgspec.json.encode(
            [one for one in msgspec.json.decode(complaint.reasons, type=list[str]) if _RULE.fullmatch(one)]
        ).decode()
        if complaint.external_id:
            complaint.external_id = hashed(complaint.external_id)
        complaint.save(update_fields=["pin_verifier", "sealed", "client_id", "erased_ms", "reasons", "external_id"])
        # Past the model, which forbids it to everybody else: entries stay, what people wrote in them goes.
        Event.objects.filter(complaint=complaint, kind__in=WORDS).exclude(detail="").update(detail="")
        _silence_replies(complaint)
        write_log(complaint_id, "erased", actor, now_ms, status=complaint.status, about=why, detail=reason)
        set_due(complaint)
        record_change("complaint", complaint.node)
    _forget_records({complaint_id}, complaint.node)
    return True


def _verifier(complaint_id: str) -> str:
    """Of code and PIN, while they can still be read; "" where they cannot: then they open nothing any more."""
    complaint = Complaint.objects.get(pk=complaint_id)
    if complaint.pin_verifier:
        return complaint.pin_verifier
    try:
        plain = open_box(complaint)
        return verifier_of(plain.pin, plain.code)
    except (CenterError, msgspec.DecodeError):
        return ""


def _remove_photos(complaint_id: str) -> None:
    for row in Attachment.objects.filter(service_request_id=complaint_id):
        blobs.remove(Path(settings.DATA_DIR), PurePosixPath(row.path))
        row.delete()


def _silence_replies(complaint: Complaint) -> None:
    """The answers in the downlink table lose their words; one that never arrived still brings the status."""
    rows = (
        Downlink.objects.filter(node=complaint.node, leaf="reply", body__contains=complaint.pk)
        if complaint.node
        else ()
    )
    for row in rows:
        reply = read_reply(row.body)
        if reply.service_request_id == complaint.pk:
            row.body = msgspec.json.encode(msgspec.structs.replace(reply, text="", sealed=None)).decode()
            row.save(update_fields=["body"])


def _forget_records(ids: Collection[str], node: str) -> None:
    """Raw records of these complaints, as the retention would let them go: projected, and never the newest.

    What somebody added later (`follows`) is a complaint of its own, and stays.
    """
    if not node:
        return
    numbers = sorted(int(number) for (number,) in select(_RAW, (node, CURSOR)))
    for first in range(0, len(numbers), _TOGETHER):
        rows = RawRecord.objects.filter(pk__in=numbers[first : first + _TOGETHER]).values_list("pk", "body")
        gone = [number for number, body in rows if _about(body) in ids]
        if gone:
            with writing():
                RawRecord.objects.filter(pk__in=gone).delete()


def _about(body: str) -> str:
    try:
        return _ABOUT.decode(body.encode()).service_request_id
    except msgspec.DecodeError:  # what does not fit its kind is in this table too
        return ""


def _overwrite_what_is_deleted() -> None:
    """SQLite leaves what was deleted in its file until the room is used again; for this connection no longer."""
    if connection.vendor == "sqlite":
        select("PRAGMA secure_delete = ON")
