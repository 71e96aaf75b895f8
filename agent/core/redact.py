"""Taking secrets and personal data out of text that leaves the box. Pure.

Two nets, one behind the other:
1. the secrets of this box that are known by value (passwords in its configuration, the lines of its keys) are taken out
   wherever they stand, also as they look inside a JSON or URL-encoded text;
2. what looks like one is taken out as well: key material, passwords after their names, user names in addresses,
   e-mail and telephone numbers, 16-digit population numbers, ticket numbers, long runs of hex or base64.

Too much taken out costs a question; too little cannot be taken back.
"""

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

MARK: Final = "[disembunyikan]"
SHORTEST_SECRET: Final = 4
"""A value below this stands everywhere by chance; those who set such a password have none."""

_PATTERNS: Final = tuple(
    (re.compile(pattern, flags), needs)
    for pattern, flags, *needs in (
        (r"-----BEGIN [A-Z0-9 ]{1,40}-----.*?(?:-----END [A-Z0-9 ]{1,40}-----|\Z)", re.DOTALL, "-----BEGIN "),
        (r"(?<=://)[^\s/@]{1,200}@", 0, "://", "@"),  # user:password@ of an address
        (
            r"(?i)\b[\w-]{0,20}(?:passw(?:or)?d|passphrase|kata.?sandi|secret|token|psk|api[-_]?key|credential|pin)"
            r"[\"']?\s{0,3}[:=]\s{0,3}(?:\"[^\"\n]{1,400}\"|'[^'\n]{1,400}'|[^\s,;}\]]{1,400})",
            0,
        ),
        (r"(?i)\b(?:authorization|cookie|set-cookie)\s{0,3}[:=][^\n]{0,400}", 0),
        (r"(?i)\b(?:bearer|basic)\s{1,3}[\w.+/=-]{6,400}", 0),
        (r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}", 0, "@"),  # e-mail
        (r"(?<![\w.:-])(?:\+62|62|0)[ -]?8[0-9](?:[ -]?[0-9]){6,10}(?![\w.:-])", 0),  # mobile numbers of Indonesia
        (r"(?<!\d)\d{16}(?!\d)", 0),  # NIK, KK
        (r"(?<![\w-])(?=[0-9A-Z]{0,9}[0-9])(?=[0-9A-Z]{0,9}[A-Z])[0-9A-Z]{10}(?![\w-])", 0),  # a ticket's number
        (r"\b[0-9a-fA-F]{40,}\b", 0),
        (r"(?<![\w+/])(?=[\w+/]{0,400}[a-z])(?=[\w+/]{0,400}[A-Z])(?=[\w+/]{0,400}[0-9])[A-Za-z0-9+/]{40,}={0,2}", 0),
    )
)
"""And what must stand in a text for the pattern to be found in it: looking for that costs nothing, and an address is
looked for at every letter of a long word."""


class Redactor:
    """Takes out `secrets` by value and what looks like one; `taken` counts over all texts."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        found = {secret.strip() for secret in secrets} - {""}
        self._secrets = sorted(
            (one for one in found if len(one) >= SHORTEST_SECRET and one not in MARK), key=len, reverse=True
        )
        self.taken = 0

    def text(self, text: str) -> str:
        """The text without them."""
        for secret in self._secrets:
            for form in _forms(secret):
                self.taken += text.count(form)
                text = text.replace(form, MARK)
        for pattern, needs in _PATTERNS:
            if not all(need in text for need in needs):
                continue
            text, count = pattern.subn(_marked, text)
            self.taken += count
        return text

    def holds_secret(self, text: str) -> bool:
        """Whether one of the known secrets still stands in it."""
        return any(form in text for secret in self._secrets for form in _forms(secret))


def _forms(secret: str) -> tuple[str, ...]:
    """As it is, inside JSON, and inside a URL."""
    return tuple(dict.fromkeys((secret, json.dumps(secret)[1:-1], quote(secret, safe=""))))


def _marked(found: "re.Match[str]") -> str:
    """The mark; of a named value the name is kept, for it says what was there."""
    if found[0].endswith("@"):
        return f"{MARK}@"
    name = re.match(r"[\w.-]{1,40}[\"']?\s{0,3}[:=]", found[0])
    return f'{name[0]} "{MARK}"' if name else MARK
