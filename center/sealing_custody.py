"""Custody of the sealing keys: a new pair, old ones kept for reading, one brought back, and what would be lost.

The keys lie in DATA/keys, never in the database, and go with the part `keys` of a backup. A change of key is made in
this order, so that no cut in between leaves something sealed that nobody can open: the old private half gets its file
for reading, then the new private half takes its place, then the public half follows it.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey

from center.files import PRIVATE, PUBLIC, exclusive, write_atomic
from center.sealing import KEY_FILE, PUBLIC_FILE, SealingError, SealingKeys, load_public_key, refuse_readable
from wire.seal import key_id

MAX_KEY_FILE_BYTES = 4096
_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """One key, or one that is missed: `sealed` complaints and `photos` photographs hang on it."""

    key_id: str
    file: str
    current: bool
    here: bool
    sealed: int
    photos: int


@dataclass(frozen=True, slots=True)
class Rotated:
    """Ids of the key that is kept for reading now, and of the one nodes get from now on."""

    old: str
    new: str


def rotate(directory: Path) -> Rotated:
    """Make a new pair the current one; the old one stays as `seal-<id>.key`.

    Raises:
        SealingError: there is no pair to rotate, or it is damaged; nothing was changed.
    """
    if not (directory / KEY_FILE).exists():
        raise SealingError(f"there is no sealing key in {directory} to rotate; restore it from the backup first")
    with exclusive(directory / _LOCK):
        current = _read(directory / KEY_FILE)
        old = key_id(bytes(current.public_key))
        fresh = PrivateKey.generate()
        new = key_id(bytes(fresh.public_key))
        write_atomic(_file_of(directory, old), _text(bytes(current)), PRIVATE)
        write_atomic(directory / KEY_FILE, _text(bytes(fresh)), PRIVATE)
        write_atomic(directory / PUBLIC_FILE, _text(bytes(fresh.public_key)), PUBLIC)
    return Rotated(old, new)


def import_key(directory: Path, file: Path) -> str:
    """Bring back a private key for reading, from a file (base64 of 32 bytes); its id. One that is here stays as it is.

    Raises:
        SealingError: it is no sealing key.
    """
    key = _read(file, careful=False)
    named = key_id(bytes(key.public_key))
    with exclusive(directory / _LOCK):
        here = SealingKeys.load(directory).ids() if any(directory.glob("seal*.key")) else ()
        if named not in here:
            write_atomic(_file_of(directory, named), _text(bytes(key)), PRIVATE)
    return named


def mend_public_half(directory: Path) -> bool:
    """Write `seal.pub` anew where a change of key was cut before it; whether it had to be."""
    wanted = _text(load_public_key(directory))
    path = directory / PUBLIC_FILE
    if path.exists() and path.read_bytes() == wanted:
        return False
    write_atomic(path, wanted, PUBLIC)
    return True


def status(directory: Path, sealed: Mapping[str, int], photos: Mapping[str, int]) -> list[KeyStatus]:
    """Every key that is here or that something is sealed to, the current one first.

    Raises:
        SealingError: a key file is damaged, or may be read by others.
    """
    current = key_id(load_public_key(directory)) if (directory / KEY_FILE).exists() else ""
    here = SealingKeys.load(directory).ids() if any(directory.glob("seal*.key")) else ()
    names: Iterable[str] = {*here, *sealed, *photos}
    return [
        KeyStatus(
            one,
            KEY_FILE if one == current else f"seal-{one}.key",
            one == current,
            one in here,
            sealed.get(one, 0),
            photos.get(one, 0),
        )
        for one in sorted(names, key=lambda one: (one != current, one))
    ]


def _file_of(directory: Path, named: str) -> Path:
    return directory / f"seal-{named}.key"


def _text(key: bytes) -> bytes:
    return base64.b64encode(key) + b"\n"


def _read(path: Path, *, careful: bool = True) -> PrivateKey:
    try:
        if careful:
            refuse_readable(path)
        with path.open("rb") as file:
            content = file.read(MAX_KEY_FILE_BYTES)
        return PrivateKey(base64.b64decode(content.strip(), validate=True))
    except OSError as error:
        raise SealingError(f"cannot read {path}: {error.strerror or error}") from error
    except (binascii.Error, ValueError, CryptoError, TypeError):
        raise SealingError(f"{path} is not a sealing key (32 bytes in base64)") from None
