"""ntfy: messages to telephones through ntfy.sh or a server of the city's own. The secret is an access token, if any."""

from dataclasses import dataclass
from typing import Any

from center.alerts.channel import Message
from center.alerts.http_post import post_json

CREDENTIAL = "optional"
_PRIORITIES = {"critical": 5, "warning": 4, "info": 2}
_TAGS = {"resolved": "white_check_mark", "alive": "green_heart", "test": "test_tube"}


@dataclass(frozen=True, slots=True)
class Settings:
    """`topic`: whoever knows it reads along, unless the server asks for tokens."""

    topic: str
    base_url: str = "https://ntfy.sh"


def payload(settings: Settings, message: Message) -> dict[str, Any]:
    """What ntfy publishes: JSON to the server's root, since header lines hold no Indonesian punctuation."""
    return {
        "topic": message.to or settings.topic,
        "title": message.head,
        "message": message.text.partition("\n")[2] or message.text,
        "priority": 3 if message.what == "resolved" else _PRIORITIES.get(message.severity, 5),
        "tags": [_TAGS.get(message.what, "rotating_light" if message.severity == "critical" else "warning")],
    }


def send(settings: Settings, secret: str, message: Message) -> None:
    """Publish it."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    post_json(settings.base_url.rstrip("/") + "/", payload(settings, message), headers)
