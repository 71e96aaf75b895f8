"""Complaints as nodes file them and as the centre stores them, sealed with the centre's own key; the log in short."""

import json
import secrets
import time
from pathlib import Path
from typing import Any

import msgspec
from nacl.public import PublicKey, SealedBox

from wire import voices
from wire.seal import key_id, make_box
from wire.tickets import make_code, uuid7

NODE = "kel-3673011001"
SECRET = "Jembatan di RT 03 ambruk, milik Pak Wiryo"
PIN = "4821"
NAME, CONTACT = "Ibu Sari Wulandari", "0812-3456-7890"
DAY_MS = 86_400_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def centre_key(data: Path) -> bytes:
    """The public half of the centre's sealing key, made when it is not there."""
    from center.sealing import make_key_pair

    return make_key_pair(data / "keys")


def sealed(public_key: bytes, **typed: str) -> voices.SealedBox:
    """A box as a kiosk makes it."""
    plain = {"text": SECRET, "pin": PIN, "name": NAME, "contact": CONTACT, **typed}
    return make_box(public_key, SealedBox(PublicKey(public_key)).encrypt(json.dumps(plain).encode()))


def file_complaint(data: Path, received_ms: int = 0, **fields: Any) -> str:
    """One complaint as the projector stores it; its id. `typed`: what stands in the box besides the text."""
    from center.complaints.receiving import receive_complaint, receive_request
    from center.ingest.database import write

    received_ms = received_ms or now_ms()
    typed = fields.pop("typed", {})
    request_id = fields.pop("service_request_id", uuid7(received_ms, secrets.token_bytes(10)))
    node = fields.pop("node", NODE)
    at_ms = fields.pop("at_ms", received_ms - 2000)
    ppid = fields.get("category") == "ppid"
    body: dict[str, Any] = {
        "service_request_id": request_id,
        "code": make_code(secrets.token_bytes(6)),
        "category": "aduan",
        "place": node,
        "classification": "real",
        "reasons": ("word:rusak",),
        "urgent": False,
        "sealed": sealed(centre_key(data), **typed),
        "channel": "web",
        "client_id": secrets.token_hex(16),
        "subject": "jalan",
        **fields,
    }
    columns = {
        "node": node,
        "epoch": "epoch-1",
        "seq": int.from_bytes(secrets.token_bytes(5)) + 1,
        "boot": "boot-1",
        "mono_ms": 1000,
        "wall_ms": at_ms,
        "at_ms": at_ms,
        "at_quality": "ntp",
        "received_ms": received_ms,
    }
    if ppid:
        for key in ("category", "classification", "reasons", "urgent", "subject"):
            body.pop(key)
        assert write(lambda: receive_request(msgspec.convert(body, voices.InformationRequest), columns, received_ms))
    else:
        assert write(lambda: receive_complaint(msgspec.convert(body, voices.Complaint), columns, received_ms))
    return str(request_id)


def hand_in(data: Path, **fields: Any) -> tuple[str, str]:
    """One complaint of a kiosk, whose record names the handle of its code; its id and the citizen's code."""
    from center.complaints.codes import handle_of

    code = make_code(secrets.token_bytes(6))
    typed = {**fields.pop("typed", {}), "code": code}
    return file_complaint(data, code=handle_of(code), typed=typed, **fields), code


def site(code: str, name: str = "", **fields: Any) -> None:
    """A site of the registry, unless it is there."""
    from center.sites.models import Site

    Site.objects.get_or_create(code=code, defaults={"name": name or code, "kind": code.partition("-")[0], **fields})


def complaint(request_id: str) -> Any:
    from center.complaints.models import Complaint

    return Complaint.objects.get(pk=request_id)


def log(request_id: str) -> list[tuple[str, str, str]]:
    """(kind, status, about) of every entry."""
    from center.complaints.models import Event

    rows = Event.objects.filter(complaint_id=request_id).order_by("id")
    return [(row.kind, row.status, row.about) for row in rows]


def add_photo(data: Path, request_id: str, picture: bytes, *, node: str = NODE, seq: int = 0, named: str = "") -> Any:
    """A sealed photograph as ingest and the projector leave it: the file, and its row."""
    import hashlib

    from center.complaints.models import Attachment
    from center.files import make_directory
    from wire import attachment

    seq = seq or Attachment.objects.count() + 1
    public_key = centre_key(data)
    blob = SealedBox(PublicKey(public_key)).encrypt(picture)
    record = attachment.AttachmentRecord(
        1, node, "epoch-1", seq, "boot-1", "run-1", 1, 1, True, request_id, len(blob),
        hashlib.sha256(blob).hexdigest(), key_id(public_key),
    )  # fmt: skip
    path = Path("attachments", node, named or f"{seq:04}.sealed")
    make_directory((data / path).parent)
    (data / path).write_bytes(attachment.pack(msgspec.json.encode(record), blob))
    return Attachment.objects.create(
        node=node, epoch="epoch-1", seq=seq, service_request_id=request_id, key_id=key_id(public_key),
        size_bytes=len(blob), path=str(path), received_ms=now_ms(), sha256=record.sha256,
    )  # fmt: skip
