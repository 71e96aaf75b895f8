"""Reading an answer with code and PIN, at a pace at which four digits cannot be guessed.

The code's handle finds the ticket, and code and PIN together make its private key: when the key's other half is the
ticket's, both are right, and the key opens the answers. It is forgotten with the conversation.
"""

import math
from typing import Final

from agent.clock import Clock
from agent.kiosk.delivery import InThread
from agent.kiosk.errors import IntakeError
from agent.kiosk.limits import PinLimiter
from agent.kiosk.store import KioskStore, StoredReply, Ticket
from agent.kiosk.tables import SALT_BYTES
from agent.kiosk.vault import Talk, Vault
from wire.errors import WireError
from wire.tickets import HANDLE_SALT, handle_secret, make_handle, normalize_code

PIN_LENGTH: Final = 4


class Lookup:
    """Looks up tickets and keeps count of wrong PINs."""

    def __init__(self, store: KioskStore, limiter: PinLimiter, vault: Vault, in_thread: InThread, clock: Clock) -> None:
        self._store = store
        self._limiter = limiter
        self._vault = vault
        self._in_thread = in_thread
        self._clock = clock

    async def find(self, raw_code: object, raw_pin: object) -> tuple[Ticket, str, list[tuple[StoredReply, str | None]]]:
        """The ticket, its code as issued, and its answers with their texts (None: nobody can open that one).

        IntakeError `not_found`, `locked`, `too_many_tries`, `bad_code`, `bad_pin`, `bad_request` or `busy`.
        """
        code, pin = typed(raw_code, raw_pin)
        self._refuse_if(self._limiter.kiosk_locked_for(self._clock.mono_s()), "too_many_tries")
        async with self._vault.talk() as talk:
            (stretched,) = await talk.stretch((handle_secret(code), HANDLE_SALT))
            index = make_handle(stretched).encode("ascii")
            ticket = await self._in_thread(self._store.by_index, index) or await self._former(talk, code)
            private = await self._checked(talk, ticket, code, pin)
            if ticket is None:
                raise IntakeError("not_found")
            if ticket.reply_key is None:
                ticket = await self._converted(talk, ticket, index, private)
            return ticket, code, await self._answers(talk, ticket, private)

    async def _former(self, talk: Talk, code: str) -> Ticket | None:
        """A ticket that is not kept under its handle."""
        from agent.kiosk.naming import former_index_secret  # loads what makes tickets

        if await self._in_thread(self._store.has_former_indices):
            salt = await self._in_thread(self._store.salt)
            (index,) = await talk.stretch((former_index_secret(code), salt))
            ticket = await self._in_thread(self._store.by_index, index)
            if ticket is not None:
                return ticket
        return await self._in_thread(self._store.by_code, code)

    async def _checked(self, talk: Talk, ticket: Ticket | None, code: str, pin: str) -> bytes:
        """The private key of a ticket whose PIN this is; IntakeError when it is not, or guessed too often."""
        from agent.kiosk.naming import key_secret

        wrong_before = ticket.wrong_pins if ticket else 0
        now_s = self._clock.mono_s()
        self._refuse_if(self._limiter.kiosk_locked_for(now_s), "too_many_tries")
        self._refuse_if(self._limiter.code_locked_for(code, now_s, wrong_before), "locked")
        # Counted before the slow comparison: tries that run side by side must not all see the old count.
        wrong = self._limiter.wrong(code, now_s)
        salt = ticket.salt if ticket else bytes(SALT_BYTES)  # a code nobody has takes as long
        (private,) = await talk.stretch((key_secret(code, pin), salt))
        if ticket is None or not await self._fits(talk, ticket, private, pin):
            if ticket is not None:
                await self._in_thread(self._store.count_wrong, ticket.service_request_id, wrong)
            raise IntakeError("not_found")
        self._limiter.right(code)
        if ticket.wrong_pins:
            await self._in_thread(self._store.count_wrong, ticket.service_request_id, 0)
        return private

    async def _fits(self, talk: Talk, ticket: Ticket, private: bytes, pin: str) -> bool:
        if ticket.reply_key is None:
            from agent.kiosk.naming import former_pin_fits

            return bool(await self._in_thread(former_pin_fits, pin, ticket.salt, ticket.pin_hash or b""))
        return await talk.public(private) == ticket.reply_key

    async def _converted(self, talk: Talk, ticket: Ticket, index: bytes, private: bytes) -> Ticket:
        """A ticket of the first version, rewritten: from now on the card does not show its code and answers."""
        public = await talk.public(private)
        boxes = {
            downlink_id: await talk.seal(public, reply.text.encode())
            for downlink_id, reply in await self._in_thread(self._store.replies, ticket.service_request_id)
            if reply.text is not None
        }
        await self._in_thread(self._store.convert, ticket.service_request_id, index, public, boxes)
        found = await self._in_thread(self._store.by_index, index)
        if found is None:
            raise IntakeError("storage")
        return found

    async def _answers(self, talk: Talk, ticket: Ticket, private: bytes) -> list[tuple[StoredReply, str | None]]:
        replies = [reply for _, reply in await self._in_thread(self._store.replies, ticket.service_request_id)]
        opened = iter(await talk.open(private, [reply.box for reply in replies if reply.box is not None]))
        return [(reply, reply.text if reply.box is None else _text(next(opened))) for reply in replies]

    def _refuse_if(self, locked_s: float, code: str) -> None:
        if locked_s > 0:
            minutes = math.ceil(locked_s / 60)
            raise IntakeError("locked" if code == "locked" else "too_many_tries", minutes=minutes)


def typed(raw_code: object, raw_pin: object) -> tuple[str, str]:
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


def _text(opened: bytes | None) -> str | None:
    return opened.decode("utf-8", "replace") if opened is not None else None
