"""A request as another system sends it, read into what the desk stores: who, where, what, and under which number.

In the clear stand category, subject and kelurahan; words, people, the exact spot and addresses of pictures are sealed
with the text. Pictures are never fetched: an address somebody sends may point anywhere, at ourselves too.
"""

import hashlib
import math
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from center.complaints.manual import Entry
from center.open311.form import Form
from center.open311.places import area_at, area_of
from center.open311.terms import (
    CATEGORIES,
    CHANNEL,
    MAX_ADDRESS,
    MAX_CONTACT,
    MAX_EXTERNAL_ID,
    MAX_KEY,
    MAX_NAME,
    MAX_RT_RW,
    MAX_TEXT,
    MAX_URL,
)
from wire.subjects import BY_CODE

MAX_STORED_ID: Final = 128
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?", re.ASCII)
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class Posted:
    """What was sent: the entry, or what is wrong (`problems`), or that there is no such service (`unknown`)."""

    entry: Entry | None
    problems: tuple[str, ...] = ()
    unknown: bool = False


def read_request(form: Form, caller: str, key: str, lang: str) -> Posted:
    """POST requests, checked whole: every problem is named. `caller`: the key's name. `key`: its Idempotency-Key."""
    problems = form.problems
    code = form.text("service_code", 32)
    if not code:
        problems.append("service_code: send one; GET services lists them.")
    elif code not in BY_CODE:
        return Posted(None, unknown=True)
    address, area = _location(form)
    name = " ".join(filter(None, (form.text("first_name", MAX_NAME), form.text("last_name", MAX_NAME))))
    contact = ", ".join(filter(None, (form.text("phone", MAX_CONTACT), form.text("email", MAX_CONTACT))))
    for field, value, most in (("first_name, last_name", name, MAX_NAME), ("phone, email", contact, MAX_CONTACT)):
        if len(value) > most:
            problems.append(f"{field}: together at most {most} characters.")
    entry = Entry(
        channel=CHANNEL,
        category=_category(form),
        text=_text(form),
        subject=code,
        place=area,
        area=area,
        rt_rw=form.attribute("rt_rw", MAX_RT_RW),
        name=name,
        contact=contact,
        address=address,
        external_id=_external_id(form, caller, key),
        lang=lang,
    )
    return Posted(None, tuple(problems)) if problems else Posted(entry)


def _location(form: Form) -> tuple[str, str]:
    """The exact spot in words, and the kelurahan it is in as far as that can be told."""
    lat, long = form.text("lat", 24), form.text("long", 24)
    words, number = form.text("address_string", MAX_ADDRESS), form.text("address_id", 16)
    if not (lat or long or words or number):
        form.problems.append("location: send lat and long, or address_string, or address_id (a kelurahan's code).")
        return "", ""
    area = area_of(number) if number else ""
    if number and not area:
        form.problems.append("address_id: no kelurahan has this code; they are like 3673011001.")
    spot = ""
    if lat or long:
        point = _degrees(lat, 90), _degrees(long, 180)
        if point[0] is None or point[1] is None:
            form.problems.append("lat, long: send both, in degrees (WGS 84), as -6.1149 and 106.1503.")
            return "", ""
        spot = f"{lat}, {long}"
        found = area_at(point[0], point[1])
        if not found:
            form.problems.append("lat, long: this is outside of the city.")
        area = area or found
    return "; ".join(filter(None, (words, spot))), area


def _degrees(text: str, most: int) -> float | None:
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if abs(value) <= most else None


def _category(form: Form) -> str:
    category = form.attribute("category", 16) or CATEGORIES[0]
    if category not in CATEGORIES:
        form.problems.append(f"attribute[category]: one of {', '.join(CATEGORIES)}.")
    return category


def _text(form: Form) -> str:
    description, media = form.text("description", MAX_TEXT, lines=True), form.text("media_url", MAX_URL)
    if media and not _is_web_address(media):
        form.problems.append("media_url: a web address, as https://example.go.id/1.jpg")
    text = "\n\n".join(filter(None, (description, media)))
    if len(text) > MAX_TEXT:
        form.problems.append(f"description, media_url: together at most {MAX_TEXT} characters.")
    return text or "-"


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in text
    except ValueError:
        return False


def _external_id(form: Form, caller: str, key: str) -> str:
    """The caller's own number of it, or else what marks this very sending; both belong to the caller alone.

    "" when it sends neither: then each sending is a request of its own.
    """
    number = form.attribute("external_id", MAX_EXTERNAL_ID)
    if not number.isprintable():
        form.problems.append("attribute[external_id]: visible characters alone.")
    if key and not _KEY.fullmatch(key):
        form.problems.append(f"Idempotency-Key: at most {MAX_KEY} visible ASCII characters.")
    if not (number or key):
        return ""
    stored = f"{caller}/{number or f'key:{key}'}"
    if len(stored) <= MAX_STORED_ID:
        return stored
    digest = hashlib.sha256(stored.encode()).hexdigest()
    return f"{caller[: MAX_STORED_ID - len(digest) - 1]}/{digest}"
