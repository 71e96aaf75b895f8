"""Reading the fields of a request, strictly and normalised. Pure: anything at all gives a value or an IntakeError."""

import unicodedata
from collections.abc import Collection, Mapping
from typing import Final

from agent.kiosk.errors import IntakeError

CLIENT_ID_LENGTHS: Final = (16, 80)
"""Long enough for 64 random bits in hex: code and PIN hang on nobody guessing it."""
_KEPT_CONTROLS: Final = "\n\t"
_INVISIBLE: Final = ("Cc", "Cs", "Co")
"""Unicode categories no text needs: controls, lone surrogates, private use."""
_DIRECTION: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\ufeff")
"""Marks that turn the reading direction: they can make a text read as something else on the operator's screen."""
_LANGUAGE_MAX: Final = 8

Request = Mapping[str, object]


def only(request: Request, known: Collection[str]) -> None:
    """Refuse a field nobody knows: it would be lost in silence."""
    for key in request:
        if key not in known:
            raise bad("", f"{str(key)[:40]!r}")


def text(request: Request, key: str) -> str:
    """A string, "" when it is not there."""
    value = request.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise bad(key, '"..."')
    return value


def line(request: Request, key: str, limit: int) -> str:
    """One line of at most `limit` characters."""
    found = " ".join(normalised(text(request, key)).split())
    if len(found) > limit:
        raise bad(key, f"<= {limit}")
    return found


def body(request: Request, key: str, limit: int) -> str:
    """Several lines, never none."""
    found = normalised(text(request, key))
    if not found:
        raise IntakeError("text_empty", permanent=True)
    if len(found) > limit:
        raise IntakeError("text_too_long", permanent=True, limit=limit, length=len(found))
    return found


def choice(request: Request, key: str, known: Collection[str], default: str = "") -> str:
    """One of the known words."""
    found = text(request, key) or default
    if found not in known:
        raise bad(key, " / ".join(sorted(known)))
    return found


def flag(request: Request, key: str) -> bool:
    """true or false; false when it is not there."""
    value = request.get(key)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise bad(key, "true / false")


def client_id(request: Request) -> str:
    """What makes a repeat the same request; "" when the client brought none."""
    found = text(request, "client_id")
    shortest, longest = CLIENT_ID_LENGTHS
    if found and not (shortest <= len(found) <= longest and found.isascii() and found.isprintable()):
        raise bad("client_id", f"{shortest}..{longest} ASCII")
    return found


def language(request: Request) -> str:
    """`id`, `en`, `jv` ...; "" for what is no short name of one: a language is no reason to refuse somebody."""
    value = request.get("lang")
    found = value.split("-")[0].split("_")[0].lower() if isinstance(value, str) else ""
    return found if found.isascii() and found.isalpha() and len(found) <= _LANGUAGE_MAX else ""


def normalised(raw: str) -> str:
    """NFC, one kind of line end, nothing invisible but line ends and tabs, no blanks at the ends."""
    composed = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (
        character
        for character in composed
        if character in _KEPT_CONTROLS
        or (unicodedata.category(character) not in _INVISIBLE and character not in _DIRECTION)
    )
    return "".join(kept).strip()


def bad(key: str, expected: str) -> IntakeError:
    return IntakeError("bad_request", permanent=True, key=key, expected=expected)


def missing(field: str) -> IntakeError:
    """`field` has its word in the catalogue, under `intake.field.<field>`."""
    return IntakeError("field_missing", permanent=True, field=field, key=field)
