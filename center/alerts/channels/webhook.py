"""A webhook: JSON to a city's own system, signed so that it knows who speaks and that it is no recording.

X-Sandi-Signature is "sha256=" and the hexadecimal HMAC-SHA256, by the channel's secret, of timestamp, a full stop and
the body. The receiver refuses timestamps further than five minutes away, and keeps keys to see a repeat as one.
"""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass

from center.alerts.channel import Message
from center.alerts.http_post import post

CREDENTIAL = "optional"


@dataclass(frozen=True, slots=True)
class Settings:
    """`url`: where it is posted to."""

    url: str


def payload(message: Message) -> bytes:
    """The body: one JSON object."""
    value = {
        "version": 1,
        "key": message.key,
        "what": message.what,
        "severity": message.severity,
        "incident": message.incident,
        "text": message.text,
        "made_ms": message.made_ms,
        "repeat": message.repeat,
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The value of X-Sandi-Signature."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def send(settings: Settings, secret: str, message: Message) -> None:
    """Post it."""
    body = payload(message)
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": message.key,
        "X-Sandi-Event": message.what,
        "X-Sandi-Timestamp": timestamp,
    }
    if secret:
        headers["X-Sandi-Signature"] = signature(secret, timestamp, body)
    post(settings.url, body, headers)
