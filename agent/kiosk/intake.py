"""The one door for what citizens say. What it answers `ok` to is on the disk, sealed, and will reach the centre.

A ticket's way, so that a crash at any point neither loses nor doubles it:
1. the ticket is written to `kiosk.db` as pending, sealed body and claim on its photos included, and fsynced;
2. the outbox accepts the body, fsynced;
3. the ticket notes its place in the outbox;
4. the citizen gets code and PIN; the photos, which were on the disk before, follow into the outbox.
Cut before 1: nothing happened, the client tries again. Between 1 and 2, or 2 and 3: the pending ticket is found at the
next start (or by the same client_id coming again) and given to the outbox unless that still holds it. Cut after it was
also sent and deleted there: it is sent once more, and the centre knows it by its service_request_id. After 3: the same
client_id gets the same ticket and the same PIN again. The sealed body stays until the centre is known to have it, and
`Delivery` gives it to the outbox again when that has lost it.
When the outbox certainly refused, the ticket is withdrawn and the citizen told; when nobody can know (a disk that fails
during fsync), it stays pending: a ticket too many is better than a voice lost.

What checks and classifies is loaded with the first request: many nodes have no kiosk. What seals never is (`vault`).
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from agent.clock import Clock
from agent.kiosk.album import Album
from agent.kiosk.config import KioskConfig
from agent.kiosk.delivery import Delivery
from agent.kiosk.errors import IntakeError
from agent.kiosk.keeping import Keeping, Limits
from agent.kiosk.limits import PinLimiter
from agent.kiosk.lookup import Lookup
from agent.kiosk.sealing import SealKey
from agent.kiosk.store import KioskStore, StoreError
from agent.kiosk.vault import Vault
from agent.outbox import OutboxError, OutboxWriter
from wire.messages import Downlink

if TYPE_CHECKING:
    from agent.kiosk.handing_in import HandingIn

log: Final = logging.getLogger("agent.kiosk")
P = ParamSpec("P")
R = TypeVar("R")
RETRY_PENDING_S: Final = 60.0
SETTLE_S: Final = 0.2
"""Photos follow their complaint this soon: not at once, so that the answer's own work comes first."""


class Intake:
    """Build it, await `run()` beside the rest, hand requests to the other methods. They raise IntakeError."""

    def __init__(
        self, node: str, outbox: OutboxWriter, clock: Clock, data_dir: Path, seal_public_path: Path, *,
        config: KioskConfig | None = None, online: Callable[[], bool] = lambda: False,
        on_urgent: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """Opens `kiosk.db` in `data_dir`; StoreError when that cannot be. `online`: whether the centre is reached.
        `on_urgent` is told that a new urgent voice was accepted, and nothing of it.
        """
        self.node = node
        self.outbox = outbox
        self.clock = clock
        self.config = config or KioskConfig()
        self.online = online
        self.on_urgent = on_urgent
        self.seal_key = SealKey(seal_public_path)
        self.store = KioskStore(data_dir)
        self.album = Album(self.store)
        self.vault = Vault()
        self.lock = asyncio.Lock()
        self.rounds = 0  # of bringing tickets into the outbox: how `run` shows that it moves
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kiosk")
        self._stirred = asyncio.Event()
        self._hands: HandingIn | None = None
        limits = Limits(self.config.retain_sealed_days, self.config.retain_ticket_days)
        self.keeping = Keeping(self.store, self.album, limits, clock.mono_s())
        self.delivery = Delivery(
            node, outbox, clock, store=self.store, album=self.album, keeping=self.keeping, in_thread=self.call
        )
        self.lookups = Lookup(self.store, PinLimiter(), self.vault, self.call, clock)
        if self.store.put_aside:
            log.error("kiosk-store-damaged", extra={"put_aside": str(self.store.put_aside)})

    async def run(self) -> None:
        """For ever: bring what waits into the outbox, at the start, when stirred, and once a minute."""
        with contextlib.suppress(IntakeError):
            await self.call(self.album.sweep)
        while True:
            self._stirred.clear()
            try:
                await self.delivery.round(self.lock)
            except IntakeError as error:
                log.warning("tickets-pending", extra={"code": error.code})
            if self._hands is not None:
                await self._hands.uploads.drop_old()
            self.rounds += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_PENDING_S):
                    await self._stirred.wait()
                await asyncio.sleep(SETTLE_S)

    def stir(self) -> None:
        """Something waits for the outbox."""
        self._stirred.set()

    async def close(self) -> None:
        """Wait for what is being written, and close the file."""
        if self._hands is not None:
            await self._hands.uploads.close()
        self.vault.close()
        async with self.lock:
            await self.call(self.store.close)
        self._thread.shutdown(wait=False)

    # -- the operations of the socket ----------------------------------------------------------------------------------

    async def ready(self) -> dict[str, object]:
        """What may be entered; IntakeError says why nothing can be taken now, before anybody types."""
        self.seal_key.read()
        await self.check_door()
        return self._at_the_door().ready()

    async def prepare(self) -> dict[str, object]:
        """Somebody is about to hand in or look up: what that needs is started, and waits a minute for them."""
        await self.vault.prepare()
        return {}

    async def submit(self, request: Mapping[str, object]) -> dict[str, object]:
        """Accept one voice: its ticket with code and PIN; the same for a repeat."""
        return await self._at_the_door().submit(request)

    async def survey(self, request: Mapping[str, object]) -> dict[str, object]:
        """Accept one survey answer: {id, duplicate}."""
        return await self._at_the_door().survey(request)

    async def photo(self, request: Mapping[str, object]) -> dict[str, object]:
        """Take a piece of a photo: {photo_id, have_bytes, complete}."""
        return await self._at_the_door().photo(request)

    async def lookup(self, code: object, pin: object) -> dict[str, object]:
        """Status and answers of a ticket."""
        ticket, issued_code, replies = await self.lookups.find(code, pin)
        newest = replies[-1][0] if replies else None
        return {
            "service_request_id": ticket.service_request_id,
            "code": issued_code,
            "category": ticket.category,
            "subject": ticket.subject,
            "urgent": ticket.urgent,
            "created_ms": ticket.wall_ms,
            "status": newest.status if newest else "stored",
            "step": newest.step if newest else "",
            "closed_reason": newest.closed_reason if newest else "",
            "ask": bool(newest and newest.ask),
            "delivered": await self.delivery.delivered(ticket),
            "replies": [
                {
                    "status": reply.status,
                    "step": reply.step,
                    "text": text or "",
                    "at_ms": reply.at_ms,
                    "closed_reason": reply.closed_reason,
                    "ask": reply.ask,
                }
                for reply, text in replies
            ],
        }

    async def board(self) -> dict[str, object]:
        """Notices, and what was answered of late."""
        from agent.kiosk.board import board

        return await self.call(board, self.store, self.clock.wall_ms())

    # -- from the centre, and for the technician ----------------------------------------------------------------------

    async def on_reply(self, downlink: Downlink) -> str:
        """Store an answer: `stored`, `unknown_ticket` (lost with an earlier card, or not ours) or `invalid`.

        All three are outcomes for a receipt. IntakeError = not stored; the centre offers it again.
        """
        from agent.kiosk.answering import take_reply

        return await take_reply(self, downlink)

    async def on_notice(self, downlink: Downlink) -> str:
        """Keep a public notice: `stored` or `invalid`. IntakeError = not stored; the centre offers it again."""
        from agent.kiosk.answering import take_notice

        return await take_notice(self, downlink)

    async def status(self) -> dict[str, object]:
        """Counts, and why the door is closed ("" when it is open). No personal data."""
        closed = ""
        try:
            self.seal_key.read()
            await self.check_door()
        except IntakeError as error:
            closed = error.code
        return {**await self.call(self.store.counts), "closed": closed}

    # -- for the parts that do the work --------------------------------------------------------------------------------

    async def check_door(self, incoming_bytes: int = 0) -> None:
        """IntakeError when the disk takes nothing, or not so much."""
        try:
            closed = await self.outbox.call(self.outbox.outbox.door, incoming_bytes)
        except OutboxError as error:
            closed = error
        if closed is not None:
            raise IntakeError("storage_full" if closed.code == "full" else "storage") from closed

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run in the kiosk's thread: SQLite must not hold up the probes."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))
        except StoreError as error:
            log.error("kiosk-store-failed", extra={"detail": str(error)})
            raise IntakeError("storage") from error

    def _at_the_door(self) -> "HandingIn":
        if self._hands is None:
            from agent.kiosk.handing_in import HandingIn

            self._hands = HandingIn(self)
        return self._hands


def spare_client_id() -> str:
    """For a client that brings none."""
    return os.urandom(16).hex()
