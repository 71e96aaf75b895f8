"""Opening what citizens typed and photographed: who, why, and that it was so is written before anything is shown.

Also comparing a PIN, which shows nothing and is no disclosure, and the two questions "who saw this" and "what did they
see".
"""

import hmac
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import QuerySet

from center.complaints.errors import EntryError, ErasedError, WithheldError
from center.complaints.log import write_log
from center.complaints.models import Attachment, Complaint, Disclosure
from center.sealing import Plaintext, SealingError, SealingKeys
from wire import attachment
from wire.errors import WireError
from wire.jpeg import dimensions
from wire.voices import SealedBox

KEYS_DIRECTORY = "keys"
MIN_REASON_CHARS, MAX_REASON_CHARS = 3, 300
MAX_PHOTO_BYTES = 1_000_000
MAX_PHOTO_SIDE_PX = 4096
MAX_PIN_CHARS = 8
"""Shorter than a code, so that no PIN can stand for code and PIN."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What was typed. Name, contact and address are "" when withheld (`withheld`) and when there are none. `code` is
    the citizen's where the complaint's number is not it, else ""."""

    text: str
    rt_rw: str
    purpose: str
    name: str
    contact: str
    address: str
    withheld: bool
    code: str = ""

    def __repr__(self) -> str:
        return f"Opened({len(self.text)} characters)"


def open_text(complaint: Complaint, actor: str, reason: str, *, with_identity: bool) -> Opened:
    """What the citizen wrote. Confidential identities are for those alone who hold `with_identity` (never agencies).

    Raises:
        EntryError: "reason": too short or too long a reason.
        ErasedError: it has been erased.
        SealingError: the key is missing, or the box is damaged. The attempt is on record all the same.
    """
    withheld = complaint.identity == "confidential" and not with_identity
    _record(complaint, actor, "text" if withheld else "identity", reason)
    plain = open_box(complaint)
    return Opened(
        plain.text,
        plain.rt_rw,
        plain.purpose,
        "" if withheld else plain.name,
        "" if withheld else plain.contact,
        "" if withheld else plain.address,
        withheld,
        plain.code,
    )


def photos_of(complaint: Complaint) -> list[int]:
    """Numbers (`Attachment.pk`) of the photographs that can be opened."""
    rows = Attachment.objects.filter(service_request_id=complaint.pk, node=complaint.node)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def open_photo(complaint: Complaint, number: int, actor: str, reason: str, *, with_identity: bool) -> bytes:
    """The JPEG of one photograph; refused to whoever may not know a confidential identity: it may show it.

    Raises: as `open_text`; SealingError too when what is inside is no JPEG within bounds, or its file is gone;
        WithheldError: the picture of a confidential complaint; Attachment.DoesNotExist: it has no such photograph.
    """
    row = Attachment.objects.get(pk=number, service_request_id=complaint.pk, node=complaint.node)
    if complaint.identity == "confidential" and not with_identity:
        raise WithheldError
    _record(complaint, actor, "photo", reason)
    return photo_of(row, keys())


def photo_of(row: Attachment, opener: SealingKeys) -> bytes:
    """What is in the file of a photograph: a JPEG within bounds, or SealingError."""
    try:
        content = (Path(settings.DATA_DIR) / row.path).read_bytes()
        picture = opener.open_blob(row.key_id, attachment.unpack(content).sealed)
    except OSError as error:
        raise SealingError(
            f"the photograph's file is not here: {error.strerror}", f"berkas fotonya tidak ada: {error.strerror}"
        ) from None
    except WireError as error:
        raise SealingError(
            f"the photograph's file is damaged: {error.code}", f"berkas fotonya rusak: {error.code}"
        ) from None
    try:
        sides = dimensions(picture)
    except WireError:
        raise SealingError(
            "what was sealed is no JPEG picture; it is not shown", "yang disegel bukan foto JPEG; tidak ditampilkan"
        ) from None
    if len(picture) > MAX_PHOTO_BYTES or max(sides) > MAX_PHOTO_SIDE_PX:
        raise SealingError(
            "the sealed picture is larger than any kiosk makes them; it is not shown",
            "foto tersegel lebih besar daripada buatan kios mana pun; tidak ditampilkan",
        )
    return picture


def open_box(complaint: Complaint) -> Plaintext:
    """What is in a complaint's box, without a record of it: for those who have written one, or show nothing."""
    if not complaint.sealed:
        raise ErasedError
    return keys().open(msgspec.json.decode(complaint.sealed.encode(), type=SealedBox))


def keys() -> SealingKeys:
    """This centre's keys, read anew: one that was just put back is there."""
    return SealingKeys.load(Path(settings.DATA_DIR) / KEYS_DIRECTORY)


def pin_fits(complaint: Complaint, pin: str, code: str = "") -> bool:
    """Whether this PIN is the ticket's, also after what was typed has been erased.

    `code`: the citizen's, where the complaint was found by its handle. Without it the number is taken for the code, and
    opens none whose code is another: the number is known to the kiosk's disk and to colleagues.

    Whoever guesses is slowed down by the caller; which way the PIN is kept shows in the time it takes, and is no
    secret.

    Raises:
        SealingError: the key is missing, or the box is damaged.
    """
    if len(pin) > MAX_PIN_CHARS or not pin:
        return False
    if complaint.pin_verifier:
        return check_password(code + pin, complaint.pin_verifier)
    if not complaint.sealed:  # erased when its PIN could not be read: nothing opens it any more
        return False
    plain = open_box(complaint)
    known = plain.code + plain.pin
    return bool(plain.pin) and hmac.compare_digest(known.encode(), (code + pin).encode())


def verifier_of(pin: str, code: str = "") -> str:
    """What PIN and `code` (where that is not the number) can be compared with when they are gone themselves: argon2, as
    for passwords. "" for none."""
    return make_password(code + pin) if pin else ""


def who_saw(complaint_id: str) -> "QuerySet[Disclosure]":
    """Every look at what a complaint holds, oldest first."""
    return Disclosure.objects.filter(service_request_id=complaint_id).order_by("id")


def seen_by(actor: str, from_ms: int = 0, until_ms: int = 2**62) -> "QuerySet[Disclosure]":
    """Everything an account has looked at in [from_ms, until_ms), oldest first."""
    return Disclosure.objects.filter(actor=actor, at_ms__gte=from_ms, at_ms__lt=until_ms).order_by("id")


def checked_reason(reason: str) -> str:
    """The reason somebody gives, as it is kept.

    Raises:
        EntryError: "reason": none, or a novel.
    """
    words = " ".join("".join(one if one.isprintable() else " " for one in reason).split())
    if not MIN_REASON_CHARS <= len(words) <= MAX_REASON_CHARS:
        raise EntryError(
            "reason",
            f"say why, in {MIN_REASON_CHARS} to {MAX_REASON_CHARS} characters",
            f"sebutkan alasannya, {MIN_REASON_CHARS} sampai {MAX_REASON_CHARS} huruf",
        )
    return words


def disclose(complaint: Complaint, actor: str, what: str, reason: str, kind: str = "opened") -> None:
    """Write who is about to see what (`text`, `identity`, `photo`, `export`), and why: with the caller's commit."""
    now_ms = time.time_ns() // 1_000_000
    Disclosure.objects.create(
        service_request_id=complaint.pk, at_ms=now_ms, actor=actor, what=what, reason=checked_reason(reason)
    )
    write_log(complaint.pk, kind, actor, now_ms, status=complaint.status, about=what)


def _record(complaint: Complaint, actor: str, what: str, reason: str) -> None:
    """`disclose`, committed before anything is opened."""
    reason = checked_reason(reason)
    if not complaint.sealed:
        raise ErasedError
    with transaction.atomic(durable=True):
        disclose(complaint, actor, what, reason)
