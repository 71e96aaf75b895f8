"""Everything that is kept of one complaint, for the citizen it belongs to: a zip of JSON and photographs.

What colleagues noted among themselves and who of them looked is not in it: how often, when and why is.
"""

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from center.complaints.disclosure import checked_reason, disclose, keys, open_box, photo_of, photos_of, who_saw
from center.complaints.log import TOLD
from center.complaints.models import Attachment, Complaint
from center.sealing import SealingError

COLUMNS = (
    "service_request_id", "category", "subject", "place", "area", "channel", "identity", "way", "urgent",
    "classification", "corrected_class", "status", "closed_reason", "agency", "follows", "duplicate_of", "photos",
    "extended", "external_id", "lang",
)  # fmt: skip
MOMENTS = ("at_ms", "received_ms", "changed_ms", "due_ms", "asked_ms", "first_answer_ms", "closed_ms", "erased_ms")


def export(complaint_id: str, *, actor: str, reason: str) -> bytes:
    """The zip; that it was made is on record. Hand it over after code and PIN, or after a check at the office.

    Of one that was erased it holds what is left. A photograph that cannot be opened is named in the JSON.

    Raises:
        EntryError: "reason": none was given.
        SealingError: a key is missing.
        Complaint.DoesNotExist: there is no such complaint.
    """
    reason = checked_reason(reason)
    complaint = Complaint.objects.get(pk=complaint_id)
    with transaction.atomic(durable=True):
        disclose(complaint, actor, "export", reason, kind="exported")
    content = _content(complaint)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for number, pk in enumerate(photos_of(complaint), 1):
            try:
                picture = photo_of(Attachment.objects.get(pk=pk), keys())
            except SealingError as error:
                content["photographs"].append({"number": number, "problem": str(error)})
                continue
            name = f"foto-{number}.jpg"
            content["photographs"].append({"number": number, "file": name})
            file.writestr(name, picture)
        file.writestr("pengaduan.json", json.dumps(content, ensure_ascii=False, indent=2))
    return out.getvalue()


def _content(complaint: Complaint) -> dict[str, Any]:
    told = complaint.events.filter(kind__in=(*TOLD, "received", "added", "delivered", "erased", "class"))
    return {
        "number": complaint.code,
        **{name: getattr(complaint, name) for name in COLUMNS},
        **{name.removesuffix("_ms"): _moment(getattr(complaint, name)) for name in MOMENTS},
        "typed": _typed(complaint),
        "photographs": [],
        "history": [
            {"at": _moment(one.at_ms), "kind": one.kind, "status": one.status, "about": one.about, "text": one.detail}
            for one in told
        ],
        "seen": [{"at": _moment(one.at_ms), "what": one.what, "reason": one.reason} for one in who_saw(complaint.pk)],
    }


def _typed(complaint: Complaint) -> dict[str, str] | None:
    """Everything in the box but the PIN; None when it was erased."""
    if not complaint.sealed:
        return None
    plain = open_box(complaint)
    names = ("code", "text", "purpose", "name", "contact", "address", "rt_rw")
    return {name: getattr(plain, name) for name in names if getattr(plain, name)}


def _moment(at_ms: int | None) -> str | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
