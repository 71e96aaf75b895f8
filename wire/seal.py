"""How a sealed text is written down and how keys are named; the cryptography itself is each side's own."""

import base64
import binascii
import hashlib

from wire.bodies import SealedBox
from wire.errors import WireError


def key_id(public_key: bytes) -> str:
    """16 hex characters that name a public key (BLAKE2b-64 of its 32 bytes)."""
    if len(public_key) != 32:
        raise ValueError(f"a public key has 32 bytes, not {len(public_key)}")
    return hashlib.blake2b(public_key, digest_size=8).hexdigest()


def make_box(public_key: bytes, sealed: bytes) -> SealedBox:
    """The struct that travels, from the bytes `crypto_box_seal` gave for this public key."""
    return SealedBox(v=1, key_id=key_id(public_key), box=base64.b64encode(sealed).decode())


def box_bytes(box: SealedBox) -> bytes:
    """The sealed bytes of a box; WireError("blob") when they are not base64."""
    try:
        return base64.b64decode(box.box, validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError("blob", "a sealed box that is not base64") from error
