"""One cell of the registry: from what people type to a value, and back. Pure.

Reading is strict and says what would be right; whatever it lets through, `write_value` writes so that reading it
again gives the same value.
"""

import itertools
import json
import math
import re
import unicodedata
from collections.abc import Callable
from typing import Final

from center.core import hours
from center.core.registry_tables import NUMBERS, Field, Value
from wire.topics import is_node_id

MAX_SHOWN: Final = 60
DECIMALS: Final = 7
"""Of a degree: a centimetre."""
_YES: Final = {"ya": True, "yes": True, "true": True, "1": True, "y": True,
               "tidak": False, "no": False, "false": False, "0": False, "t": False, "n": False}  # fmt: skip
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,20}(?:[.,][0-9]{0,20})?|[.,][0-9]{1,20})(?:e[+-]?[0-9]{1,2})?", re.ASCII)
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./-]{1,30}[0-9]", re.ASCII)
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}", re.ASCII)
_MESSAGE_TO: Final = re.compile(r"[a-z][a-z0-9_]{1,19}:\S.*", re.ASCII)
_POSTAL: Final = re.compile(r"[0-9]{5}", re.ASCII)


class FieldError(ValueError):
    """This is no value of this field. `what` is a word of `center.sites.words`, `right` what would be right."""

    def __init__(self, what: str, right: str = "") -> None:
        super().__init__(what)
        self.what, self.right = what, right


def clean(text: str) -> str:
    """One line without needless space, composed (NFC).

    Raises:
        FieldError: it holds characters that cannot be seen.
    """
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn"} for letter in text):
        raise FieldError("invisible")
    return text


def read_value(field: Field, text: str) -> Value:
    """What a cell says.

    Raises:
        FieldError: what is wrong with it, and what would be right.
    """
    text = clean(text)
    if len(text) > field.limit:
        raise FieldError("too_long", str(field.limit))
    if not text:
        if field.required:
            raise FieldError("required")
        return None if field.kind in NUMBERS else "[]" if field.kind == "credits" else _no(field)
    return READERS[field.kind](field, text)


def write_value(field: Field, value: Value) -> str:
    """The cell that `read_value` reads as this value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, float):
        return number_text(value)
    return credits_text(value) if field.kind == "credits" else value


def number_text(value: float) -> str:
    """A number as people write it: no ".0", and the shortest digits that mean it."""
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def credits_text(stored: str) -> str:
    """The credit table as one line: "99.5:5; 98:10" is 5 % of the fee below 99.5 % of the month, 10 % below 98 %."""
    return "; ".join(
        f"{number_text(float(below))}:{number_text(float(credit))}" for below, credit in json.loads(stored or "[]")
    )


def _no(field: Field) -> Value:
    return False if field.kind == "yes" else ""


def _text(_field: Field, text: str) -> str:
    return text


def _number(field: Field, text: str) -> float:
    if not _NUMBER.fullmatch(text.lower()):
        raise FieldError("no_number", f"{number_text(field.low)} ... {number_text(field.high)}")
    # A spreadsheet set to Indonesian writes -6,127971; there are no thousands in this registry.
    value = float(text.replace(",", "."))
    if not math.isfinite(value) or not field.low <= value <= field.high:
        raise FieldError("out_of_range", f"{number_text(field.low)} ... {number_text(field.high)}")
    return round(value, DECIMALS) + 0.0  # -0.0 is 0


def _degrees(field: Field, text: str) -> float:
    try:
        return _number(field, text)
    except FieldError as error:
        raise FieldError("no_coordinate", error.right) from None


def _whole(field: Field, text: str) -> float:
    value = _number(field, text)
    if not value.is_integer():
        raise FieldError("no_whole", f"{number_text(field.low)} ... {number_text(field.high)}")
    return value


def _yes(_field: Field, text: str) -> bool:
    if text.lower() not in _YES:
        raise FieldError("no_yes", "ya / tidak")
    return _YES[text.lower()]


def _choice(field: Field, text: str) -> str:
    if text.lower() not in field.choices:
        raise FieldError("no_choice", ", ".join(field.choices))
    return text.lower()


def _matching(pattern: re.Pattern[str], what: str, right: str) -> Callable[[Field, str], str]:
    def read(_field: Field, text: str) -> str:
        if not pattern.fullmatch(text):
            raise FieldError(what, right)
        return text

    return read


def _site_code(_field: Field, text: str) -> str:
    if not is_node_id(text):
        raise FieldError("no_site_code", "kel-3673011001, kec-367301, opd-disnaker, cctv-alun-alun")
    return text


def _credits(_field: Field, text: str) -> str:
    steps: list[list[float]] = []
    for part in text.split(";"):
        below, colon, credit = (piece.strip() for piece in part.partition(":"))
        if not (colon and _NUMBER.fullmatch(below) and _NUMBER.fullmatch(credit)):
            raise FieldError("no_credits", "99.5:5; 98:10")
        steps.append([float(below.replace(",", ".")), float(credit.replace(",", "."))])
    falling = all(one[0] > two[0] and one[1] < two[1] for one, two in itertools.pairwise(steps))
    if not falling or any(not 0 < number <= 100 for step in steps for number in step):
        raise FieldError("no_credits_order", "99.5:5; 98:10")
    return json.dumps(steps)


def _hours(_field: Field, text: str) -> str:
    """As it was written: people find their own words again. At any time is ""."""
    try:
        return "" if hours.parse(text).is_always else text
    except hours.HoursError as error:
        raise FieldError("no_hours", error.word[:MAX_SHOWN] or text[:MAX_SHOWN]) from None


READERS: Final[dict[str, Callable[[Field, str], Value]]] = {
    "text": _text,
    "reference": _text,
    "number": _number,
    "whole": _whole,
    "degrees": _degrees,
    "yes": _yes,
    "choice": _choice,
    "site_code": _site_code,
    "credits": _credits,
    "hours": _hours,
    "slug": _matching(_SLUG, "no_slug", "telkom-ring-1"),
    "phone": _matching(_PHONE, "no_phone", "+62 254 200123"),
    "email": _matching(_EMAIL, "no_email", "noc@example.go.id"),
    "message_to": _matching(_MESSAGE_TO, "no_message_to", "telegram:12345, whatsapp:+62812..."),
    "postal_code": _matching(_POSTAL, "no_postal_code", "42116"),
}
