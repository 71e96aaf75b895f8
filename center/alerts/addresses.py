"""How a person of a site is reached through a channel: by what the registry knows, looked up when it is needed."""

import re

from center.ingest.database import select

_PERSON = re.compile(r"person:([0-9]{1,18})")


def reachable(kind: str, message_to: str, email: str, phone: str) -> str:
    """The address for channels of this kind; "" when there is none. "telegram:12345" names its kind itself."""
    named, _, address = message_to.partition(":")
    if named == kind and address:
        return address
    return {"email": email, "whatsapp": phone}.get(kind, "")


def resolve(kind: str, address: str) -> str | None:
    """What a delivery's address stands for right now: "" for the channel's own, None when nobody is there any more."""
    person = _PERSON.fullmatch(address)
    if person is None:
        return address
    rows = select("SELECT message_to, email, phone FROM sites_person WHERE id = %s", (int(person[1]),))
    return reachable(kind, *rows[0]) or None if rows else None
