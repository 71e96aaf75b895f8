"""Words that must not be found anywhere but at the desk: planted in every field, searched for in every form.

All markers of a set begin alike, so that one search finds them all, whatever it searches: text, UTF-16, hexadecimal,
base64 at any alignment, JSON inside zlib. What follows the common beginning says which field it was.
"""

import base64
import bz2
import gzip
import io
import lzma
import re
import secrets
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LETTERS = "BCDFGHJKLMNPQRSTVWXZbcdfghjkmnpqrstvwxz"
"""No vowels: nothing of a dictionary comes out, and no Crockford code (those have no lower case)."""
COMMON, OWN = 10, 6
ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
PACKED = ((b"\x1f\x8b", gzip.decompress), (b"BZh", bz2.decompress), (b"\xfd7zXZ", lzma.decompress))
MOST_INFLATED_BYTES = 4 * 1024 * 1024


def _letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))


@dataclass
class Markers:
    """`plant` gives a word for a field; `hits` says which fields' words are in some bytes, and in which form."""

    common: str = field(default_factory=lambda: _letters(COMMON))
    planted: dict[str, str] = field(default_factory=dict)
    _others: list[tuple[str, bytes]] = field(default_factory=list)
    """Secrets that were not planted (ticket codes), in each form: what a hit is called, and what is searched for."""

    def __post_init__(self) -> None:
        self._common = list(forms(self.common))

    def plant(self, where: str) -> str:
        """A new word for this field."""
        self.planted[where] = self.common + _letters(OWN)
        return self.planted[where]

    def watch(self, what: str, secret: str, *, only_text: bool = False) -> None:
        """Look for this, too: at least eight characters, or chance will spell it."""
        assert len(secret) >= 8
        every = list(forms(secret))
        self._others += [(f"{what} ({form})", pattern) for form, pattern in every[: 1 if only_text else None]]

    def hits(self, content: bytes) -> set[str]:
        """`field (form)` of everything found."""
        found = set()
        for form, pattern in self._common:
            at = content.find(pattern)
            while at >= 0:
                found.add(f"{self._whose(form, content, at)} ({form})")
                at = content.find(pattern, at + 1)
        return found | {name for name, pattern in self._others if pattern in content}

    def hits_within(self, content: bytes) -> set[str]:
        """The same, looking into what is packed as well: zlib wherever it begins, gzip, tar, zip."""
        found = self.hits(content)
        for inner in unpacked(content):
            found |= {f"{hit} inside" for hit in self.hits(inner)}
        return found

    def _whose(self, form: str, content: bytes, at: int) -> str:
        if form == "text":
            word = content[at : at + COMMON + OWN].decode("latin-1")
            return next((where for where, planted in self.planted.items() if planted == word), f"cut off: {word!r}")
        return "some field"


def forms(secret: str) -> Iterator[tuple[str, bytes]]:
    """How a secret can be written; as plain text first."""
    raw = secret.encode()
    yield "text", raw
    yield "utf-16", secret.encode("utf-16-le")
    yield "hex", raw.hex().encode()
    if raw.hex().upper() != raw.hex():  # a word can be spelled in digits alone, and is then one form, not two
        yield "HEX", raw.hex().upper().encode()
    for shift in range(3):
        # The characters at both ends hang on the neighbours: what is left is the secret's own.
        coded = base64.b64encode(b"\0" * shift + raw)
        yield f"base64+{shift}", coded[(shift * 4 + 2) // 3 + (shift > 0) : len(coded) - 4 + (len(raw) + shift) % 3]


def unpacked(content: bytes) -> Iterable[bytes]:
    """Everything that can be unpacked from some bytes, one level deep; of a packed tar the whole tar, which holds its
    files as they are."""
    for match in ZLIB.finditer(content):
        try:
            yield zlib.decompressobj().decompress(content[match.start() :], MOST_INFLATED_BYTES)
        except zlib.error:
            continue
    for magic, unpack in PACKED:
        if content.startswith(magic):
            try:
                yield unpack(content)
            except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error):
                continue
    if content.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as folder:
                yield from (folder.read(name) for name in folder.namelist())
        except (zipfile.BadZipFile, OSError):
            pass
