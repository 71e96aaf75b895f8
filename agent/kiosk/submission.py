"""What came through the door, checked and normalised. Pure: any JSON object gives a Submission or an IntakeError.

Who speaks, `identity`:
* `anonymous`: neither name nor contact. Bringing one all the same is refused, not dropped: what somebody typed is
  never thrown away in silence, and a name sealed under "anonymous" would be a broken promise.
* `confidential`: name and contact as one likes; the centre keeps them from the agencies.
* `contact`: a contact is needed, since the city is asked to use it.
Not said: `contact` with a contact, `confidential` with a name alone, else `anonymous`.
A request for public information (`ppid`) has no such choice: the law asks for a name, and an answer needs a contact.
"""

from collections.abc import Collection
from typing import Final

from agent.kiosk.bounds import (
    ADDRESS_MAX,
    CATEGORIES,
    CONTACT_MAX,
    NAME_MAX,
    PHOTOS_MAX,
    PPID,
    PURPOSE_MAX,
    RT_RW_MAX,
    TEXT_MAX,
)
from agent.kiosk.errors import IntakeError
from agent.kiosk.fields import Request, bad, body, choice, client_id, flag, language, line, missing, only, text
from wire.shape import Struct
from wire.subjects import BY_CODE

CHANNELS: Final = ("cli", "web", "serial")
IDENTITIES: Final = ("anonymous", "confidential", "contact")
WAYS: Final = ("look", "copy", "email")
_COMMON: Final = frozenset(
    ("op", "category", "text", "name", "contact", "client_id", "channel", "lang", "area", "rt_rw")
)
_OF_COMPLAINTS: Final = frozenset(("subject", "identity", "photos", "follows_code", "follows_pin"))
_OF_PPID: Final = frozenset(("purpose", "address", "way", "assisted"))
PHOTO_ID_LENGTH: Final = 32


class Submission(Struct, frozen=True):
    """One voice, ready to be sealed. `client_id` makes a repeat of the same request give the same ticket."""

    category: str
    text: str
    name: str
    contact: str
    client_id: str
    channel: str
    subject: str = ""
    area: str = ""
    rt_rw: str = ""
    identity: str = "anonymous"
    lang: str = ""
    photos: tuple[str, ...] = ()
    follows_code: str = ""
    follows_pin: str = ""
    purpose: str = ""
    address: str = ""
    way: str = "copy"
    assisted: bool = False

    def __repr__(self) -> str:
        return f"Submission({self.category}, {self.channel}, {len(self.text)} characters)"

    @property
    def content(self) -> bytes:
        """Everything that makes it this submission and no other. Personal: only its MAC is kept."""
        texts = (self.category, self.text, self.name, self.contact, self.channel, self.subject, self.area, self.rt_rw)
        more = (self.identity, self.follows_code, self.purpose, self.address, self.way, str(self.assisted))
        return "\0".join((*texts, *more, *self.photos)).encode()

    def sealed_fields(self, code: str, pin: str) -> dict[str, str]:
        """What goes into the sealed box."""
        optional = {
            "name": self.name,
            "contact": self.contact,
            "rt_rw": self.rt_rw,
            "purpose": self.purpose,
            "address": self.address,
        }
        return {"text": self.text, **{key: value for key, value in optional.items() if value}, "code": code, "pin": pin}


def read_submission(request: Request, spare_client_id: str, areas: Collection[str] = ()) -> Submission:
    """Check every field; `spare_client_id` stands in when the client brings none (then a repeat is a new ticket).

    `areas` are the codes one may choose from; with none any code of digits will do.
    """
    category = choice(request, "category", (*CATEGORIES, PPID))
    only(request, _COMMON | (_OF_PPID if category == PPID else _OF_COMPLAINTS))
    read = Submission(
        category=category,
        text=body(request, "text", TEXT_MAX),
        name=line(request, "name", NAME_MAX),
        contact=line(request, "contact", CONTACT_MAX),
        client_id=client_id(request) or spare_client_id,
        channel=choice(request, "channel", CHANNELS, "cli"),
        subject=choice(request, "subject", ("", *BY_CODE)),
        area=_area(request, areas),
        rt_rw=line(request, "rt_rw", RT_RW_MAX),
        identity=choice(request, "identity", IDENTITIES, _identity(request)),
        lang=language(request),
        photos=_photos(request),
        follows_code=line(request, "follows_code", 40),
        follows_pin=line(request, "follows_pin", 8),
        purpose=line(request, "purpose", PURPOSE_MAX),
        address=line(request, "address", ADDRESS_MAX),
        way=choice(request, "way", WAYS, "copy"),
        assisted=flag(request, "assisted"),
    )
    _check(read)
    return read


def _check(read: Submission) -> None:
    """What the fields owe each other."""
    if bool(read.follows_code) != bool(read.follows_pin):
        raise missing("follows")
    if read.category == PPID:
        for field in ("name", "contact", "purpose"):
            if not getattr(read, field):
                raise missing(field)
    elif read.identity == "anonymous" and (read.name or read.contact):
        raise IntakeError("identity_mixed", permanent=True)
    elif read.identity == "contact" and not read.contact:
        raise missing("contact")


def _identity(request: Request) -> str:
    if line(request, "contact", CONTACT_MAX):
        return "contact"
    return "confidential" if line(request, "name", NAME_MAX) else "anonymous"


def _area(request: Request, areas: Collection[str]) -> str:
    found = text(request, "area")
    if found and (not (found.isascii() and found.isdigit()) or len(found) > 16 or (areas and found not in areas)):
        raise bad("area", "3673011001")
    return found


def _photos(request: Request) -> tuple[str, ...]:
    value = request.get("photos")
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > PHOTOS_MAX:
        raise bad("photos", f"[photo_id], <= {PHOTOS_MAX}")
    for one in value:
        if not (isinstance(one, str) and len(one) == PHOTO_ID_LENGTH and one.isascii() and one.isalnum()):
            raise bad("photos", "photo_id")
    if len(set(value)) < len(value):
        raise bad("photos", "photo_id")
    return tuple(value)
