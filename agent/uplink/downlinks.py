"""Downlinks: decoded strictly, handed to whoever acts on them, answered with a receipt; each acted on once.

Signed ones are judged anew each time they come, before anything is said about them: whoever acts on them remembers
what was done. By a copy of an unsigned one under its id nobody may close, or keep out, a command.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from agent.clock import Clock
from agent.outbox import OutboxError, OutboxWriter
from wire.bodies import Receipt
from wire.codec import decode_downlink
from wire.errors import WireError
from wire.messages import Downlink

log = logging.getLogger("agent.uplink")

MOST_WAITING = 100
"""The centre publishes all that is open at each birth; what does not fit comes again at the next."""
HANDLER_TIMEOUT_S = 60.0

OnDownlink = Callable[[str, Downlink], Awaitable[str]]
"""(leaf, downlink) -> outcome, a word for the receipt; empty: none is filed. Raising means: not dealt with, offer it
again. It may take `HANDLER_TIMEOUT_S`, and the next one waits for it."""
OnUndecodable = Callable[[str], None]
"""(leaf): something came that is no downlink."""
SIGNED_LEAVES: Final = ("command", "config")


class DownlinkDesk:
    """Takes payloads as they arrive and works them off one by one, beyond the life of a session."""

    def __init__(
        self, outbox: OutboxWriter, clock: Clock, on_downlink: OnDownlink, on_undecodable: OnUndecodable
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._on_downlink = on_downlink
        self._on_undecodable = on_undecodable
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(MOST_WAITING)
        self._unfiled: dict[str, str] = {}

    def take(self, leaf: str, payload: bytes) -> None:
        """Put one payload in line; beyond the bound it is left for the next birth."""
        if not self._waiting.full():
            self._waiting.put_nowait((leaf, payload))

    async def run(self) -> None:
        """For ever."""
        while True:
            leaf, payload = await self._waiting.get()
            try:
                await self._work(leaf, decode_downlink(payload))
            except WireError as error:
                self._on_undecodable(leaf)
                log.warning("downlink-undecodable", extra={"leaf": leaf, "detail": str(error)[:200]})
            except OutboxError as error:
                log.warning("receipt-not-filed", extra={"leaf": leaf, "code": error.code})

    async def _known(self, downlink: Downlink) -> str | None:
        unfiled = self._unfiled.get(downlink.id)
        return unfiled or await self._outbox.call(self._outbox.outbox.receipt_outcome, downlink.id)

    async def _work(self, leaf: str, downlink: Downlink) -> None:
        outcome = None if leaf in SIGNED_LEAVES else await self._known(downlink)
        if outcome is None:
            try:
                async with asyncio.timeout(HANDLER_TIMEOUT_S):
                    outcome = await self._on_downlink(leaf, downlink)
            except Exception as error:  # somebody else's part failed; the centre offers it again at the next birth
                log.exception("downlink-failed", extra={"leaf": leaf, "kind": type(error).__name__})
                return
        if not outcome:
            return
        # A disk that takes no receipt makes the centre offer it again, and that must not be acted on either.
        self._unfiled[downlink.id] = outcome
        while len(self._unfiled) > MOST_WAITING:
            del self._unfiled[next(iter(self._unfiled))]
        await self._outbox.append_receipt(Receipt(downlink.id, outcome), self._clock.stamp())
        del self._unfiled[downlink.id]
