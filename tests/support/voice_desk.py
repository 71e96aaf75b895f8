"""What the centre holds of the citizens' voices, opened with the city's key: for judging, not for showing.

The boxes are opened here with libsodium alone, not by the product: what it shows could be wrong in the same way.
"""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from agent.kiosk.stretch import stretched
from center.sealing import SealingKeys
from tests.support.city import City
from tests.support.number_picture import read
from tests.support.voice_kinds import TYPED
from wire import attachment, bodies
from wire.tickets import HANDLE_SALT, handle_secret, make_handle

NOT_TYPED = frozenset(("code", "pin"))
MOST_STRETCHED = 50
"""Handles that are computed anew; each costs an argon2id."""


@dataclass
class Held:
    """One complaint, request or survey answer as the centre has it. `code` and `pin`: what was sealed with it."""

    id: str
    code: str
    content: dict[str, Any]
    pin: str = ""


@dataclass
class Desk:
    """Everything. `by_id` holds more than one only when something is stored twice."""

    by_id: dict[str, list[Held]] = field(default_factory=lambda: defaultdict(list))
    problems: list[str] = field(default_factory=list)
    photos: int = 0
    handles: int = 0

    def add(self, held: Held) -> None:
        """One more row."""
        self.by_id[held.id].append(held)


def private_key(directory: Path) -> PrivateKey:
    """The city's, from its key folder."""
    return PrivateKey(base64.b64decode((directory / "seal.key").read_bytes().strip()))


def of_city(city: City) -> Desk:
    """From the desk's own tables of a running centre."""
    key, keys = private_key(city.data / "keys"), SealingKeys.load(city.data / "keys")
    desk = Desk()
    photos: dict[str, list[bytes]] = defaultdict(list)
    for request_id, path in city.query("SELECT service_request_id, path FROM complaints_attachment"):
        photos[str(request_id)].append(attachment.unpack((city.data / str(path)).read_bytes()).sealed)
    columns = "service_request_id, code, category, sealed, photos"
    for request_id, code, category, sealed, count in city.query(f"SELECT {columns} FROM complaints_complaint"):
        box = bodies.SealedBox(**json.loads(str(sealed)))
        try:
            keys.open(box)  # the desk can, too
        except Exception as error:  # noqa: BLE001 - whatever keeps an officer from reading it is a fault
            desk.problems.append(f"the desk cannot open {request_id}: {type(error).__name__}: {error}")
        found = photos.pop(str(request_id), [])
        if len(found) != count:
            desk.problems.append(f"{request_id} came with {count} photographs, {len(found)} are here")
        _open(desk, key, (str(request_id), str(code), str(category)), box, found)
    desk.problems += [f"photographs of {request_id}, which nobody filed" for request_id in photos]
    scores = ", ".join(f"u{number}" for number in range(1, 10))
    for row in city.query(f"SELECT id, unit, {scores} FROM complaints_surveyanswer"):
        desk.add(Held(str(row[0]), "", {"unit": row[1], "answers": list(row[2:])}))
    return desk


def of_records(rows: Iterable[tuple[str, str, bytes]], blobs: Iterable[tuple[str, bytes]], key: PrivateKey) -> Desk:
    """From the records as they arrived: (stream, kind, body) and (service_request_id, sealed photograph).

    The same request or photograph under a second record (of a new epoch) is the same one.
    """
    desk = Desk()
    photos: dict[str, list[bytes]] = defaultdict(list)
    for request_id, sealed in dict.fromkeys(blobs):
        photos[request_id].append(sealed)
    for kind, body in dict.fromkeys((kind, body) for stream, kind, body in rows if stream == "complaint"):
        fields = json.loads(body)
        if kind == "survey":
            desk.add(Held(fields["id"], "", {"unit": fields["unit"], "answers": fields["answers"]}))
            continue
        name = fields["service_request_id"], fields["code"], fields.get("category", "ppid")
        found = photos.pop(name[0], [])
        if len(found) != fields.get("photos", 0):
            desk.problems.append(f"{name[0]} came with {fields.get('photos', 0)} photographs, {len(found)} are here")
        _open(desk, key, name, bodies.SealedBox(**fields["sealed"]), found)
    desk.problems += [f"photographs of {request_id}, which nobody filed" for request_id in photos]
    return desk


def _open(
    desk: Desk, key: PrivateKey, name: tuple[str, str, str], box: bodies.SealedBox, sealed_photos: list[bytes]
) -> None:
    request_id, handle, category = name
    content: dict[str, Any] = {"category": category, "photos": []}
    code = pin = ""
    try:
        plain = json.loads(SealedBox(key).decrypt(base64.b64decode(box.box)))
        content |= {field: plain[field] for field in TYPED if plain.get(field)}
        code, pin = str(plain["code"]), str(plain["pin"])
        _check_handle(desk, request_id, code, handle)
        if strange := plain.keys() - set(TYPED) - NOT_TYPED:
            desk.problems.append(f"{request_id} has {sorted(strange)} sealed in it")
        content["photos"] = sorted(read(SealedBox(key).decrypt(photo)) for photo in sealed_photos)
        desk.photos += len(sealed_photos)
    except (CryptoError, ValueError, KeyError) as error:
        desk.problems.append(f"{request_id} cannot be opened: {type(error).__name__}: {error}")
    desk.add(Held(request_id, code, content, pin))


def _check_handle(desk: Desk, request_id: str, code: str, handle: str) -> None:
    """The record names the code's handle; not all are worth an argon2id."""
    if handle == code:
        desk.problems.append(f"the record of {request_id} names its code")
    desk.handles += 1
    if desk.handles <= MOST_STRETCHED and handle != make_handle(stretched(handle_secret(code), HANDLE_SALT)):
        desk.problems.append(f"the record of {request_id} is found by no code")
