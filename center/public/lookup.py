"""One's own complaint by code and PIN. An unknown code and a wrong PIN are the same answer, at about the same price."""

from dataclasses import dataclass
from functools import cache

from django.contrib.auth.hashers import make_password
from django.db.models import Q

from center.complaints.disclosure import pin_fits
from center.complaints.models import Complaint
from center.public.guessing import fitted, keys_of, take
from wire.errors import WireError
from wire.tickets import normalize_code

PIN_LENGTH = 4
MOST_ALIKE = 3
"""Rows that may share a code: the second is stored with a suffix (once in 10^13)."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a try came to: the complaint; or a `problem` (code, pin, wrong, locked) and how long to wait."""

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
    # The suffix of the rare second ticket of a code is the centre's own; people have the code they were given.
    rows = Complaint.objects.filter(Q(code=known) | Q(code__startswith=f"{known}-")).order_by("code")[:MOST_ALIKE]
    for row in list(rows) or [_nobody()]:
        if pin_fits(row, pin) and row.pk:
            fitted(keys)
            return Found(row, code=known)
    return Found(problem="wrong", code=known)


@cache
def _no_pin() -> str:
    return make_password(None)


def _nobody() -> Complaint:
    """A complaint that is nobody's: comparing a PIN with it takes its time and never fits."""
    return Complaint(service_request_id="", code="", sealed="", pin_verifier=_no_pin())
