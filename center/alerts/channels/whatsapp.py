"""WhatsApp through a gateway: a service or a server of the city's own that takes a number and a text by HTTP.

Gateways differ in the names of their fields only, so those are settings; the defaults are those of common Indonesian
ones. The secret goes into the header `header`.
"""

import json
import re
from dataclasses import dataclass
from urllib.parse import urlencode

from center.alerts.channel import DeliveryError, Message
from center.alerts.http_post import as_object, post
from center.errors import ConfigError

CREDENTIAL = "needed"


@dataclass(frozen=True, slots=True)
class Settings:
    """`fixed`: a JSON object of further fields, such as {"session": "default"}. `to`: number or group."""

    url: str
    to: str = ""
    to_field: str = "target"
    text_field: str = "message"
    fixed: str = "{}"
    header: str = "Authorization"
    as_form: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", self.header):
            raise ConfigError("setting header must be the name of an HTTP header",
                              "pengaturan header harus berupa nama header HTTP")  # fmt: skip
        try:
            further = json.loads(self.fixed)
        except ValueError:
            further = None
        if not isinstance(further, dict):
            raise ConfigError('setting fixed must be a JSON object such as {"session": "default"}',
                              'pengaturan fixed harus berupa objek JSON, misalnya {"session": "default"}')  # fmt: skip


def payload(settings: Settings, message: Message) -> dict[str, object]:
    """The gateway's fields. Numbers are sent as digits with the country's code: 0812... is +62 812... here."""
    to = message.to or settings.to
    return {**json.loads(settings.fixed), settings.to_field: number(to), settings.text_field: message.text}


def number(text: str) -> str:
    """A telephone number as gateways take it; a group's id ("1203...@g.us") as it is."""
    if "@" in text:
        return text
    digits = re.sub(r"\D", "", text)
    return "62" + digits[1:] if digits.startswith("0") else digits


def send(settings: Settings, secret: str, message: Message) -> None:
    """Hand it to the gateway; one that answers 200 with a refusal inside is believed."""
    if not (message.to or settings.to):
        raise DeliveryError("no number is set for this channel", permanent=True)
    values = payload(settings, message)
    if settings.as_form:
        body, kind = urlencode(values).encode(), "application/x-www-form-urlencoded"
    else:
        body, kind = json.dumps(values, ensure_ascii=False).encode(), "application/json"
    headers = {"Content-Type": kind, **({settings.header: secret} if secret else {})}
    try:
        answer = as_object(post(settings.url, body, headers))
    except DeliveryError as error:
        error.one_address = bool(message.to) and error.permanent
        raise
    if answer.get("status") is False or answer.get("success") is False:
        raise DeliveryError("the gateway refused the message", permanent=True, one_address=bool(message.to))
