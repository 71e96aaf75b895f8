"""Reading what a form sent: `application/x-www-form-urlencoded`, strictly. Any bytes give fields or a FormError."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

MAX_FORM_BYTES: Final = 64 * 1024
"""4,000 characters of four bytes each are 48,000 bytes once every byte is written as %XX."""
MAX_FIELDS: Final = 16
MAX_NAME: Final = 32
_NAME: Final = re.compile(r"[a-z_]{1,32}")
_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class FormError(Exception):
    """No form this server makes sends that. `status` is what HTTP calls it."""

    def __init__(self, status: int = 400) -> None:
        super().__init__(status)
        self.status = status


def read_form(body: bytes) -> dict[str, str]:
    """The fields by name. Unknown names pass; what is doubled, broken, no UTF-8 or too much does not."""
    if len(body) > MAX_FORM_BYTES:
        raise FormError(413)
    fields: dict[str, str] = {}
    if not body:
        return fields
    for pair in body.split(b"&", MAX_FIELDS - 1):
        raw_name, equals, raw_value = pair.partition(b"=")
        if not equals or b"&" in raw_value:
            raise FormError
        name, value = _decoded(raw_name), _decoded(raw_value)
        if not _NAME.fullmatch(name) or name in fields:
            raise FormError
        fields[name] = value
    return fields


def _decoded(raw: bytes) -> str:
    if _BROKEN_ESCAPE.search(raw):
        raise FormError
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise FormError from None
