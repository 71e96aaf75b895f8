"""What callers send: a form (application/x-www-form-urlencoded) or an address's query, read strictly. Pure.

Strict where it matters: UTF-8, no control characters, no known field twice, nothing longer than its limit. Fields
nobody here knows are left alone, and an empty field is a field that was not sent (both as the standard has it).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

MOST_FIELDS: Final = 200
MAX_BODY_BYTES: Final = 64_000
"""4,000 characters of four bytes, each written as %XX, are 48,000; the rest of a form fits beside them."""
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_LINES: Final = re.compile("[\t\n\r]")
_ATTRIBUTE: Final = re.compile(r"attribute\[([^\[\]]{1,64})\](?:\[\])?")


class FormError(ValueError):
    """It cannot be read at all; the text says why."""


@dataclass(frozen=True, slots=True)
class Form:
    """Fields and attributes (`attribute[code]=value`) by name, in order; what is wrong with them goes to `problems`."""

    fields: Mapping[str, list[str]]
    attributes: Mapping[str, list[str]]
    problems: list[str]

    def text(self, name: str, limit: int, *, lines: bool = False) -> str:
        """One field, or "" when it was not sent or has a problem. `lines`: it may have several."""
        return self._one(self.fields.get(name, []), name, limit, lines)

    def attribute(self, code: str, limit: int) -> str:
        """One attribute, as `text`."""
        return self._one(self.attributes.get(code, []), f"attribute[{code}]", limit, lines=False)

    def choices(self, name: str, most: int) -> tuple[str, ...]:
        """A field that may be declared several times, and hold several values between commas."""
        values = [one.strip() for value in self.fields.get(name, []) for one in value.split(",")]
        found = tuple(dict.fromkeys(value for value in values if value))
        if len(found) > most:
            self.problems.append(f"{name}: at most {most} values.")
        return found[:most]

    def _one(self, values: list[str], name: str, limit: int, lines: bool) -> str:
        given = [value.strip() for value in values if value.strip()]
        if not given:
            return ""
        value = given[0]
        if len(given) > 1:
            self.problems.append(f"{name}: send it once.")
        elif len(value) > limit:
            self.problems.append(f"{name}: at most {limit} characters.")
        elif _CONTROL.search(value) or (not lines and _LINES.search(value)):
            self.problems.append(f"{name}: control characters are not accepted.")
        else:
            return value
        return ""


def read_form(body: bytes | str) -> Form:
    """The form or query.

    Raises:
        FormError: it is not UTF-8, or has too many fields.
    """
    try:
        text = body.decode("utf-8") if isinstance(body, bytes) else body
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise FormError("Send the form in UTF-8.") from None
    except ValueError:
        raise FormError(f"At most {MOST_FIELDS} fields.") from None
    fields: dict[str, list[str]] = {}
    attributes: dict[str, list[str]] = {}
    for name, value in pairs:
        if found := _ATTRIBUTE.fullmatch(name):
            attributes.setdefault(found[1], []).append(value)
        else:
            fields.setdefault(name, []).append(value)
    return Form(fields, attributes, [])
