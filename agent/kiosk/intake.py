"""The one door for what citizens say. What it answers `ok` to is on the disk, sealed, and will reach the centre.

A ticket's way, so that a crash at any point neither loses nor doubles it:
1. the ticket is written to `kiosk.db` as pending, sealed body included, and fsynced;
2. the outbox accepts the body, fsynced;
3. the ticket is marked accepted and its body removed;
4. the citizen gets code and PIN.
Cut before 1: nothing happened, the client tries again. Between 1 and 2, or 2 and 3: the pending ticket is found at the
next start (or by the same client_id coming again) and given to the outbox unless that still holds it. Cut after it was
also sent and deleted there: it is sent once more, and the centre knows it by its service_request_id. After 3: the same
client_id gets the same ticket and the same PIN again.
When the outbox certainly refused, the ticket is withdrawn and the citizen told; when nobody can know (a disk that fails
during fsync), it stays pending: a ticket too many is better than a voice lost.

What checks, classifies and seals is loaded with the first request: many nodes have no kiosk.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import msgspec

from agent.clock import Clock
from agent.core.clock import Stamp
from agent.kiosk.bounds import CATEGORIES, CONTACT_MAX, NAME_MAX, TEXT_MAX
from agent.kiosk.errors import IntakeError
from agent.kiosk.limits import PinLimiter
from agent.kiosk.lookup import Lookup
from agent.kiosk.sealing import Sealer
from agent.kiosk.store import KioskStore, StoredReply, StoreError, Ticket
from agent.outbox import OutboxError, OutboxWriter
from wire.bodies import Reply
from wire.codec import decode_downlink_body
from wire.errors import WireError
from wire.messages import Downlink

if TYPE_CHECKING:
    from agent.kiosk.submission import Submission

log: Final = logging.getLogger("agent.kiosk")
P = ParamSpec("P")
R = TypeVar("R")
RETRY_PENDING_S: Final = 60.0
PAGE_BYTES: Final = 256 * 1024
CERTAIN_REFUSALS: Final = ("full", "busy", "invalid", "too_large", "closed", "read_only", "unavailable")
"""Codes of the outbox after which the record is certainly not in it; the others came from the middle of a write."""


class _Named(msgspec.Struct, frozen=True):
    service_request_id: str = ""


class Intake:
    """Build it, await `run()` beside the rest, hand requests to the other methods. They raise IntakeError."""

    def __init__(self, node: str, outbox: OutboxWriter, clock: Clock, data_dir: Path, seal_public_path: Path) -> None:
        """Opens `kiosk.db` in `data_dir`; StoreError when that cannot be."""
        self._node = node
        self._outbox = outbox
        self._clock = clock
        self._sealer = Sealer(seal_public_path)
        self._store = KioskStore(data_dir)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kiosk")
        self._lock = asyncio.Lock()
        self.rounds = 0  # of bringing tickets into the outbox: how `run` shows that it moves
        self._lookup = Lookup(self._store, PinLimiter(), self._call, clock.mono_s)
        if self._store.put_aside:
            log.error("kiosk-store-damaged", extra={"put_aside": str(self._store.put_aside)})

    async def run(self) -> None:
        """For ever: bring pending tickets into the outbox, at the start and whenever one was left behind."""
        while True:
            try:
                async with self._lock:
                    await self._deliver_pending()
            except IntakeError as error:
                log.warning("tickets-pending", extra={"code": error.code})
            self.rounds += 1
            await asyncio.sleep(RETRY_PENDING_S)

    async def close(self) -> None:
        """Wait for what is being written, and close the file."""
        async with self._lock:
            await self._call(self._store.close)
        self._thread.shutdown(wait=False)

    # -- the three operations of the socket ---------------------------------------------------------------------------

    async def ready(self) -> dict[str, object]:
        """What may be entered; IntakeError says why nothing can be taken now, before anybody types."""
        self._sealer.public_key()
        await self._check_door()
        limits = {"text": TEXT_MAX, "name": NAME_MAX, "contact": CONTACT_MAX}
        return {"ready": True, "categories": list(CATEGORIES), "limits": limits, "place": self._node}

    async def submit(self, request: Mapping[str, object]) -> dict[str, object]:
        """Accept one voice: {service_request_id, code, pin, category, urgent, created_ms, duplicate}."""
        from agent.kiosk.submission import read_submission
        from agent.kiosk.tickets import issue

        submission = read_submission(request, os.urandom(16).hex())
        async with self._lock:
            known = await self._call(self._store.by_client, submission.client_hash)
            if known is not None:
                return await self._again(submission, known)
            self._sealer.public_key()
            await self._check_door()
            issued = await self._call(issue, submission, self._sealer, self._node, self._clock.stamp())
            await self._call(self._store.add, issued.ticket)
            await self._deliver(issued.ticket, withdraw=True)
        return _answer(issued.ticket, issued.pin, duplicate=False)

    async def lookup(self, code: object, pin: object) -> dict[str, object]:
        """Status and answers of a ticket: {code, category, created_ms, status, delivered, replies}."""
        ticket, replies = await self._lookup.find(code, pin)
        return {
            "service_request_id": ticket.service_request_id,
            "code": ticket.code,
            "category": ticket.category,
            "urgent": ticket.urgent,
            "created_ms": ticket.wall_ms,
            "status": replies[-1].status if replies else "stored",
            "delivered": await self._delivered(ticket),
            "replies": [{"status": reply.status, "text": reply.text, "at_ms": reply.at_ms} for reply in replies],
        }

    # -- from the centre, and for the technician ----------------------------------------------------------------------

    async def on_reply(self, downlink: Downlink) -> str:
        """Store an answer: `stored`, `unknown_ticket` (lost with an earlier card, or not ours) or `invalid`.

        All three are outcomes for a receipt. IntakeError("storage") = not stored; the centre offers it again.
        """
        try:
            reply = decode_downlink_body("reply", bytes(downlink.body))
        except WireError:
            return "invalid"
        assert isinstance(reply, Reply)
        stored = StoredReply(reply.status, reply.text, reply.at_ms)
        known = await self._call(self._store.add_reply, downlink.id, reply.service_request_id, stored)
        return "stored" if known else "unknown_ticket"

    async def status(self) -> dict[str, object]:
        """Counts, and why the door is closed ("" when it is open). No personal data."""
        closed = ""
        try:
            await self.ready()
        except IntakeError as error:
            closed = error.code
        return {**await self._call(self._store.counts), "closed": closed}

    # -- inside --------------------------------------------------------------------------------------------------------

    async def _again(self, submission: "Submission", known: Ticket) -> dict[str, object]:
        """The client did not hear the answer: the same content gets the same ticket; other content is no repeat."""
        if known.content_mac != submission.content_mac:
            raise IntakeError("client_id_reused", permanent=True)
        if known.body is not None:
            await self._deliver_pending()
        return _answer(known, submission.pin(known.pin_salt), duplicate=True)

    async def _deliver(self, ticket: Ticket, *, withdraw: bool) -> None:
        """Steps 2 and 3. `withdraw`: nobody has been promised anything yet, so a certain refusal ends it."""
        assert ticket.body is not None
        stamp = msgspec.json.decode(ticket.stamp, type=Stamp)
        try:
            seq = await self._outbox.append("complaint", "complaint", ticket.body, stamp)
        except OutboxError as error:
            if withdraw and error.code in CERTAIN_REFUSALS:
                await self._call(self._store.withdraw, ticket.service_request_id)
            raise IntakeError("storage_full" if error.code == "full" else "storage") from error
        await self._call(self._store.accept, ticket.service_request_id, self._outbox.epoch, seq)

    async def _deliver_pending(self) -> None:
        """Give the outbox what it does not hold of the pending tickets, and mark the rest."""
        pending = await self._call(self._store.pending)
        if not pending:
            return
        held = await self._held()
        for ticket in pending:
            seq = held.get(ticket.service_request_id)
            if seq is None:
                await self._deliver(ticket, withdraw=False)
            else:
                await self._call(self._store.accept, ticket.service_request_id, self._outbox.epoch, seq)
        log.info("pending-tickets-delivered", extra={"count": len(pending), "already_held": len(held)})

    async def _held(self) -> dict[str, int]:
        """The complaints that wait in the outbox: service_request_id -> sequence number."""
        found: dict[str, int] = {}
        after = 0
        try:
            while page := await self._outbox.call(self._outbox.outbox.page, "complaint", after, PAGE_BYTES):
                for held in page:
                    named = msgspec.json.decode(held.record.body, type=_Named)
                    found[named.service_request_id] = held.record.seq
                after = page[-1].record.seq
        except OutboxError as error:
            raise IntakeError("storage") from error
        return found

    async def _delivered(self, ticket: Ticket) -> bool | None:
        """Whether the centre has said it stored the complaint; None when that cannot be told any more."""
        if ticket.seq is None or ticket.epoch != self._outbox.epoch:
            return False if ticket.body is not None else None
        try:
            oldest_waiting, _, _ = (await self._outbox.heads())["complaint"]
        except OutboxError:
            return None
        return ticket.seq < oldest_waiting

    async def _check_door(self) -> None:
        try:
            closed = await self._outbox.call(self._outbox.outbox.door)
        except OutboxError as error:
            closed = error
        if closed is not None:
            raise IntakeError("storage_full" if closed.code == "full" else "storage") from closed

    async def _call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run in the kiosk's thread: SQLite and PIN hashing must not hold up the probes."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))
        except StoreError as error:
            log.error("kiosk-store-failed", extra={"detail": str(error)})
            raise IntakeError("storage") from error


def _answer(ticket: Ticket, pin: str, *, duplicate: bool) -> dict[str, object]:
    return {
        "service_request_id": ticket.service_request_id,
        "code": ticket.code,
        "pin": pin,
        "category": ticket.category,
        "urgent": ticket.urgent,
        "created_ms": ticket.wall_ms,
        "duplicate": duplicate,
    }
