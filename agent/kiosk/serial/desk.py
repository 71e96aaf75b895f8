"""What a panel asks, put to the intake's socket, and its answer in the panel's words.

The intake's word decides: a ticket is told only when it has one, and an error becomes the refusal after which the panel
does the right thing. What may be right later is asked again by the panel for as long as it takes; what will never be
right is told to the person who still stands there.
"""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, cast

from agent.control_client import NoDaemonError, RefusedError, ask
from agent.core.panel_moves import Outcome, Work
from agent.core.panel_words import (
    MOST_TEXT_BYTES,
    Answer,
    LookUp,
    Nak,
    Press,
    Refusal,
    State,
    Status,
    Ticket,
    clipped,
)
from agent.messages import Messages
from wire.shape import Struct
from wire.subjects import BY_CODE

log: Final = logging.getLogger("agent.kiosk.serial")
ANSWER_TIMEOUT_S: Final = 30.0
"""The agent answers in a second; a slow card may take longer, and an answer nobody waited for is asked for again."""
AGAIN_MS: Final = 2_000
CLOSED_AGAIN_MS: Final = 30_000
_FULL: Final = ("storage_full",)
_NEVER: Final = (
    "bad_request",
    "text_empty",
    "text_too_long",
    "field_missing",
    "identity_mixed",
    "client_id_reused",
    "unknown_op",
)
_ANSWERED: Final = ("not_found", "locked", "too_many_tries", "bad_code", "bad_pin")
_SHORT_NAK_BYTES: Final = 255


Category = Literal["aduan", "laporan", "saran", "pendapat"]


class Receipt(Struct, frozen=True):
    """What a panel's ticket needs to be printed."""

    code: str
    pin: str
    category: Category
    subject: str
    created_ms: int
    offline: bool
    urgent: bool
    lang: str

    def __repr__(self) -> str:
        return "Receipt()"


class Desk:
    """One intake socket. Asking takes a thread, so that a slow answer holds up no other device."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def outcome(self, work: Work) -> tuple[Outcome, Receipt | None]:
        """What to tell the panel, and what to print for it. Never raises for what the intake may say."""
        message = work.message
        messages = Messages(message.lang)
        try:
            if isinstance(message, LookUp):
                request = {"op": "lookup", "code": message.code, "pin": message.pin, "lang": message.lang}
                return _answer(await self._ask(request), messages), None
            answer = await self._ask(_submission(message, work.client_id, messages))
            return _ticket(answer, message, messages)
        except RefusedError as error:
            return _refusal(error, messages), None
        except (NoDaemonError, KeyError, ValueError, TypeError) as error:
            log.info("intake-no-answer", extra={"error": type(error).__name__})
            return Nak(Refusal.BUSY, AGAIN_MS, clipped(messages.text("panel.away"), _SHORT_NAK_BYTES)), None

    async def status(self, lang: str) -> Status:
        """How the box is now, with the line for the panel's display."""
        messages = Messages(lang)
        try:
            ready = await self._ask({"op": "ready", "lang": lang})
        except RefusedError as error:
            return Status(State.CLOSED, clipped(_one_line(error.message), MOST_TEXT_BYTES))
        except NoDaemonError:
            return Status(State.CLOSED, messages.text("panel.away"))
        if ready.get("online") is True:
            return Status(State.ONLINE, messages.text("panel.online"))
        return Status(State.OFFLINE, messages.text("panel.offline"))

    async def _ask(self, request: Mapping[str, object]) -> dict[str, object]:
        return await asyncio.to_thread(ask, self._socket, request, ANSWER_TIMEOUT_S)


def _submission(press: Press, client_id: str, messages: Messages) -> dict[str, object]:
    request: dict[str, object] = {
        "op": "submit",
        "category": press.category,
        "text": press.text.strip() or _said_by_button(press, messages),
        "identity": "anonymous",
        "client_id": client_id,
        "channel": "serial",
        "lang": press.lang,
    }
    if press.subject:
        request["subject"] = press.subject
    return request


def _said_by_button(press: Press, messages: Messages) -> str:
    """A press without words still says what it is about."""
    subject = BY_CODE.get(press.subject)
    label = (subject.label_en if messages.lang == "en" else subject.label_id) if subject is not None else ""
    category = messages.text(f"panel.category.{press.category}")
    return messages.text("panel.pressed", category=category, subject=label or messages.text("panel.no_subject"))


def _ticket(answer: Mapping[str, object], press: Press, messages: Messages) -> tuple[Ticket, Receipt]:
    code, pin = str(answer["code"]), str(answer["pin"])
    urgent, offline = answer["urgent"] is True, answer.get("online") is not True
    said = messages.text("panel.taken_offline" if offline else "panel.taken")
    if urgent:
        said = messages.text("panel.urgent") + " " + said
    text = clipped(said, MOST_TEXT_BYTES)
    receipt = Receipt(
        code,
        pin,
        cast(Category, press.category),
        press.subject,
        int(str(answer["created_ms"])),
        offline,
        urgent,
        press.lang,
    )
    return Ticket(code, pin, text, urgent, offline, answer.get("duplicate") is True), receipt


def _answer(answer: Mapping[str, object], messages: Messages) -> Answer:
    status = str(answer["status"])[:32]
    said = messages.text("complain.status." + status)
    replies = answer.get("replies")
    newest = replies[-1] if isinstance(replies, list) and replies else {}
    if isinstance(newest, dict) and newest.get("text"):
        said += ": " + _one_line(str(newest["text"]))
    return Answer(found=True, status=status, text=clipped(said, MOST_TEXT_BYTES))


def _refusal(error: RefusedError, messages: Messages) -> Outcome:
    text = _one_line(error.message)
    if error.code in _ANSWERED:
        return Answer(found=False, status=error.code, text=clipped(text, MOST_TEXT_BYTES))
    short = clipped(text, _SHORT_NAK_BYTES)
    if error.code in _NEVER:
        return Nak(Refusal.PAYLOAD, 0, short)
    if error.code in _FULL:
        return Nak(Refusal.STORAGE_FULL, CLOSED_AGAIN_MS, short)
    if error.code == "no_seal_key":
        return Nak(Refusal.BUSY, CLOSED_AGAIN_MS, short)
    return Nak(Refusal.BUSY, AGAIN_MS, clipped(messages.text("panel.away"), _SHORT_NAK_BYTES))


def _one_line(text: str) -> str:
    """For a display of a line or two: it came over the network, and may hold anything."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
