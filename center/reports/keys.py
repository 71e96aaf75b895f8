"""The key months and evidence packs are signed with (Ed25519), and the older ones their signatures still need.

DATA/keys holds `report.key` (private, base64 of the seed, 0600) and `report.pub`; a key that was replaced stays beside
it as `report-<id>.pub`. The private half is made when it is first needed and lies in the backup like every other key.
"""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from nacl.signing import SigningKey

from center.errors import CenterError
from center.files import PRIVATE, PUBLIC, exclusive, make_directory, write_atomic

KEY_FILE: Final = "report.key"
PUBLIC_FILE: Final = "report.pub"


class ReportKeyError(CenterError):
    """The report key is missing or damaged; the message says which file."""


@dataclass(frozen=True, slots=True)
class ReportKey:
    """The key that signs now. Never printed: its repr names the public half only."""

    _seed: bytes

    def __repr__(self) -> str:
        return f"ReportKey({self.public})"

    @property
    def public(self) -> str:
        """The public half, base64: what the city publishes."""
        return base64.b64encode(bytes(SigningKey(self._seed).verify_key)).decode()

    def sign(self, message: bytes) -> str:
        """Base64 of the 64 bytes."""
        return base64.b64encode(Ed25519PrivateKey.from_private_bytes(self._seed).sign(message)).decode()


def load_key(data: Path) -> ReportKey:
    """The report key; made on the first call. ReportKeyError when it is there and damaged."""
    keys = data / "keys"
    make_directory(keys, 0o700)
    with exclusive(keys / ".report.lock"):
        path = keys / KEY_FILE
        if not path.exists():
            if any(keys.glob("report*.pub")):
                raise ReportKeyError(
                    f"{path} is missing; restore it from the backup, or rotate: sandi-center report key"
                )
            _write(keys, bytes(SigningKey.generate()))
        return _read(path)


def rotate_key(data: Path) -> ReportKey:
    """A new key from now on; the old public half stays, so that what it signed can still be checked."""
    keys = data / "keys"
    make_directory(keys, 0o700)
    with exclusive(keys / ".report.lock"):
        public = keys / PUBLIC_FILE
        if public.exists():
            old = public.read_bytes()
            name = base64.b64decode(old).hex()[:16]
            write_atomic(keys / f"report-{name}.pub", old, PUBLIC)
        _write(keys, bytes(SigningKey.generate()))
        return _read(keys / KEY_FILE)


def public_keys(data: Path) -> list[str]:
    """Base64 of every public half, the present one first."""
    keys = data / "keys"
    paths = [keys / PUBLIC_FILE, *sorted(keys.glob("report-*.pub"))]
    return [path.read_text(encoding="ascii").strip() for path in paths if path.exists()]


def is_good(public: str, message: bytes, signature: str) -> bool:
    """Whether this signature of the message is good under the public key (both base64)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _write(keys: Path, seed: bytes) -> None:
    write_atomic(keys / KEY_FILE, base64.b64encode(seed) + b"\n", PRIVATE)
    write_atomic(keys / PUBLIC_FILE, base64.b64encode(bytes(SigningKey(seed).verify_key)) + b"\n", PUBLIC)


def _read(path: Path) -> ReportKey:
    try:
        seed = base64.b64decode(path.read_bytes().strip(), validate=True)
    except (OSError, binascii.Error) as error:
        raise ReportKeyError(f"{path} cannot be read ({error}); restore it from the backup") from None
    if len(seed) != 32:
        raise ReportKeyError(f"{path} is damaged; restore it from the backup")
    return ReportKey(seed)
