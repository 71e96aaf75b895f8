"""Public command keys as they lie in a file: one or two lines of `ed25519 BASE64 [remark]`. Pinned by the card."""

import base64
import binascii
import hashlib
from typing import Final

from wire.errors import WireError

KEY_BYTES: Final = 32
MOST_KEYS: Final = 2
MAX_FILE_BYTES: Final = 4096
FILE_NAME: Final = "command.pub"


def key_id(public: bytes) -> str:
    """16 hex characters that name a key in an envelope."""
    return hashlib.sha256(b"sandi-command-key\0" + public).hexdigest()[:16]


def key_line(public: bytes, remark: str = "") -> str:
    """The line of one key, with its end."""
    return f"ed25519 {base64.b64encode(public).decode()} {remark}".rstrip() + "\n"


def parse_keys(text: str) -> dict[str, bytes]:
    """Key id -> public key, in the order of the file; empty for a file without keys. Raises WireError("schema").

    Blank lines and lines with a leading # are skipped.
    """
    if len(text) > MAX_FILE_BYTES:
        raise WireError("too_large", f"{len(text)} characters of keys; {MAX_FILE_BYTES} at most")
    found: dict[str, bytes] = {}
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 2 or words[0] != "ed25519":
            raise WireError("schema", "a command key is a line like: ed25519 BASE64")
        public = decode_key(words[1])
        found[key_id(public)] = public
    if len(found) > MOST_KEYS:
        raise WireError("schema", f"{len(found)} command keys; {MOST_KEYS} at most")
    return found


def decode_key(text: str) -> bytes:
    """32 bytes from base64. Raises WireError("schema")."""
    try:
        public = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError("schema", "a command key is not base64") from error
    if len(public) != KEY_BYTES:
        raise WireError("schema", f"a command key of {len(public)} bytes; it has {KEY_BYTES}")
    return public
