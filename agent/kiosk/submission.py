"""What came through the door, checked and normalised. Pure: any JSON object gives a Submission or an IntakeError."""

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from typing import Final, Literal, cast

from agent.kiosk.bounds import CATEGORIES, CONTACT_MAX, NAME_MAX, TEXT_MAX
from agent.kiosk.errors import IntakeError
from wire.shape import Struct

Category = Literal["aduan", "laporan", "saran", "pendapat"]
Channel = Literal["cli", "web", "serial"]
CHANNELS: Final = ("cli", "web", "serial")
CLIENT_ID_LENGTHS: Final = (16, 80)
"""Long enough for 64 random bits in hex: the PIN hangs on nobody guessing it."""
_FIELDS: Final = frozenset(("op", "category", "text", "name", "contact", "client_id", "channel", "lang"))
_KEPT_CONTROLS: Final = "\n\t"
_INVISIBLE: Final = ("Cc", "Cs", "Co")
"""Unicode categories no text needs: controls, lone surrogates, private use."""
_DIRECTION: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\ufeff")
"""Marks that turn the reading direction: they can make a text read as something else on the operator's screen."""


class Submission(Struct, frozen=True):
    """One voice, ready to be sealed. `client_id` makes a repeat of the same request give the same ticket."""

    category: Category
    text: str
    name: str
    contact: str
    client_id: str
    channel: Channel

    def __repr__(self) -> str:
        return f"Submission({self.category}, {self.channel}, {len(self.text)} characters)"

    @property
    def client_hash(self) -> str:
        """Names the request without giving the client_id away."""
        return hashlib.sha256(b"sandi-client\n" + self.client_id.encode()).hexdigest()[:32]

    @property
    def content_mac(self) -> bytes:
        """Recognises the same content again. Keyed with the client_id, so that it cannot be guessed from the disk."""
        content = "\0".join((self.category, self.text, self.name, self.contact, self.channel))
        return hmac.digest(self.client_id.encode(), b"sandi-content\n" + content.encode(), "sha256")

    def pin(self, salt: bytes) -> str:
        """Four digits from the ticket's secret salt and the client_id: a repeat gives the same PIN, the disk none."""
        digest = hmac.digest(self.client_id.encode(), b"sandi-pin\n" + salt, "sha256")
        return f"{int.from_bytes(digest[:8], 'big') % 10_000:04d}"


def read_submission(request: Mapping[str, object], spare_client_id: str) -> Submission:
    """Check every field; `spare_client_id` stands in when the client brings none (then a repeat is a new ticket)."""
    for key in request:
        if key not in _FIELDS:
            raise _bad("", f"{str(key)[:40]!r}")
    category = _text(request, "category")
    if category not in CATEGORIES:
        raise _bad("category", " / ".join(CATEGORIES))
    channel = _text(request, "channel") or "cli"
    if channel not in CHANNELS:
        raise _bad("channel", " / ".join(CHANNELS))
    return Submission(
        category=cast(Category, category),
        text=_body(_text(request, "text")),
        name=_line(request, "name", NAME_MAX),
        contact=_line(request, "contact", CONTACT_MAX),
        client_id=_client_id(_text(request, "client_id")) or spare_client_id,
        channel=cast(Channel, channel),
    )


def normalised(text: str) -> str:
    """NFC, one kind of line end, nothing invisible but line ends and tabs, no blanks at the ends."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (
        character
        for character in composed
        if character in _KEPT_CONTROLS
        or (unicodedata.category(character) not in _INVISIBLE and character not in _DIRECTION)
    )
    return "".join(kept).strip()


def _body(raw: str) -> str:
    text = normalised(raw)
    if not text:
        raise IntakeError("text_empty", permanent=True)
    if len(text) > TEXT_MAX:
        raise IntakeError("text_too_long", permanent=True, limit=TEXT_MAX, length=len(text))
    return text


def _line(request: Mapping[str, object], key: str, limit: int) -> str:
    text = " ".join(normalised(_text(request, key)).split())
    if len(text) > limit:
        raise _bad(key, f"<= {limit}")
    return text


def _client_id(text: str) -> str:
    shortest, longest = CLIENT_ID_LENGTHS
    if text and not (shortest <= len(text) <= longest and text.isascii() and text.isprintable()):
        raise _bad("client_id", f"{shortest}..{longest} ASCII")
    return text


def _text(request: Mapping[str, object], key: str) -> str:
    value = request.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _bad(key, '"..."')
    return value


def _bad(key: str, expected: str) -> IntakeError:
    return IntakeError("bad_request", permanent=True, key=key, expected=expected)
