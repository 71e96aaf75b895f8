"""Telegram, by its Bot API. The secret is the bot's token, which is part of the address: it is never shown."""

from dataclasses import dataclass
from typing import Any

from center.alerts.channel import DeliveryError, Message
from center.alerts.http_post import post_json

CREDENTIAL = "needed"


@dataclass(frozen=True, slots=True)
class Settings:
    """`chat`: the number of the group or person the bot writes to. `base_url`: another Bot API server."""

    chat: str
    base_url: str = "https://api.telegram.org"
    silent_info: bool = True
    """Without a sound on the telephone below a warning."""


def payload(settings: Settings, message: Message) -> dict[str, Any]:
    """What sendMessage takes. Plain text: nothing in a message can be taken for markup."""
    return {
        "chat_id": message.to or settings.chat,
        "text": message.text,
        "link_preview_options": {"is_disabled": True},
        "disable_notification": settings.silent_info and message.severity == "info",
    }


def send(settings: Settings, secret: str, message: Message) -> None:
    """Send; a chat that does not exist or a token that is wrong stays so until a person mends it."""
    try:
        answer = post_json(f"{settings.base_url.rstrip('/')}/bot{secret}/sendMessage", payload(settings, message))
    except DeliveryError as error:
        if message.to and error.permanent:
            error.one_address = True
        raise
    if answer.get("ok") is not True:
        raise DeliveryError("Telegram did not say ok", uncertain=True)
