"""What comes down from the city: answers to tickets, and notices for everybody. Loaded when the first one comes."""

from typing import TYPE_CHECKING

from agent.kiosk.board import kept
from agent.kiosk.store import StoredReply, Ticket
from wire.bodies import Notice, Reply
from wire.codec import decode_downlink_body
from wire.errors import WireError
from wire.messages import Downlink
from wire.seal import box_bytes, key_id

if TYPE_CHECKING:
    from agent.kiosk.intake import Intake


async def take_reply(intake: "Intake", downlink: Downlink) -> str:
    """See Intake.on_reply. A clear text, as an older centre sends it, is sealed to the ticket before it is stored."""
    try:
        reply = decode_downlink_body("reply", bytes(downlink.body))
    except WireError:
        return "invalid"
    if not isinstance(reply, Reply):
        return "invalid"
    ticket = await intake.call(intake.store.by_id, reply.service_request_id)
    if ticket is None or ticket.kind == "survey":
        return "unknown_ticket"
    box, text = await _closed(intake, ticket, reply)
    if box is None and text is None:
        return "invalid"
    stored = StoredReply(reply.status, reply.at_ms, reply.step, reply.closed_reason, reply.ask, box, text)
    if not await intake.call(intake.store.add_reply, downlink.id, reply.service_request_id, stored):
        return "unknown_ticket"
    await intake.call(intake.keeping.heard, reply.service_request_id, intake.clock.stamp())
    return "stored"


async def _closed(intake: "Intake", ticket: Ticket, reply: Reply) -> tuple[bytes | None, str | None]:
    """The answer as it may lie on the disk: a box, or for a ticket of the first version its text. Neither: it is for
    another key."""
    if reply.sealed is not None:
        if ticket.reply_key is None or reply.sealed.key_id != key_id(ticket.reply_key):
            return None, None
        try:
            return box_bytes(reply.sealed), None
        except WireError:
            return None, None
    if ticket.reply_key is None:
        return None, reply.text
    async with intake.vault.talk() as talk:
        return await talk.seal(ticket.reply_key, reply.text.encode("utf-8", "replace")), None


async def take_notice(intake: "Intake", downlink: Downlink) -> str:
    """See Intake.on_notice."""
    try:
        notice = decode_downlink_body("notice", bytes(downlink.body))
    except WireError:
        return "invalid"
    if not isinstance(notice, Notice):
        return "invalid"
    await intake.call(intake.store.put_notice, kept(downlink, notice))
    return "stored"
