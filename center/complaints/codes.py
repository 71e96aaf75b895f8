"""Finding a complaint by what somebody types: the citizen's code, or the number that the desk calls it by.

A kiosk tells the centre the handle of its ticket's code (`wire.tickets`), which is the complaint's number; what was
entered here, came over an interface, or from a node before there were handles, has its code for a number.
"""

from argon2.low_level import Type, hash_secret_raw
from django.db.models import QuerySet

from center.complaints.models import Complaint
from wire.errors import WireError
from wire.tickets import (
    HANDLE_MEMORY_BYTES,
    HANDLE_PASSES,
    HANDLE_SALT,
    handle_secret,
    make_handle,
    normalize_code,
)


def find(text: str) -> Complaint | None:
    """The complaint of this code or number, forgiving what is misread; None where there is none, or it is neither."""
    try:
        code = normalize_code(text)
    except WireError:
        return None
    return Complaint.objects.filter(code=code).first() or Complaint.objects.filter(code=handle_of(code)).first()


def number_meant(text: str, rows: "QuerySet[Complaint]") -> str:
    """The number, or the part of one, that something typed means among `rows`: a citizen's code becomes the number.

    What comes back may stand in an address; the code itself should not.
    """
    typed = typed_code(text)
    try:
        code = normalize_code(typed)
    except WireError:
        return typed
    return code if rows.filter(code__startswith=code).exists() else handle_of(code)


def handle_of(code: str) -> str:
    """What a kiosk calls the ticket of this code, which is as issued. 32 MiB; some 50 ms, whatever the code."""
    stretched = hash_secret_raw(
        handle_secret(code), HANDLE_SALT, time_cost=HANDLE_PASSES, memory_cost=HANDLE_MEMORY_BYTES // 1024,
        parallelism=1, hash_len=32, type=Type.ID,
    )  # fmt: skip
    return make_handle(stretched)


def typed_code(text: str) -> str:
    """A part of a code, as people type it: case, spaces, dashes and I L O misreadings forgiven."""
    return text.upper().translate(str.maketrans("ILO", "110", " -"))
