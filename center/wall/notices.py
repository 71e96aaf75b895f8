"""Public notices: written by operators, shown to everybody from one moment until another, withdrawn at once."""

import re
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F

from center.errors import CenterError
from center.operations.notices import offer_notices
from center.sites.models import Site
from center.wall.models import PublicNotice

MAX_TITLE, MAX_TEXT = 120, 600
MAX_DAYS = 90
MAX_CURRENT = 50
# Whatever identifies one person has no place on a screen in the street: the number of an identity or family card.
_IDENTITY = re.compile(r"(?<!\d)(?:\d[ .-]?){15}\d(?!\d)")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
DAY_MS = 86_400_000


class NoticeError(CenterError):
    """A notice that cannot be shown as written; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice that may be shown: checked, not stored yet."""

    title: str
    text: str
    from_ms: int
    until_ms: int
    target: str = ""


def draft(title: str, text: str, begins: str, ends: str, now_ms: int, *, target: str = "") -> Draft:
    """Check what was typed; moments as the browser's date field writes them (2026-11-23T08:00, WIB), `begins` "" = now.
    `target`: "" the whole city, or one of `targets`.

    Raises NoticeError.
    """
    title, text = title.strip(), text.replace("\r\n", "\n").strip()
    _check_words(title, text)
    from_ms = moment_ms(begins) if begins else now_ms
    until_ms = moment_ms(ends)
    if until_ms <= max(from_ms, now_ms):
        raise NoticeError(
            "the notice ends before it begins, or has ended", "akhirnya sebelum awalnya, atau sudah lewat"
        )
    if until_ms - from_ms > MAX_DAYS * DAY_MS or from_ms - now_ms > 366 * DAY_MS:
        raise NoticeError(
            f"a notice is shown for at most {MAX_DAYS} days", f"pengumuman tampil paling lama {MAX_DAYS} hari"
        )
    if target and target not in dict(targets()):
        raise NoticeError("choose a kecamatan or kelurahan from the list", "pilih kecamatan atau kelurahan dari daftar")
    return Draft(title, text, from_ms, until_ms, target)


def targets() -> list[tuple[str, str]]:
    """What a notice can be for beside the whole city, and how people call it: kecamatan first, then kelurahan."""
    sites = list(Site.objects.filter(kind="kel").order_by("kecamatan", "name", "code"))
    areas = sorted({site.kecamatan for site in sites if site.kecamatan})
    places = [(site.code, f"{site.display_name} ({site.kecamatan})") for site in sites]
    return [*((area, f"Kecamatan {area}") for area in areas), *places]


def publish(checked: Draft, by: str) -> PublicNotice:
    """Store it. Raises NoticeError when too many are current already."""
    now = time.time_ns() // 1_000_000
    if PublicNotice.objects.filter(until_ms__gt=now, withdrawn_ms=None).count() >= MAX_CURRENT:
        raise NoticeError(
            "withdraw a notice first: there are too many", "tarik dahulu satu pengumuman: sudah terlalu banyak"
        )
    with transaction.atomic():
        made = PublicNotice.objects.create(**asdict(checked), by=by[:150], made_ms=now)
        offer_notices(now)
    return made


def change(key: int, checked: Draft, by: str) -> bool:
    """Replace the words and times of a notice that is shown or waits, on screens and kiosks; False: it is over."""
    now = time.time_ns() // 1_000_000
    with transaction.atomic():
        current = PublicNotice.objects.filter(pk=key, withdrawn_ms=None, until_ms__gt=now)
        changed = current.update(**asdict(checked), by=by[:150], revision=F("revision") + 1)
        if changed:
            offer_notices(now)
    return bool(changed)


def withdraw(key: int) -> bool:
    """Show it no more, on no screen and no kiosk; whether it was shown or waited."""
    now = time.time_ns() // 1_000_000
    with transaction.atomic():
        current = PublicNotice.objects.filter(pk=key, withdrawn_ms=None, until_ms__gt=now)
        withdrawn = current.update(withdrawn_ms=now)
        if withdrawn:
            offer_notices(now)
    return bool(withdrawn)


def moment_ms(text: str) -> int:
    """Unix ms of "2026-11-23T08:00" in the city's time. Raises NoticeError."""
    try:
        if not text.isascii() or not _MOMENT.fullmatch(text):
            raise ValueError(text)
        at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(settings.TIME_ZONE))
    except ValueError as error:
        raise NoticeError("a date and time is missing", "tanggal dan jam belum lengkap") from error
    return int(at.timestamp() * 1000)


def _check_words(title: str, text: str) -> None:
    if not title or len(title) > MAX_TITLE or "\n" in title:
        raise NoticeError(f"the title has 1 to {MAX_TITLE} characters", f"judul 1 sampai {MAX_TITLE} huruf")
    if not text or len(text) > MAX_TEXT:
        raise NoticeError(f"the text has 1 to {MAX_TEXT} characters", f"isi 1 sampai {MAX_TEXT} huruf")
    if not all(sign.isprintable() or sign == "\n" for sign in title + text):
        raise NoticeError(
            "there is an invisible control character in it", "ada tanda kendali yang tak terlihat di dalamnya"
        )
    if _IDENTITY.search(f"{title}\n{text}"):
        raise NoticeError(
            "there is a 16-digit number in it, as on an identity card: everybody reads this screen",
            "ada nomor 16 angka seperti NIK di dalamnya: layar ini dibaca semua orang",
        )
