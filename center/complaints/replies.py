"""The answer on its way to the kiosk: sealed to the ticket where the ticket brought a key.

Only code and PIN open it again: neither the broker nor the downlink table nor the kiosk's disk holds it readable. What
was not filed at a node has no kiosk to go to; its answer is read on the public page.
"""

import base64
import logging

import msgspec
from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox

from center.complaints.models import Complaint
from center.core.complaint_cycle import wire_status
from center.operations import downlink
from wire import voices
from wire.seal import make_box

_log = logging.getLogger("center.complaints")


def queue_reply(complaint: Complaint, text: str, at_ms: int, *, ask: bool = False) -> str | None:
    """Owe the kiosk where the complaint stands now, and `text`; the downlink's id, None where there is no kiosk.

    In the caller's transaction, `complaint` as the step left it. Where the key is none that can be sealed to, no words
    travel, for they would travel readable: the kiosk gets the status, the public page has the answer.
    """
    if not complaint.node:
        return None
    reply = voices.Reply(
        complaint.pk,
        wire_status(complaint.status),  # type: ignore[arg-type]
        "" if complaint.reply_key else text,
        at_ms,
        step=complaint.status,
        closed_reason=complaint.closed_reason,
        ask=ask,
        sealed=_sealed(complaint, text) if complaint.reply_key and text else None,
    )
    return downlink.queue(complaint.node, "reply", reply)


def _sealed(complaint: Complaint, text: str) -> voices.SealedBox | None:
    try:
        return seal_reply(complaint.reply_key, text)
    except CryptoError:
        _log.warning("reply-key-unusable", extra={"complaint": complaint.pk, "node": complaint.node})
        return None


def seal_reply(reply_key: str, text: str) -> voices.SealedBox:
    """`text` sealed to a ticket's key (base64 of 32 bytes). CryptoError for a point that nothing can be sealed to."""
    key = base64.b64decode(reply_key)
    return make_box(key, SealedBox(PublicKey(key)).encrypt(text.encode()))


def read_reply(body: str) -> voices.Reply:
    """A reply as it lies in the downlink table."""
    return msgspec.json.decode(body.encode(), type=voices.Reply)
