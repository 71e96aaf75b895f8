"""Every kind of channel: a word, and the module that is imported when the first message of that kind goes out."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Literal, cast

from center.alerts.channel import Message

CHANNELS: dict[str, str] = {
    "telegram": "center.alerts.channels.telegram",
    "email": "center.alerts.channels.email",
    "webhook": "center.alerts.channels.webhook",
    "whatsapp": "center.alerts.channels.whatsapp",
    "ntfy": "center.alerts.channels.ntfy",
    "siren": "center.alerts.channels.siren",
    "file": "center.alerts.channels.file",
    "apprise": "center.alerts.channels.apprise_services",
}


def settings_class(kind: str) -> type[Any]:
    """The frozen dataclass of what a channel of this kind can be told; KeyError for an unknown word."""
    return cast(type[Any], import_module(CHANNELS[kind]).Settings)


def secret_of(kind: str) -> Literal["needed", "optional", "none"]:
    """Whether this kind works with a secret: a token, a password, a signing key."""
    return cast(Literal["needed", "optional", "none"], import_module(CHANNELS[kind]).CREDENTIAL)


def sender(kind: str) -> Callable[[Any, str, Message], None]:
    """How this kind sends; it raises `DeliveryError`."""
    return cast(Callable[[Any, str, Message], None], import_module(CHANNELS[kind]).send)
