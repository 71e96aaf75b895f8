"""One press, one complaint: a form carries a word, and the same words in the same form are the same entry.

A second press, a page sent again by the browser, a line that dropped before the answer came: number and PIN follow from
the form's word and what was typed, so the second answer is the first one, PIN included. Other words in the same form
("back", and the next citizen's) are another complaint. The form's word is stored nowhere.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from wire.tickets import uuid7

_WORD: Final = re.compile(r"([0-9]{13})-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Named:
    """Number and PIN of an entry."""

    complaint_id: str
    pin: str

    def __repr__(self) -> str:
        return f"Named({self.complaint_id})"


def new_word(now_ms: int) -> str:
    """For a form that is opened now."""
    return f"{now_ms:013d}-{secrets.token_hex(16)}"


def opened_ms(word: str) -> int | None:
    """When a form was opened; None: this is no form's word."""
    found = _WORD.fullmatch(word)
    return int(found[1]) if found else None


def named(word: str, typed: bytes) -> Named:
    """What an entry is called. ValueError for what is no form's word."""
    at_ms = opened_ms(word)
    if at_ms is None:
        raise ValueError("no word of a form")
    name = hmac.digest(word.encode(), typed, hashlib.sha256)
    pin = hmac.digest(settings.SECRET_KEY.encode(), b"entry pin:" + name, hashlib.sha256)
    return Named(uuid7(at_ms, name[:10]), f"{int.from_bytes(pin) % 10_000:04d}")
