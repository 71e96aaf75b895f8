"""Making a ticket out of a submission: its names, its keys, and the sealed record for the outbox. No disk."""

import base64
import os
from typing import Any, Final

import msgspec

from agent.core.clock import Stamp
from agent.core.triage import Triage
from agent.kiosk.bounds import PPID
from agent.kiosk.naming import Names, key_secret
from agent.kiosk.sealing import plaintext
from agent.kiosk.store import Ticket
from agent.kiosk.submission import Submission
from agent.kiosk.survey import Survey
from agent.kiosk.tables import SALT_BYTES
from agent.kiosk.vault import Talk
from wire.bodies import Complaint, InformationRequest, SurveyAnswer, encode_body
from wire.seal import make_box
from wire.shape import Struct
from wire.tickets import HANDLE_SALT, handle_secret, make_handle, uuid7

INFORMATION: Final = Triage("information", False, ())
"""A request for information is one; there is nothing to guess."""


class Circumstances(Struct, frozen=True):
    """What a ticket needs besides what was said: where, when, sealed to which key, after which earlier ticket."""

    place: str
    own_area: str
    stamp: Stamp
    seal_key: bytes
    follows: str = ""


async def issue(talk: Talk, names: Names, said: Submission, finding: Triage, around: Circumstances) -> Ticket:
    """Name, lock and seal. IntakeError("busy") when the process that does it fails.

    Code and PIN are in the centre's sealed box and in `names` alone: the record names the code's handle. The private
    key that opens the answers is made from them, and forgotten; the public half goes along, for the centre to seal to.
    """
    salt = os.urandom(SALT_BYTES)
    code, pin = names.code(salt), names.pin(salt)
    stretched, private = await talk.stretch((handle_secret(code), HANDLE_SALT), (key_secret(code, pin), salt))
    handle = make_handle(stretched)
    public = await talk.public(private)
    sealed = await talk.seal(around.seal_key, plaintext(said.sealed_fields(code, pin)))
    request_id = uuid7(around.stamp.wall_ms, os.urandom(10))
    common: dict[str, Any] = {
        "service_request_id": request_id,
        "code": handle,
        "place": around.place,
        "sealed": make_box(around.seal_key, sealed),
        "channel": said.channel,
        "client_id": names.client_hash,
        "area": said.area if said.area != around.own_area else "",
        "lang": said.lang,
        "reply_key": base64.b64encode(public).decode("ascii"),
    }
    if said.category == PPID:
        kind, body = "ppid", encode_body(InformationRequest(**common, way=said.way, assisted=said.assisted))  # type: ignore[arg-type]
    else:
        kind, body = "complaint", encode_body(_complaint(common, said, finding, around))
    return Ticket(
        service_request_id=request_id,
        client_hash=names.client_hash,
        content_mac=names.content_mac(said.content),
        salt=salt,
        category=said.category,
        wall_ms=around.stamp.wall_ms,
        stamp=msgspec.json.encode(around.stamp),
        kind=kind,
        code_index=handle.encode("ascii"),
        reply_key=public,
        subject=said.subject,
        classification=finding.classification,
        reasons=msgspec.json.encode(finding.reasons).decode(),
        urgent=finding.urgent,
        photos=len(said.photos),
        body=body,
    )


def _complaint(common: dict[str, Any], said: Submission, finding: Triage, around: Circumstances) -> Complaint:
    return Complaint(
        **common,
        category=said.category,  # type: ignore[arg-type]
        classification=finding.classification,
        reasons=finding.reasons,
        urgent=finding.urgent,
        subject=said.subject,
        follows=around.follows,
        photos=len(said.photos),
        identity=said.identity,  # type: ignore[arg-type]
    )


def survey_ticket(names: Names, said: Survey, place: str, stamp: Stamp, about: str) -> Ticket:
    """A survey answer goes the way of a ticket, without code and without anything to seal."""
    answer_id = uuid7(stamp.wall_ms, os.urandom(10))
    answer = SurveyAnswer(
        id=answer_id,
        place=place,
        unit=said.unit,
        answers=said.answers,
        channel=said.channel,  # type: ignore[arg-type]
        client_id=names.client_hash,
        service_request_id=about,
        lang=said.lang,
    )
    return Ticket(
        service_request_id=answer_id,
        client_hash=names.client_hash,
        content_mac=names.content_mac(said.content),
        salt=b"",
        category="survey",
        wall_ms=stamp.wall_ms,
        stamp=msgspec.json.encode(stamp),
        kind="survey",
        body=encode_body(answer),
    )
