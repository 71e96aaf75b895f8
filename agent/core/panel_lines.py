"""The lines of a panel in text mode: a word and its arguments, a number before it, a check behind it where wanted.

    [#7 ]ADUAN jalan lubang besar[*A1B2]

The check is CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF) over all before the star, as four hex digits. It is
weaker than that of frames: for panels that can do no more. No I/O.
"""

import binascii
import re
from typing import Final

from wire.shape import Struct

LONGEST_LINE_BYTES: Final = 512
PARTIAL_LINE_S: Final = 5.0
_NUMBER: Final = re.compile(r"#([0-9]{1,5}) (.*)", re.DOTALL)
_MOST: Final = 0xFFFF


class Line(Struct, frozen=True):
    """A whole line; `number` None where the panel counts nothing."""

    number: int | None
    word: str
    rest: str

    def __repr__(self) -> str:
        return f"Line({self.number}, {self.word[:16]!r}, {len(self.rest)} characters)"


class BadLine(Struct, frozen=True):
    """Bytes that are no line for us: `check`, `long`, `partial` or `form`. The first is not answered."""

    reason: str


class LineDecoder:
    """Takes bytes as they come. Lines end in LF, CR or both; empty ones are nothing."""

    def __init__(self, *, checked: bool) -> None:
        self._checked = checked
        self._partial = bytearray()
        self._began_s = 0.0
        self._skipping = False

    def feed(self, data: bytes, now_s: float) -> list[Line | BadLine]:
        """Every line that has become whole with `data`; `now_s` is monotonic."""
        found = self.expire(now_s)
        pieces = data.replace(b"\r", b"\n").split(b"\n")
        for piece in pieces[:-1]:
            self._take(piece, now_s, found)
            if self._partial:
                found.append(read_line(bytes(self._partial), checked=self._checked))
                self._partial.clear()
            self._skipping = False
        self._take(pieces[-1], now_s, found)
        return found

    def expire(self, now_s: float) -> list[Line | BadLine]:
        """Give up a line that nobody ends."""
        if not self._partial or now_s - self._began_s < PARTIAL_LINE_S:
            return []
        self._partial.clear()
        return [BadLine("partial")]

    def _take(self, piece: bytes, now_s: float, found: list[Line | BadLine]) -> None:
        if not piece or self._skipping:
            return
        if not self._partial:
            self._began_s = now_s
        if len(self._partial) + len(piece) > LONGEST_LINE_BYTES:
            self._partial.clear()
            self._skipping = True
            found.append(BadLine("long"))
            return
        self._partial += piece


def read_line(raw: bytes, *, checked: bool) -> Line | BadLine:
    """One line without its end."""
    if checked:
        raw, star, digits = raw[:-5], raw[-5:-4], raw[-4:]
        if star != b"*" or digits.upper() != check(raw):
            return BadLine("check")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return BadLine("form")
    number = None
    matched = _NUMBER.fullmatch(text)
    if matched is not None:
        number, text = int(matched[1]), matched[2]
    word, _, rest = text.strip(" ").partition(" ")
    if not word or (number is not None and number > _MOST) or (number is None and word.startswith("#")):
        return BadLine("form")
    return Line(number, word.upper(), rest.strip(" "))


def write_line(line: Line, *, checked: bool) -> bytes:
    """A line as it goes over the wire: ASCII only, whatever stands in its text."""
    number = f"#{line.number} " if line.number is not None else ""
    text = " ".join(f"{number}{line.word} {line.rest}".split())
    raw = text.encode("ascii", "replace")
    raw = bytes(byte if 32 <= byte < 127 else 63 for byte in raw)[: LONGEST_LINE_BYTES - 7]
    return raw + (b"*" + check(raw) if checked else b"") + b"\r\n"


def check(raw: bytes) -> bytes:
    """The four digits behind the star."""
    return b"%04X" % binascii.crc_hqx(raw, 0xFFFF)
