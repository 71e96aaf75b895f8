"""One's own complaint by code and PIN. An unknown code and a wrong PIN are the same answer, at about the same price."""

from dataclasses import dataclass
from functools import cache

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import Q
from django.utils.crypto import get_random_string

from center.complaints.codes import handle_of
from center.complaints.disclosure import pin_fits
from center.complaints.models import Complaint
from center.public.guessing import fitted, keys_of, take
from center.sealing import SealingError
from wire.errors import WireError
from wire.tickets import normalize_code

PIN_LENGTH = 4
MOST_ALIKE = 3
"""Rows that may share a number: the second is stored with a suffix (once in 10^13)."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a try came to: the complaint; or a `problem` (code, pin, wrong, locked, unavailable), and how long to
    wait."""

    complaint: Complaint | None = None
    problem: str = ""
    wait_ms: int = 0
    code: str = ""


def look_up(code: str, pin: str, address: str, now_ms: int) -> Found:
    """What this code and PIN open. What cannot be a code or a PIN is said so and counts as no try."""
    try:
        known = normalize_code(code)
    except WireError:
        return Found(problem="code")
    pin = pin.strip()
    if len(pin) != PIN_LENGTH or not (pin.isascii() and pin.isdigit()):
        return Found(problem="pin", code=known)
    keys = keys_of(known, address)
    if wait_ms := take(keys, now_ms):
        return Found(problem="locked", wait_ms=wait_ms, code=known)
    # Both ways always, so that none takes longer: who has the code for a number, and who has its handle.
    rows = [(row, "") for row in _numbered(known)] + [(row, known) for row in _numbered(handle_of(known))]
    try:
        opened = [row for row, code in rows if pin_fits(row, pin, code)]
    except SealingError:
        fitted(keys)  # ours, not the citizen's
        return Found(problem="unavailable", code=known)
    if not any(row.pin_verifier for row, _ in rows):
        check_password(pin, _nobodys())  # the other way of keeping a PIN takes so long; an unknown code does too
    if not opened:
        return Found(problem="wrong", code=known)
    fitted(keys)
    return Found(opened[0], code=known)


def _numbered(number: str) -> list[Complaint]:
    """The suffix of the rare second one of a number is the centre's own; people have the code they were given."""
    rows = Complaint.objects.filter(Q(code=number) | Q(code__startswith=f"{number}-")).order_by("code")
    return list(rows[:MOST_ALIKE])


@cache
def _nobodys() -> str:
    return make_password(get_random_string(PIN_LENGTH * 4))
