"""Reading an answer with code and PIN, at a pace at which four digits cannot be guessed."""

import math
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

from agent.kiosk.errors import IntakeError
from agent.kiosk.limits import PinLimiter
from agent.kiosk.store import KioskStore, StoredReply, Ticket
from wire.errors import WireError
from wire.tickets import normalize_code

R = TypeVar("R")
PIN_LENGTH: Final = 4


class InThread(Protocol):
    """Runs a function in the kiosk's thread."""

    def __call__(self, function: Callable[..., R], *args: object) -> Awaitable[R]: ...


class Lookup:
    """Looks up tickets and keeps count of wrong PINs."""

    def __init__(
        self, store: KioskStore, limiter: PinLimiter, in_thread: InThread, mono_s: Callable[[], float]
    ) -> None:
        self._store = store
        self._limiter = limiter
        self._in_thread = in_thread
        self._mono_s = mono_s

    async def find(self, raw_code: object, raw_pin: object) -> tuple[Ticket, list[StoredReply]]:
        """The ticket and its answers. IntakeError `not_found`, `locked`, `too_many_tries` or `bad_request`."""
        code, pin = _typed(raw_code, raw_pin)
        self._refuse_if(self._limiter.kiosk_locked_for(self._mono_s()), "too_many_tries")
        ticket = await self._in_thread(self._store.by_code, code)
        from agent.kiosk.tickets import pin_fits  # loads what makes tickets: not before somebody has one

        wrong_before = ticket.wrong_pins if ticket else 0
        self._refuse_if(self._limiter.code_locked_for(code, self._mono_s(), wrong_before), "locked")
        # Counted before the slow comparison: tries that run side by side must not all see the old count.
        wrong = self._limiter.wrong(code, self._mono_s())
        if not await self._in_thread(pin_fits, ticket, pin) or ticket is None:
            if ticket is not None:
                await self._in_thread(self._store.count_wrong, code, wrong)
            raise IntakeError("not_found")
        self._limiter.right(code)
        if ticket.wrong_pins:
            await self._in_thread(self._store.count_wrong, code, 0)
        return ticket, await self._in_thread(self._store.replies, ticket.service_request_id)

    def _refuse_if(self, locked_s: float, code: str) -> None:
        if locked_s > 0:
            minutes = math.ceil(locked_s / 60)
            raise IntakeError("locked" if code == "locked" else "too_many_tries", minutes=minutes)


def _typed(raw_code: object, raw_pin: object) -> tuple[str, str]:
    """Code and PIN as issued. A code that cannot exist is said to be mistyped: that gives nothing away."""
    if not isinstance(raw_code, str) or not isinstance(raw_pin, str):
        raise IntakeError("bad_request", permanent=True, key="code, pin", expected='"..."')
    try:
        code = normalize_code(raw_code)
    except WireError as error:
        raise IntakeError("bad_code", permanent=True) from error
    pin = raw_pin.strip()
    if len(pin) != PIN_LENGTH or not (pin.isascii() and pin.isdigit()):
        raise IntakeError("bad_pin", permanent=True)
    return code, pin
