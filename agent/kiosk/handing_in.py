"""What is done with a submission, a survey answer and a photo at the door: check, name, seal, keep, answer."""

import logging
from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

from agent.core.clock import Stamp
from agent.core.triage import Triage, in_burst, triage
from agent.kiosk.areas import Area, own_first, read_areas
from agent.kiosk.bounds import (
    ADDRESS_MAX,
    CATEGORIES,
    CONTACT_MAX,
    NAME_MAX,
    PHOTO_BYTES_MAX,
    PHOTOS_MAX,
    PPID,
    PURPOSE_MAX,
    RT_RW_MAX,
    TEXT_MAX,
)
from agent.kiosk.errors import IntakeError
from agent.kiosk.fields import Request
from agent.kiosk.intake import spare_client_id
from agent.kiosk.naming import FormerNames, Names
from agent.kiosk.photos import MOST_SEALED_BYTES, Uploads, can_decode, read_piece
from agent.kiosk.store import Ticket
from agent.kiosk.submission import Submission, read_submission
from agent.kiosk.survey import read_survey
from agent.kiosk.tickets import INFORMATION, Circumstances, issue, survey_ticket
from agent.kiosk.vault import Talk
from wire.seal import key_id
from wire.subjects import SUBJECTS

if TYPE_CHECKING:
    from agent.kiosk.intake import Intake

log: Final = logging.getLogger("agent.kiosk")
BURST: Final = 6
BURST_S: Final = 600.0
"""More voices than this at one kiosk within ten minutes: a class on an outing, or a village with one concern."""


class HandingIn:
    """The door's hands: one for each `Intake`."""

    def __init__(self, intake: "Intake") -> None:
        self._intake = intake
        self._recent: deque[float] = deque(maxlen=BURST)
        self.uploads = Uploads()
        self.areas: tuple[Area, ...] = ()
        try:
            self.areas = own_first(read_areas(intake.config.areas_file), intake.node)
        except ValueError as error:  # it was there when the configuration was read
            log.error("areas-unreadable", extra={"detail": str(error)})
        self._codes = frozenset(area.code for area in self.areas)
        self._takes_photos = intake.config.photos and can_decode()

    def ready(self) -> dict[str, object]:
        """What may be entered here."""
        own = self._own_area()
        name = next((area.name for area in self.areas if area.code == own), "")
        limits = {
            "text": TEXT_MAX,
            "name": NAME_MAX,
            "contact": CONTACT_MAX,
            "rt_rw": RT_RW_MAX,
            "purpose": PURPOSE_MAX,
            "address": ADDRESS_MAX,
            "photo_bytes": PHOTO_BYTES_MAX,
            "photos": PHOTOS_MAX if self._takes_photos else 0,
        }
        return {
            "ready": True,
            "place": self._intake.node,
            **({"name": {"id": f"Kelurahan {name}", "en": f"Kelurahan {name}"}} if name else {}),
            "categories": [*CATEGORIES, PPID],
            "subjects": [subject.code for subject in SUBJECTS],
            "areas": [
                {"code": area.code, "name": area.name, **({"district": area.district} if area.district else {})}
                for area in self.areas
            ],
            "limits": limits,
            "online": self._intake.online(),
        }

    async def submit(self, request: Request) -> dict[str, object]:
        """See Intake.submit."""
        said = read_submission(request, spare_client_id(), self._codes)
        intake = self._intake
        known = await self._former(said)
        if known is not None:
            return known
        follows = await self._follows(said.follows_code, said.follows_pin)
        async with intake.vault.talk() as talk:
            box_salt = await intake.call(intake.store.salt)
            (root,) = await talk.stretch((said.client_id.encode("ascii"), box_salt))
            names = Names(root)
            ticket = await intake.call(intake.store.by_client, names.client_hash)
            if ticket is None:
                ticket = await self._issued(talk, names, said, follows)
        async with intake.lock:
            known_ticket = await intake.call(intake.store.by_client, names.client_hash)
            if known_ticket is not None:
                return await self._again(names, said.content, known_ticket)
            if not await intake.call(intake.store.add, ticket, said.photos):
                raise IntakeError("photo_unknown", permanent=True)
            await intake.delivery.give(ticket, withdraw=True)
        self._recent.append(intake.clock.mono_s())
        if said.photos:
            intake.stir()
        if ticket.urgent:
            intake.on_urgent()
        return self._answer(ticket, names.code(ticket.salt), names.pin(ticket.salt), duplicate=False)

    async def survey(self, request: Request) -> dict[str, object]:
        """See Intake.survey."""
        said = read_survey(request, spare_client_id())
        intake = self._intake
        await intake.check_door()
        about = await self._follows(said.code, said.pin)
        async with intake.vault.talk() as talk:
            box_salt = await intake.call(intake.store.salt)
            (root,) = await talk.stretch((said.client_id.encode("ascii"), box_salt))
        names = Names(root)
        async with intake.lock:
            known = await intake.call(intake.store.by_client, names.client_hash)
            if known is not None:
                await self._same(names, said.content, known)
                return {"id": known.service_request_id, "duplicate": True}
            ticket = survey_ticket(names, said, intake.node, intake.clock.stamp(), about)
            await intake.call(intake.store.add, ticket)
            await intake.delivery.give(ticket, withdraw=True)
        return {"id": ticket.service_request_id, "duplicate": False}

    async def photo(self, request: Request) -> dict[str, object]:
        """See Intake.photo."""
        if not self._takes_photos:
            raise IntakeError("photo_off", permanent=True)
        piece = read_piece(request)
        finished = self.uploads.finished(piece)
        if finished is not None:
            return {"photo_id": finished, "have_bytes": piece.bytes_total, "complete": True}
        seal_key = self._intake.seal_key.read()
        await self._intake.check_door(2 * MOST_SEALED_BYTES)  # beside the ticket, and in the outbox
        have_bytes, sealed = await self.uploads.take(piece, seal_key)
        if sealed is None:
            return {"photo_id": "", "have_bytes": have_bytes, "complete": False}
        stamp = self._intake.clock.stamp()
        photo_id = await self._intake.call(self._intake.album.keep, sealed, key_id(seal_key), stamp)
        self.uploads.remember(piece, photo_id)
        return {"photo_id": photo_id, "have_bytes": have_bytes, "complete": True}

    # -- inside --------------------------------------------------------------------------------------------------------

    async def _issued(self, talk: Talk, names: Names, said: Submission, follows: str) -> Ticket:
        """A new ticket, after all that could keep it from being one."""
        intake = self._intake
        seal_key = intake.seal_key.read()
        await intake.check_door()
        stamp = intake.clock.stamp()
        around = Circumstances(intake.node, self._own_area(), stamp, seal_key, follows)
        return await issue(talk, names, said, self._finding(said, stamp), around)

    async def _former(self, said: Submission) -> dict[str, object] | None:
        """The answer to a repeat of a request that the first version took: a client that waited through the update."""
        names = FormerNames(said.client_id)
        ticket = await self._intake.call(self._intake.store.by_client, names.client_hash)
        if ticket is None:
            return None
        parts = (said.category, said.text, said.name, said.contact, said.channel)
        if ticket.code is None or names.content_mac(parts) != ticket.content_mac:
            raise IntakeError("client_id_reused", permanent=True)
        return self._answer(ticket, ticket.code, names.pin(ticket.salt), duplicate=True)

    async def _same(self, names: Names, content: bytes, known: Ticket) -> None:
        """IntakeError when other content comes under a client_id that is taken; else bring it into the outbox."""
        if known.content_mac != names.content_mac(content):
            raise IntakeError("client_id_reused", permanent=True)
        if known.seq is None and known.body is not None and known.acked_life_s is None:
            await self._intake.delivery.settle()

    async def _again(self, names: Names, content: bytes, known: Ticket) -> dict[str, object]:
        """The client did not hear the answer: the same content gets the same ticket."""
        await self._same(names, content, known)
        return self._answer(known, names.code(known.salt), names.pin(known.salt), duplicate=True)

    async def _follows(self, code: str, pin: str) -> str:
        """The earlier request that code and PIN open; "" when none is named."""
        if not code:
            return ""
        earlier, _, _ = await self._intake.lookups.find(code, pin)
        return earlier.service_request_id

    def _finding(self, said: Submission, stamp: Stamp) -> Triage:
        if said.category == PPID:
            return INFORMATION
        now_s = stamp.mono_ms / 1000
        full = len(self._recent) == BURST and now_s - self._recent[0] <= BURST_S
        finding = triage(said.text)
        return in_burst(said.text, finding) if full else finding

    def _own_area(self) -> str:
        node = self._intake.node
        return node.removeprefix("kel-").split("-")[0] if node.startswith("kel-") else ""

    def _answer(self, ticket: Ticket, code: str, pin: str, *, duplicate: bool) -> dict[str, object]:
        return {
            "service_request_id": ticket.service_request_id,
            "code": code,
            "pin": pin,
            "category": ticket.category,
            "urgent": ticket.urgent,
            "created_ms": ticket.wall_ms,
            "duplicate": duplicate,
            "classification": ticket.classification,
            "reasons": msgspec.json.decode(ticket.reasons, type=list[str]),
            "online": self._intake.online(),
            "photos": ticket.photos,
        }
