"""What citizens say elsewhere: RABEG, 112, social media, the counter, the PPID site, Open311. One place for all of it.

Sealed to the centre's own key before it reaches the database, like everything from a kiosk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CHANNELS: Final = ("rabeg", "phone112", "social", "counter", "ppid_site", "open311")


@dataclass(frozen=True, slots=True)
class Entry:
    """One voice as an officer (or a bridge) enters it. `place`: the site it was filed at or is about ("" the city);
    `area`: a kelurahan's site code it is about, or "". `identity`: anonymous | confidential | contact. `external_id`:
    how the other system calls it; the same (channel, external_id) again is the same complaint. `at_ms`: when the
    citizen said it, 0: now. `classification`: what the call was (112: real, information, prank_suspect, ghost).
    `sure`: the officer says so, it is no suggestion. Of a request for information (`category` "ppid"): `purpose`, name
    and contact are required, `way` look | copy | email."""

    channel: str
    category: str
    text: str
    subject: str = ""
    place: str = ""
    area: str = ""
    rt_rw: str = ""
    name: str = ""
    contact: str = ""
    address: str = ""
    purpose: str = ""
    way: str = "copy"
    identity: str = ""
    external_id: str = ""
    at_ms: int = 0
    classification: str = "real"
    sure: bool = False
    urgent: bool = False
    lang: str = "id"


@dataclass(frozen=True, slots=True)
class Entered:
    """`pin` is shown this once ("" where the entry was there already); code and PIN open the public status page."""

    service_request_id: str
    code: str
    pin: str
    duplicate: bool


def enter(entry: Entry, *, actor: str) -> Entered:
    """Store one entry; idempotent on (channel, external_id) where there is an external id.

    Raises:
        EntryError: `field` cannot be taken as it is.
        SealingError: this centre has no sealing key.
    """
    raise NotImplementedError
