"""The city's sealing key (X25519): made here, kept outside the database, the only thing that opens what citizens typed.

DATA/keys holds `seal.key` (the private half, base64, 0600) and `seal.pub` (the half every node gets). An older pair may
lie beside them as `seal-<key id>.key`, so that boxes sealed before a change of key can still be opened.
"""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from center.errors import CenterError
from center.files import PRIVATE, PUBLIC, make_directory, write_atomic
from wire import bodies, strictjson
from wire.errors import WireError
from wire.seal import box_bytes, key_id

KEY_FILE: Final = "seal.key"
PUBLIC_FILE: Final = "seal.pub"


class SealingError(CenterError):
    """A sealed box that cannot be opened here, or keys that are missing. The message says which key it needs."""


class Plaintext(Struct, frozen=True):
    """What was sealed at the kiosk."""

    text: Annotated[str, Meta(min_length=1, max_length=4000)]
    pin: Annotated[str, Meta(pattern=r"^[0-9]{4}$")]
    name: Annotated[str, Meta(max_length=200)] = ""
    contact: Annotated[str, Meta(max_length=200)] = ""


_PLAINTEXT = msgspec.json.Decoder(Plaintext)


@dataclass(frozen=True, slots=True)
class SealingKeys:
    """All private keys of this centre, by key id. Never printed: the repr names ids only."""

    _keys: dict[str, PrivateKey]

    def __repr__(self) -> str:
        return f"SealingKeys({', '.join(sorted(self._keys))})"

    @classmethod
    def load(cls, directory: Path) -> "SealingKeys":
        """Every `seal*.key` in `directory`. SealingError when there is none, or one is damaged."""
        keys = [_private_key(path) for path in sorted(directory.glob("seal*.key"))]
        if not keys:
            raise SealingError(f"no sealing key in {directory}; restore it from the backup, complaints need it")
        return cls({key_id(bytes(key.public_key)): key for key in keys})

    def without(self, others: "SealingKeys") -> dict[str, bytes]:
        """Content of the key files, by key id, of those that `others` do not have."""
        missing = self._keys.keys() - others._keys.keys()
        return {known: base64.b64encode(bytes(self._keys[known])) + b"\n" for known in sorted(missing)}

    def open(self, box: bodies.SealedBox) -> Plaintext:
        """What the citizen typed. SealingError when it is sealed to another key, damaged, or not a complaint."""
        key = self._keys.get(box.key_id)
        if key is None:
            raise SealingError(f"sealed to key {box.key_id}, which is not here; put seal-{box.key_id}.key back")
        try:
            plain = SealedBox(key).decrypt(box_bytes(box))
            return strictjson.decode(plain, _PLAINTEXT)
        except (CryptoError, WireError, ValueError) as error:
            # The plaintext must not come out through an error: no detail of what was inside.
            reason = "it was damaged" if isinstance(error, CryptoError) else "it does not hold a complaint"
            raise SealingError(f"the sealed text cannot be opened: {reason}") from None


def make_key_pair(directory: Path) -> bytes:
    """Make `seal.key` and `seal.pub` in `directory`; the public key. An existing pair is kept.

    Raises:
        SealingError: there is one half without the other.
    """
    make_directory(directory, 0o700)
    private, public = directory / KEY_FILE, directory / PUBLIC_FILE
    if private.exists():
        return load_public_key(directory)
    if public.exists():
        raise SealingError(f"{public} is there but {private} is not; restore it from the backup, complaints need it")
    key = PrivateKey.generate()
    write_atomic(private, base64.b64encode(bytes(key)) + b"\n", PRIVATE)
    write_atomic(public, base64.b64encode(bytes(key.public_key)) + b"\n", PUBLIC)
    return bytes(key.public_key)


def load_public_key(directory: Path) -> bytes:
    """The 32 bytes that nodes seal to. They are computed from the private key, so the two cannot differ."""
    return bytes(_private_key(directory / KEY_FILE).public_key)


def _private_key(path: Path) -> PrivateKey:
    try:
        content = base64.b64decode(path.read_bytes().strip(), validate=True)
        return PrivateKey(content)
    except OSError as error:
        raise SealingError(f"cannot read the sealing key {path}: {error.strerror or error}") from error
    except (binascii.Error, ValueError, CryptoError, TypeError):
        raise SealingError(f"{path} is not a sealing key (32 bytes in base64)") from None
