"""What citizens say elsewhere: RABEG, 112, social media, the counter, the PPID site, Open311. One place for all of it.

Sealed to the centre's own key before it reaches the database, like everything from a kiosk. It has no node, no epoch
and no boot: its times are the desk's.
"""

import secrets
import time
import unicodedata
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings
from django.db import IntegrityError, transaction

from center.complaints.classes import CLASSES
from center.complaints.deadlines import due_on_arrival
from center.complaints.disclosure import KEYS_DIRECTORY, open_box, verifier_of
from center.complaints.entry_forms import Named, named, new_word, opened_ms
from center.complaints.errors import EntryError, ErasedError
from center.complaints.log import write_log
from center.complaints.models import Complaint
from center.complaints.outside_names import hashed, is_name
from center.complaints.receiving import free_code
from center.ingest.changes import record_change
from center.sealing import Plaintext, seal_text
from center.sites.models import Site
from wire.subjects import BY_CODE
from wire.tickets import make_code

CHANNELS: Final = ("rabeg", "phone112", "social", "counter", "ppid_site", "open311", "status_page")
CATEGORIES: Final = ("aduan", "laporan", "saran", "pendapat", "ppid")
IDENTITIES: Final = ("anonymous", "confidential", "contact")
WAYS: Final = ("look", "copy", "email")
OLDEST_MS: Final = 5 * 366 * 86_400_000
"""An entry about what was said longer ago has a wrong date."""
AHEAD_MS: Final = 5 * 60_000
_LENGTHS: Final = {"text": 4000, "purpose": 4000, "name": 100, "contact": 100, "address": 300, "rt_rw": 12}
_LINES: Final = ("text", "purpose")
_INVISIBLE: Final = ("Cc", "Cs", "Co")
_DIRECTION: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\ufeff")


@dataclass(frozen=True, slots=True)
class Entry:
    """One voice as an officer (or a bridge) enters it. `place`: the site it was filed at or is about ("" the city);
    `area`: a kelurahan's site code it is about, or "". `identity`: anonymous | confidential | contact, "": by whether
    there is a contact. `external_id`: how the other system calls it; the same (channel, external_id) again is the same
    complaint. `at_ms`: when the citizen said it, 0: now. `classification`: what the call was (112: real, information,
    prank_suspect, ghost). `sure`: the officer says so, it is no suggestion. Of a request for information (`category`
    "ppid"): `purpose`, name and contact are required, `way` look | copy | email. `form`: the word of the form it was
    typed into (`entry_forms`), or ""; the same entry in the same form again is the same complaint."""

    channel: str
    category: str
    text: str
    subject: str = ""
    place: str = ""
    area: str = ""
    rt_rw: str = ""
    name: str = ""
    contact: str = ""
    address: str = ""
    purpose: str = ""
    way: str = "copy"
    identity: str = ""
    external_id: str = ""
    at_ms: int = 0
    classification: str = "real"
    sure: bool = False
    urgent: bool = False
    lang: str = "id"
    form: str = ""

    def __repr__(self) -> str:
        return f"Entry({self.channel}, {self.category}, {len(self.text)} characters)"


@dataclass(frozen=True, slots=True)
class Entered:
    """`pin` is shown this once ("" where the other system's number was there already); code and PIN open the public
    status page. `again`: the same form was handed in before, and this is what it was answered."""

    service_request_id: str
    code: str
    pin: str
    duplicate: bool
    again: bool = False

    def __repr__(self) -> str:
        return f"Entered({self.code}{', again' if self.duplicate else ''})"


def enter(entry: Entry, *, actor: str) -> Entered:
    """Store one entry; idempotent on its form, and on (channel, external_id) where there is an external id.

    Raises:
        EntryError: `field` cannot be taken as it is.
        SealingError: this centre has no sealing key.
    """
    now_ms = time.time_ns() // 1_000_000
    plain = _checked(entry, now_ms)
    name = named(entry.form or new_word(now_ms), msgspec.json.encode(astuple(entry)))
    if known := _known(entry, name):
        return known
    columns = _columns(entry, plain, now_ms, name)
    try:
        with transaction.atomic():
            complaint = Complaint.objects.create(**columns)
            write_log(complaint.pk, "received", actor, now_ms, status="received", about=entry.channel)
            if entry.sure:
                write_log(complaint.pk, "class", actor, now_ms, status="received", about=entry.classification)
            record_change("complaint", "")
    except IntegrityError:
        if known := _known(entry, name):  # entered twice at once: one of them was quicker
            return known
        raise
    return Entered(complaint.pk, complaint.code, name.pin, False)


def check(entry: Entry) -> None:
    """What `enter` would refuse, before anything is stored.

    Raises:
        EntryError: `field` cannot be taken as it is.
    """
    _checked(entry, time.time_ns() // 1_000_000)


def says_the_same(entry: Entry, complaint_id: str) -> bool:
    """Whether an entry is, word for word, what this complaint was entered with; of one that was erased nobody can tell,
    and it counts as the same. Nothing of it is shown to anybody, so this is no disclosure.

    Raises:
        EntryError: as `enter`.
        SealingError: the key is missing, or the box is damaged.
    """
    complaint = Complaint.objects.get(pk=complaint_id)
    plain = _checked(entry, time.time_ns() // 1_000_000)
    if any(getattr(complaint, name) != getattr(entry, name) for name in ("category", "subject", "place", "area")):
        return False
    try:
        return open_box(complaint) == plain
    except ErasedError:
        return True


def _known(entry: Entry, name: Named) -> Entered | None:
    """The answer to an entry that is here already."""
    if row := Complaint.objects.filter(pk=name.complaint_id).first():
        return Entered(row.pk, row.code, name.pin, False, again=True)
    if not entry.external_id:
        return None
    names = (entry.external_id, hashed(entry.external_id))
    row = Complaint.objects.filter(channel=entry.channel, external_id__in=names).first()
    return Entered(row.pk, row.code, "", True) if row else None


def _columns(entry: Entry, plain: Plaintext, now_ms: int, name: Named) -> dict[str, object]:
    box = seal_text(Path(settings.DATA_DIR) / KEYS_DIRECTORY, plain)
    term = due_on_arrival(entry.category, now_ms)
    at_ms = entry.at_ms or now_ms
    return {
        "service_request_id": name.complaint_id,
        "code": free_code(make_code(secrets.token_bytes(6)), name.complaint_id),
        "node": "",
        "epoch": "",
        "boot": "",
        "seq": 0,
        "mono_ms": 0,
        "wall_ms": at_ms,
        "place": entry.place,
        "area": entry.area,
        "category": entry.category,
        "subject": entry.subject,
        "identity": "contact" if entry.category == "ppid" else entry.identity or _identity(plain),
        "lang": entry.lang,
        "way": entry.way if entry.category == "ppid" else "",
        "assisted": entry.category == "ppid" and entry.channel == "counter",
        "classification": "information" if entry.category == "ppid" else entry.classification,
        "corrected_class": entry.classification if entry.sure else "",
        "urgent": entry.urgent,
        "channel": entry.channel,
        "sealed": msgspec.json.encode(box).decode(),
        "key_id": box.key_id,
        "at_ms": at_ms,
        "at_quality": "ntp",
        "received_ms": now_ms,
        "changed_ms": now_ms,
        "due_ms": term.at_ms,
        "due_for": term.term,
        "pin_verifier": verifier_of(name.pin),
        "external_id": entry.external_id,
    }


def _identity(plain: Plaintext) -> str:
    return "contact" if plain.contact else "anonymous"


def _checked(entry: Entry, now_ms: int) -> Plaintext:
    """What is sealed, normalised; every other field is one of its words."""
    _check_words(entry)
    texts = {field: _text(field, getattr(entry, field)) for field in _LENGTHS}
    if not texts["text"]:
        raise EntryError("text", "write what the citizen said", "tuliskan apa yang disampaikan warga")
    if entry.category == "ppid":
        for field in ("purpose", "name", "contact"):
            if not texts[field]:
                raise EntryError(
                    field,
                    "a request for information needs a purpose, a name and a contact",
                    "permohonan informasi memerlukan tujuan, nama, dan kontak",
                )
    if entry.at_ms and not now_ms - OLDEST_MS < entry.at_ms <= now_ms + AHEAD_MS:
        raise EntryError("at_ms", "this moment cannot be right", "waktu ini tidak mungkin benar")
    return Plaintext(**texts)


def _check_words(entry: Entry) -> None:
    known: dict[str, tuple[Callable[[str], bool], str]] = {
        "channel": (CHANNELS.__contains__, entry.channel),
        "category": (CATEGORIES.__contains__, entry.category),
        "subject": (lambda code: not code or code in BY_CODE, entry.subject),
        "identity": (lambda word: not word or word in IDENTITIES, entry.identity),
        "way": (WAYS.__contains__, entry.way),
        "classification": (CLASSES.__contains__, entry.classification),
        "place": (_is_site, entry.place),
        "area": (lambda code: not code or (code.startswith("kel-") and _is_site(code)), entry.area),
        "external_id": (is_name, entry.external_id),
        "form": (lambda word: not word or opened_ms(word) is not None, entry.form),
        "lang": (lambda code: len(code) <= 8 and (not code or (code.isascii() and code.isalpha())), entry.lang),
    }
    for field, (fits, value) in known.items():
        if not fits(value):
            raise EntryError(field, f"{field}: {value[:40]!r} is not known", f"{field}: {value[:40]!r} tidak dikenal")


def _is_site(code: str) -> bool:
    return not code or (len(code) <= 64 and "\x00" not in code and Site.objects.filter(code=code).exists())


def _text(field: str, raw: str) -> str:
    """NFC, one kind of line end, nothing invisible; a field of one line has no line ends."""
    composed = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(
        one
        for one in composed
        if one in "\n\t" or (unicodedata.category(one) not in _INVISIBLE and one not in _DIRECTION)
    ).strip()
    text = kept if field in _LINES else " ".join(kept.split())
    if len(text) > _LENGTHS[field]:
        raise EntryError(
            field,
            f"{field}: at most {_LENGTHS[field]} characters, these are {len(text)}",
            f"{field}: paling banyak {_LENGTHS[field]} huruf, ini {len(text)}",
        )
    return text
