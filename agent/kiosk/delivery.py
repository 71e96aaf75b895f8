"""Bringing what was accepted into the outbox, for as long as nobody knows that the centre has it.

Each round, at the start, once a minute and when something new waits:
1. What has a place in the outbox's present epoch is asked after. Done there: the centre has it, which is noted.
2. What has no place, a place in another epoch, a number that was never given out, or a row that was damaged there, is
   looked for in the outbox by its own name (a new epoch takes everything along under new numbers), and given to it
   again when it is not found. So log, numbers and epoch of the outbox may all be destroyed in one moment: whatever is
   still in `kiosk.db` is sent. What the centre has already it knows: by its `service_request_id`, a photo also by its
   SHA-256.
3. What has been at the centre for long enough is forgotten. That comes before anything is given: on a full disk the
   outbox refuses, and only forgetting makes room.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final, Protocol, TypeVar

import msgspec

from agent.clock import Clock
from agent.core.clock import Stamp
from agent.kiosk.album import Album, Photo
from agent.kiosk.errors import IntakeError
from agent.kiosk.keeping import Keeping
from agent.kiosk.store import KioskStore, Ticket
from agent.outbox import OutboxError, OutboxWriter
from wire import PROTOCOL_VERSION, attachment
from wire.errors import WireError

log: Final = logging.getLogger("agent.kiosk")
R = TypeVar("R")
PAGE_BYTES: Final = 256 * 1024
CERTAIN_REFUSALS: Final = ("full", "busy", "invalid", "too_large", "closed", "read_only", "unavailable")
"""Codes of the outbox after which the record is certainly not in it; the others came from the middle of a write."""


class _Named(msgspec.Struct, frozen=True):
    service_request_id: str = ""
    id: str = ""


class InThread(Protocol):
    """Runs a function in the kiosk's thread."""

    def __call__(self, function: Callable[..., R], *args: object) -> Awaitable[R]: ...


class Delivery:
    """What goes from the store into the outbox. Every method raises IntakeError when one of the two refuses."""

    def __init__(
        self, node: str, outbox: OutboxWriter, clock: Clock, *,
        store: KioskStore, album: Album, keeping: Keeping, in_thread: InThread,
    ) -> None:  # fmt: skip
        self._node = node
        self._outbox = outbox
        self._clock = clock
        self._store = store
        self._album = album
        self._keeping = keeping
        self._call = in_thread

    async def round(self, lock: asyncio.Lock) -> None:
        """All three steps; the lock keeps submissions out while tickets are looked for."""
        async with lock:
            done, tickets = await self._after_tickets()
            done_photos, photos, known = await self._after_photos()
            if done or done_photos:
                await self._call(self._keeping.acknowledged, done, done_photos, self._clock.stamp())
            await self._call(self._keeping.forget, self._clock.stamp())
            await self._give_tickets(tickets)
        await self._give_photos(photos, known)

    async def settle(self) -> None:
        """Step 2 for tickets, under the lock."""
        _, waiting = await self._after_tickets()
        await self._give_tickets(waiting)

    async def give(self, ticket: Ticket, *, withdraw: bool) -> None:
        """One ticket. `withdraw`: nobody has been promised anything yet, so a certain refusal ends it."""
        if ticket.body is None:
            return
        stamp = msgspec.json.decode(ticket.stamp, type=Stamp)
        epoch = self._outbox.epoch
        try:
            seq = await self._outbox.append("complaint", ticket.kind, ticket.body, stamp)
        except OutboxError as error:
            if withdraw and error.code in CERTAIN_REFUSALS:
                await self._call(self._store.withdraw, ticket.service_request_id)
            raise _refused(error) from error
        if epoch == self._outbox.epoch:  # else nobody knows in which of the two it has this number: it is looked for
            await self._call(self._store.place, ticket.service_request_id, epoch, seq)

    async def delivered(self, ticket: Ticket) -> bool | None:
        """Whether the centre has said it stored the ticket; None when that cannot be told any more."""
        if ticket.acked_life_s is not None:
            return True
        if ticket.seq is None or ticket.epoch != self._outbox.epoch:
            return False if ticket.body is not None else None
        try:
            fate = await self._fates(ticket.epoch, "complaint", [ticket.seq])
        except IntakeError:
            return None
        return fate[ticket.seq] == "done" if ticket.body is not None or fate[ticket.seq] != "lost" else None

    # -- tickets -------------------------------------------------------------------------------------------------------

    async def _after_tickets(self) -> tuple[list[str], list[Ticket]]:
        """Those the centre has, and those that have no place in the outbox."""
        tickets = await self._call(self._store.undelivered)
        epoch = self._outbox.epoch
        placed = {one.service_request_id: one.seq for one in tickets if one.epoch == epoch and one.seq is not None}
        fates = await self._fates(epoch, "complaint", sorted(placed.values()))
        done: list[str] = []
        lost: list[Ticket] = []
        for ticket in tickets:
            fate = fates.get(placed.get(ticket.service_request_id, 0), "lost")
            if fate == "done":
                done.append(ticket.service_request_id)
            elif fate == "lost" and ticket.body is not None:
                lost.append(ticket)
        return done, lost

    async def _give_tickets(self, tickets: Sequence[Ticket]) -> None:
        if not tickets:
            return
        epoch = self._outbox.epoch
        held = await self._held()
        for ticket in tickets:
            seq = held.get(ticket.service_request_id)
            if seq is None:
                await self.give(ticket, withdraw=False)
            elif epoch == self._outbox.epoch:
                await self._call(self._store.place, ticket.service_request_id, epoch, seq)
        found = sum(ticket.service_request_id in held for ticket in tickets)
        log.info("pending-tickets-delivered", extra={"count": len(tickets), "already_held": found})

    async def _held(self) -> dict[str, int]:
        """The complaints that wait in the outbox: service_request_id (of a survey answer: id) -> sequence number."""
        found: dict[str, int] = {}
        after = 0
        try:
            while page := await self._outbox.call(self._outbox.outbox.page, "complaint", after, PAGE_BYTES):
                for held in page:
                    named = msgspec.json.decode(held.record.body, type=_Named)
                    found[named.id or named.service_request_id] = held.record.seq
                after = page[-1].record.seq
        except OutboxError as error:
            raise IntakeError("storage") from error
        return found

    # -- photos --------------------------------------------------------------------------------------------------------

    async def _after_photos(self) -> tuple[list[str], list[Photo], set[int]]:
        """Those the centre has, those that have no place in the outbox, and the numbers at which the others wait."""
        photos = await self._call(self._album.undelivered)
        epoch = self._outbox.epoch
        placed = {one.photo_id: one.seq for one in photos if one.epoch == epoch and one.seq is not None}
        fates = await self._fates(epoch, "attachment", sorted(placed.values()))
        done: list[str] = []
        lost: list[Photo] = []
        for photo in photos:
            fate = fates.get(placed.get(photo.photo_id, 0), "lost")
            if fate == "done":
                done.append(photo.photo_id)
            elif fate == "lost":
                lost.append(photo)
        return done, lost, {seq for seq, fate in fates.items() if fate == "waits"}

    async def _give_photos(self, photos: Sequence[Photo], known: Collection[int]) -> None:
        if not photos:
            return
        epoch = self._outbox.epoch
        held = await self._held_photos(known)
        for photo in photos:
            seq = held.get((photo.service_request_id or "", photo.sha256))
            if seq is None:
                seq = await self._give_photo(photo)
            if seq is not None and epoch == self._outbox.epoch:
                await self._call(self._album.place, photo.photo_id, epoch, seq)

    async def _give_photo(self, photo: Photo) -> int | None:
        sealed = await self._call(self._album.sealed, photo)
        if sealed is None:
            log.error("photo-damaged", extra={"photo_id": photo.photo_id})
            await self._call(self._album.damaged, photo.photo_id)
            return None
        stamp = msgspec.json.decode(photo.stamp, type=Stamp)

        def build(seq: int, epoch: str) -> bytes:
            record = attachment.AttachmentRecord(
                v=PROTOCOL_VERSION,
                node=self._node,
                epoch=epoch,
                seq=seq,
                boot=stamp.boot,
                run=stamp.run,
                mono_ms=stamp.mono_ms,
                wall_ms=stamp.wall_ms,
                synced=stamp.synced,
                service_request_id=photo.service_request_id or "",
                size_bytes=len(sealed),
                sha256=photo.sha256,
                key_id=photo.key_id,
            )
            return attachment.pack(msgspec.json.encode(record), sealed)

        try:
            return await self._outbox.append_file("attachment", "attachment", build, stamp)
        except OutboxError as error:
            raise _refused(error) from error

    async def _held_photos(self, known: Collection[int]) -> dict[tuple[str, str], int]:
        """The photos that wait in the outbox: (service_request_id, sha256) -> sequence number.

        Those at `known` numbers are not read: after days without the centre there are hundreds of them.
        """
        found: dict[tuple[str, str], int] = {}
        after = 0
        outbox = self._outbox.outbox
        try:
            while page := await self._outbox.call(outbox.page, "attachment", after, PAGE_BYTES):
                for held in page:
                    if held.record.seq in known:
                        continue
                    raw = await self._outbox.call(outbox.read_file, "attachment", held)
                    try:
                        record = attachment.unpack(raw or b"").record
                    except WireError:
                        continue
                    found[record.service_request_id, record.sha256] = held.record.seq
                after = page[-1].record.seq
        except OutboxError as error:
            raise IntakeError("storage") from error
        return found

    async def _fates(self, epoch: str, stream: str, numbers: list[int]) -> dict[int, str]:
        try:
            return await self._outbox.call(self._outbox.outbox.fates, epoch, stream, numbers)
        except OutboxError as error:
            raise IntakeError("storage") from error


def _refused(error: OutboxError) -> IntakeError:
    return IntakeError("storage_full" if error.code == "full" else "storage")
