"""The centre's sealing key on the node: what a citizen typed becomes readable to the centre alone, before any disk."""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from agent.kiosk.errors import IntakeError

PADDING: Final = 256
"""Boxes come in steps of this size: how long a text is says something about it."""


class SealKey:
    """The centre's X25519 public key in `seal.pub` (base64). Reads the file each time: it may be renewed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> bytes:
        """The key's 32 bytes; IntakeError("no_seal_key") when there is none to use."""
        try:
            key = base64.b64decode(self._path.read_bytes().strip(), validate=True)
        except (OSError, binascii.Error, ValueError):
            key = b""
        if len(key) != 32 or not any(key):
            raise IntakeError("no_seal_key", path=str(self._path))
        return key


def plaintext(fields: Mapping[str, str]) -> bytes:
    """The JSON that is sealed."""
    plain = msgspec.json.encode(fields)
    return plain + b" " * (-len(plain) % PADDING)  # blanks behind JSON mean nothing to its reader
