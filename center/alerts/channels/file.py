"""A file under DATA/alerts-out, one JSON line per message: for tests, and for who collects them by other means."""

import fcntl
import json
import os
import re
from dataclasses import dataclass

from center.alerts.channel import DeliveryError, Message
from center.errors import ConfigError
from center.files import PRIVATE, make_directory

CREDENTIAL = "none"
FOLDER = "alerts-out"


@dataclass(frozen=True, slots=True)
class Settings:
    """`name` of the file, without a folder: whoever edits channels must not write where they like."""

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", self.name):
            raise ConfigError("setting name must be small letters, digits, - and _",
                              "pengaturan name hanya boleh huruf kecil, angka, - dan _")  # fmt: skip


def payload(message: Message) -> bytes:
    """The line."""
    value = {
        "key": message.key, "what": message.what, "severity": message.severity, "incident": message.incident,
        "text": message.text, "to": bool(message.to), "repeat": message.repeat,
    }  # fmt: skip
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def send(settings: Settings, secret: str, message: Message) -> None:
    """Append it, on disk before it counts as sent."""
    folder = message.centre.data / FOLDER
    try:
        make_directory(folder, 0o700)
        path = folder / f"{settings.name}.jsonl"
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            os.write(handle, payload(message))
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise DeliveryError(f"cannot write the file: {error.strerror}", uncertain=True) from error
