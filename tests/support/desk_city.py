"""Complaints as a desk has them on a working day: sealed, photographed, passed on, answered, late, confidential."""

import hashlib
import io
import json
import re
import secrets
from pathlib import Path
from typing import Any

from tests.support import wall_city

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
PIN = "4821"


def stands_in(digits: str, text: str) -> bool:
    """As a word of its own: within moments and ids any four digits come by chance."""
    return re.search(rf"\b{digits}\b", text) is not None


def fill(data: Path, places: list[str]) -> dict[str, str]:
    """A dozen complaints at these nodes; the ids of those that pages and tests look for, by what they are."""
    from center.complaints import classes, notes, steps
    from center.complaints.models import Complaint

    found = {
        "urgent": voice(data, places[0], "Kabel listrik jatuh di depan SD, anak-anak lewat sini.", urgent=True,
                        subject="ketertiban", reasons=["urgent_word"], hours=2),
        "confidential": voice(data, places[1], "Pungutan di luar aturan saat mengurus KTP.", identity="confidential",
                              subject="kependudukan", hours=26),
        "photo": voice(data, places[0], "Sampah menumpuk di samping pasar sejak hari Senin.", subject="sampah",
                       hours=30, photos=2),
        "late": voice(data, places[2], "Lampu jalan padam tiga malam di Jalan Cendana.", subject="lampu", hours=288),
        "prank": voice(data, places[3], "wkwkwk tes tes", classification="prank_suspect",
                       reasons=["trying_out_only"], hours=3),
        "ghost": voice(data, places[3], "asdasdasd", classification="ghost", reasons=["keyboard_run"], hours=3),
        "asked": voice(data, places[4], "Jalan berlubang dalam sekali.", subject="jalan", hours=50),
        "answered": voice(data, places[4], "Saluran tersumbat di RT 03.", subject="banjir", hours=100),
        "ppid": voice(data, places[1], "Dokumen anggaran perbaikan drainase 2026.", category="ppid", way="copy",
                      identity="contact", classification="information", hours=40),
        "waits": voice(data, places[5], "Tolong tambah tong sampah di alun-alun.", category="saran", subject="sampah",
                       hours=1),
    }  # fmt: skip
    found["added"] = voice(data, places[4], "Di depan rumah nomor 12, dekat musala.", subject="jalan", hours=20,
                           follows=found["asked"])  # fmt: skip
    for number in range(2):
        add_photo(data, found["photo"], number)
    steps.verify(found["photo"], actor="operator")
    steps.route(found["photo"], "opd-dlh", actor="operator", note="Mohon dijadwalkan minggu ini.")
    steps.route(found["late"], "opd-dishub", actor="operator")
    steps.take_up(found["late"], actor="dishub", text="Petugas sudah melihat; menunggu suku cadang.")
    steps.ask(found["asked"], "Di depan rumah nomor berapa?", actor="operator")
    steps.route(found["answered"], "opd-dpupr", actor="operator")
    steps.answer(found["answered"], "Saluran sudah dikeruk pada 24 November.", actor="dpupr")
    classes.correct_class(found["waits"], "real", actor="operator")
    classes.correct_class(found["ghost"], "ghost", actor="operator")
    classes.correct_class(found["prank"], "real", actor="operator")
    notes.add_note(found["urgent"], "PLN sudah dihubungi lewat telepon.", actor="operator")
    now = wall_city.now_ms()
    Complaint.objects.filter(pk=found["late"]).update(due_ms=now - 3 * DAY_MS, due_for="follow_up")
    Complaint.objects.filter(pk=found["urgent"]).update(due_ms=now + HOUR_MS, due_for="verification")
    return found


def voice(data: Path, node: str, text: str, *, hours: float = 1, reasons: Any = (), **fields: Any) -> str:
    """One complaint filed `hours` ago, sealed to this centre's key, with its log and its term; its id."""
    from center.complaints.deadlines import set_due
    from center.complaints.log import write_log
    from center.complaints.models import Complaint
    from center.sealing import make_key_pair
    from wire.tickets import make_code

    at_ms = wall_city.now_ms() - int(hours * HOUR_MS)
    values = {
        "at_ms": at_ms, "wall_ms": at_ms, "received_ms": at_ms + 4_000, "changed_ms": at_ms + 4_000,
        "code": make_code(secrets.token_bytes(6)), "reasons": json.dumps(list(reasons)), **fields,
    }  # fmt: skip
    request_id = wall_city.add_complaint(node, text, make_key_pair(data / "keys"), **values)
    write_log(request_id, "received", node, at_ms + 4_000, status="received", about="web")
    set_due(Complaint.objects.get(pk=request_id))
    return request_id


def add_photo(data: Path, request_id: str, number: int = 0, content: bytes = b"") -> None:
    """A photograph that belongs to a complaint, sealed as the kiosk seals it, where ingest puts it."""
    from nacl.public import PublicKey, SealedBox

    from center.complaints.models import Attachment, Complaint
    from center.sealing import load_public_key
    from wire.attachment import pack
    from wire.seal import key_id

    public = load_public_key(data / "keys")
    sealed = SealedBox(PublicKey(public)).encrypt(content or picture(number))
    complaint = Complaint.objects.get(pk=request_id)
    digest = hashlib.sha256(sealed).hexdigest()
    record = {
        "v": 1, "node": complaint.node, "epoch": "epoch-1", "seq": Attachment.objects.count() + 1, "boot": "boot-1",
        "run": "run-1", "mono_ms": 1, "wall_ms": complaint.wall_ms, "synced": True, "service_request_id": request_id,
        "size_bytes": len(sealed), "sha256": digest, "key_id": key_id(public),
    }  # fmt: skip
    relative = f"attachments/{complaint.node}/{request_id}-{number}.sealed"
    file = data / relative
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pack(json.dumps(record).encode(), sealed))
    Attachment.objects.create(
        node=complaint.node, epoch="epoch-1", seq=record["seq"], service_request_id=request_id,
        key_id=key_id(public), size_bytes=len(sealed), path=relative, received_ms=complaint.received_ms, sha256=digest,
    )  # fmt: skip


def picture(number: int = 0) -> bytes:
    """A JPEG as a kiosk makes it."""
    from PIL import Image

    file = io.BytesIO()
    image = Image.open(io.BytesIO(wall_city.picture_bytes()))
    (image if number == 0 else image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)).save(file, "JPEG", quality=70)
    return file.getvalue()
