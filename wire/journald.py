"""Log records for journald in its own protocol: each field is one of the journal's, not a word in a line.

    journalctl SANDI_EVENT=uplink-lost SANDI_NODE=kel-3673011001

One datagram to a socket, no library: systemd.io/JOURNAL_NATIVE_PROTOCOL. Both sides of Sandi use it where systemd has
connected their standard error to the journal; where the datagram does not go through, the line goes to standard error.
"""

import logging
import os
import re
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import IO

ADDRESS = "/run/systemd/journal/socket"
MOST_VALUE_BYTES = 4096
MOST_MESSAGE_BYTES = 16 * 1024
"""A traceback is in it."""
MOST_FIELDS = 48
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (0, 7))
_NAME = re.compile(r"[^A-Z0-9_]", re.ASCII)
_EVENT = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}", re.ASCII)

Fields = list[tuple[str, str]]


def is_ours(environment: Mapping[str, str] | None = None, stream: IO[str] | None = None) -> bool:
    """Whether `stream` (standard error) is the journal's: JOURNAL_STREAM is inherited by those whose is not."""
    named = (os.environ if environment is None else environment).get("JOURNAL_STREAM", "")
    try:
        found = os.fstat((stream or sys.stderr).fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return named == f"{found.st_dev}:{found.st_ino}"


def datagram(fields: Iterable[tuple[str, str]]) -> bytes:
    """The fields in the journal's form; values are cut to their bounds."""
    parts = []
    for name, value in fields:
        most = MOST_MESSAGE_BYTES if name == "MESSAGE" else MOST_VALUE_BYTES
        raw = value.encode("utf-8", "replace")[:most]
        if b"\n" in raw:  # its length goes before it: nothing in it can begin a field of its own
            parts.append(name.encode() + b"\n" + len(raw).to_bytes(8, "little") + raw + b"\n")
        else:
            parts.append(name.encode() + b"=" + raw + b"\n")
    return b"".join(parts)


def field_name(key: str) -> str:
    """`error_ms` -> `SANDI_ERROR_MS`; at most 64 characters, as the journal wants it."""
    return ("SANDI_" + _NAME.sub("_", key.upper()))[:64]


class JournalHandler(logging.Handler):
    """`identifier`: the journal's word for who speaks; `fields`: what a record has beyond its message, as texts;
    `otherwise`: takes what the journal would not. Its formatter makes MESSAGE."""

    def __init__(
        self,
        identifier: str,
        fields: Callable[[logging.LogRecord], Fields],
        otherwise: logging.Handler,
        address: str = ADDRESS,
    ) -> None:
        super().__init__()
        self._identifier = identifier
        self._fields = fields
        self._otherwise = otherwise
        self._address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._socket.sendto(datagram(self._all(record)), self._address)
        except (OSError, ValueError, TypeError):
            self._otherwise.handle(record)

    def close(self) -> None:
        self._socket.close()
        super().close()

    def _all(self, record: logging.LogRecord) -> Fields:
        event = record.getMessage()
        fields = [
            ("MESSAGE", self.format(record)),
            ("PRIORITY", str(next(number for level, number in _PRIORITIES if record.levelno >= level))),
            ("SYSLOG_IDENTIFIER", self._identifier),
            ("SANDI_LOGGER", record.name),
        ]
        if _EVENT.fullmatch(event):  # what libraries say is no event of ours
            fields.append(("SANDI_EVENT", event))
        fields += [(field_name(key), value) for key, value in self._fields(record)]
        return fields[:MOST_FIELDS]
