"""Sealing on the node: what a citizen typed becomes readable to the centre alone, before it touches a disk."""

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from agent.kiosk.errors import IntakeError
from wire.bodies import SealedBox
from wire.seal import make_box

if TYPE_CHECKING:
    from agent.kiosk.submission import Submission

PADDING: Final = 256
"""Boxes come in steps of this size: how long a text is says something about it."""


class Sealer:
    """Seals to the centre's X25519 public key in `seal.pub` (base64). Reads the file each time: it may be renewed."""

    def __init__(self, public_key_path: Path) -> None:
        self._path = public_key_path

    def public_key(self) -> bytes:
        """The key's 32 bytes; IntakeError("no_seal_key") when there is none to use."""
        try:
            key = base64.b64decode(self._path.read_bytes().strip(), validate=True)
        except (OSError, binascii.Error, ValueError):
            key = b""
        if len(key) != 32 or not any(key):
            raise IntakeError("no_seal_key", path=str(self._path))
        return key

    def seal(self, submission: "Submission", pin: str) -> SealedBox:
        """Everything typed, and the PIN, in one box. libsodium is loaded here, at the first complaint."""
        from nacl.public import PublicKey
        from nacl.public import SealedBox as Box

        public_key = self.public_key()
        plain = msgspec.json.encode(_plaintext(submission, pin))
        padded = plain + b" " * (-len(plain) % PADDING)  # blanks behind JSON mean nothing to its reader
        return make_box(public_key, Box(PublicKey(public_key)).encrypt(padded))


def _plaintext(submission: "Submission", pin: str) -> dict[str, str]:
    optional = {"name": submission.name, "contact": submission.contact}
    return {"text": submission.text, **{key: value for key, value in optional.items() if value}, "pin": pin}
