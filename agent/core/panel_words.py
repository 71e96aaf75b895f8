"""What a panel and the box say to each other, and how it is spelled in a frame's payload (docs/protocol.md, 12).

Numbers are big-endian. A short text is one byte of length and that many bytes, a long one has two bytes of length;
texts are UTF-8. A payload has exactly its fields: what is left over makes it wrong, as a field that is missing does.
"""

import struct
from enum import IntEnum, IntFlag
from typing import Final, Literal

from agent.core.framing import MOST_PAYLOAD_BYTES
from wire.shape import Struct

ANSWER: Final = 1
"""The bit of a frame's flags that makes HELLO and PING the answer to one."""
NONCE_BYTES: Final = 16
MOST_TEXT_BYTES: Final = 440
MOST_SCAN_BYTES: Final = 256
CATEGORIES: Final = ("aduan", "laporan", "saran", "pendapat")
LANGUAGES: Final = ("id", "en")


class Kind(IntEnum):
    """The type of a frame."""

    HELLO = 1
    EVENT = 2
    SCAN = 3
    ACK = 4
    NAK = 5
    STATUS = 6
    LED = 7
    PING = 8


class Refusal(IntEnum):
    """Why nothing was taken. After HELLO a panel says hello; after those with a waiting time it says the same again."""

    HELLO = 1
    VERSION = 2
    TYPE = 3
    TOO_LONG = 4
    PAYLOAD = 5
    BUSY = 6
    STORAGE_FULL = 7
    RATE = 8


class Feature(IntFlag):
    """What a panel has."""

    LED = 1
    DISPLAY = 2
    KEYPAD = 4
    SCANNER = 8
    SOUNDER = 16


class State(IntEnum):
    """How the box is, for the citizen."""

    CLOSED = 0
    ONLINE = 1
    OFFLINE = 2


class Colour(IntEnum):
    """Of the panel's light."""

    OFF = 0
    GREEN = 1
    AMBER = 2
    RED = 3


class Pattern(IntEnum):
    """How it shines."""

    STEADY = 0
    SLOW = 1
    FAST = 2


class Hello(Struct, frozen=True):
    """A panel says who it is. `nonce`: 16 random bytes, drawn together with `boot`; zeros when it cannot."""

    lowest: int
    highest: int
    panel: str
    nonce: bytes
    features: int = 0
    model: str = ""
    firmware: str = ""

    def __repr__(self) -> str:  # the nonce is what codes and PINs hang on
        return f"Hello({self.panel}, {self.lowest}..{self.highest}, {self.model} {self.firmware})"


class Welcome(Struct, frozen=True):
    """The box's answer: the version both speak from now on, and where this is."""

    version: int
    place: str


class Press(Struct, frozen=True):
    """A button: a citizen's voice in one press, with what was typed where the panel has keys for it."""

    category: str
    subject: str
    text: str = ""
    lang: str = "id"

    def __repr__(self) -> str:
        return f"Press({self.category}, {self.subject}, {len(self.text)} characters)"


class LookUp(Struct, frozen=True):
    """Code and PIN from a keypad: how does my ticket stand?"""

    code: str
    pin: str
    lang: str = "id"

    def __repr__(self) -> str:
        return "LookUp()"


class Scan(Struct, frozen=True):
    """What the panel's reader read, as it stands; `source` 0 unknown, 1 barcode, 2 QR, 3 RFID."""

    source: int
    text: str

    def __repr__(self) -> str:
        return f"Scan({self.source}, {len(self.text)} characters)"


class Taken(Struct, frozen=True):
    """ACK of a SCAN: it has arrived."""


class Ticket(Struct, frozen=True):
    """ACK of a press, after it is on the disk."""

    code: str
    pin: str
    text: str
    urgent: bool = False
    offline: bool = False
    duplicate: bool = False

    def __repr__(self) -> str:
        return "Ticket()"


class Answer(Struct, frozen=True):
    """ACK of a look-up. `found` false: `text` says why, and nothing else is known."""

    found: bool
    status: str
    text: str

    def __repr__(self) -> str:
        return f"Answer({self.found}, {self.status})"


class Nak(Struct, frozen=True):
    """Nothing was taken. `wait_ms`: when to say the same again, where that makes sense."""

    code: int
    wait_ms: int = 0
    text: str = ""


class Status(Struct, frozen=True):
    """The box's state, with a line for the display."""

    state: int
    text: str


class Led(Struct, frozen=True):
    """The light; `duration_ms` 0 holds until the next, else the one before comes back."""

    colour: int
    pattern: int = 0
    duration_ms: int = 0


class Ping(Struct, frozen=True):
    """Are you there? And, with the flag of an answer: yes."""

    answer: bool = False


FromPanel = Hello | Press | LookUp | Scan | Ping
FromBox = Welcome | Taken | Ticket | Answer | Nak | Status | Led | Ping


class PayloadError(Exception):
    """Bytes that are not the payload of this type of frame, or values that have no room in one."""


def clipped(text: str, most_bytes: int) -> str:
    """As much of the text as fits, without half a character at the end."""
    raw = text.encode("utf-8", "replace")
    return raw[:most_bytes].decode("utf-8", "ignore")


class Writer:
    """Puts a payload together. PayloadError when a value does not fit."""

    def __init__(self) -> None:
        self._out = bytearray()

    def number(self, value: int, size: Literal["B", "H", "I"]) -> None:
        try:
            self._out += struct.pack(">" + size, value)
        except struct.error as error:
            raise PayloadError(str(error)) from error

    def text(self, text: str, most_bytes: int = 255, *, long: bool = False) -> None:
        raw = text.encode("utf-8", "replace")
        if len(raw) > most_bytes:
            raise PayloadError(f"a text of {len(raw)} bytes, at most {most_bytes}")
        self.number(len(raw), "H" if long else "B")
        self._out += raw

    def raw(self, data: bytes) -> None:
        self._out += data

    def done(self) -> bytes:
        if len(self._out) > MOST_PAYLOAD_BYTES:
            raise PayloadError(f"a payload of {len(self._out)} bytes")
        return bytes(self._out)


class Reader:
    """Takes a payload apart. PayloadError for anything but exactly the fields asked for."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._at = 0

    def raw(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._payload):
            raise PayloadError("ends too early")
        found = self._payload[self._at : end]
        self._at = end
        return found

    def number(self, size: Literal["B", "H", "I"], most: int | None = None) -> int:
        width = struct.calcsize(size)
        value = int.from_bytes(self.raw(width), "big")
        if most is not None and value > most:
            raise PayloadError(f"{value} is more than {most}")
        return value

    def flag(self) -> bool:
        return bool(self.number("B", 1))

    def text(self, most_bytes: int = 255, *, long: bool = False) -> str:
        raw = self.raw(self.number("H" if long else "B", most_bytes))
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise PayloadError("not UTF-8") from error

    def chosen(self, words: tuple[str, ...]) -> str:
        return words[self.number("B", len(words) - 1)]

    def end(self) -> None:
        if self._at != len(self._payload):
            raise PayloadError("goes on behind its fields")
