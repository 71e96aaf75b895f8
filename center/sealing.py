"""The city's sealing key (X25519): made here, kept outside the database, the only thing that opens what citizens typed.

DATA/keys holds `seal.key` (the private half, base64, 0600) and `seal.pub` (the half every node gets). An older pair may
lie beside them as `seal-<key id>.key`, so that boxes sealed before a change of key can still be opened.
"""

import base64
import binascii
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from center.errors import CenterError
from center.files import PRIVATE, PUBLIC, make_directory, write_atomic
from wire import bodies, strictjson
from wire.errors import WireError
from wire.seal import box_bytes, key_id, make_box

PAD_BYTES: Final = 256
KEY_FILE: Final = "seal.key"
PUBLIC_FILE: Final = "seal.pub"


class SealingError(CenterError):
    """A sealed box that cannot be opened here, or keys that are missing. The message says which key it needs."""


class KeyFileError(SealingError):
    """A key file is missing or not as it should be. The message names the file, for whoever repairs the server; pages
    say it without (`center.web.problems`)."""


class Plaintext(Struct, frozen=True):
    """What was sealed at the kiosk, or at the desk (there without code and PIN: a verifier of it lies in the database).

    `code` is the citizen's, of a kiosk that tells its handle alone.
    """

    text: Annotated[str, Meta(min_length=1, max_length=4000)]
    code: Annotated[str, Meta(pattern=r"^([0-9A-Z]{10})?$(?!\n)")] = ""
    pin: Annotated[str, Meta(pattern=r"^([0-9]{4})?$(?!\n)")] = ""
    name: Annotated[str, Meta(max_length=200)] = ""
    contact: Annotated[str, Meta(max_length=200)] = ""
    rt_rw: Annotated[str, Meta(max_length=40)] = ""
    purpose: Annotated[str, Meta(max_length=4000)] = ""
    address: Annotated[str, Meta(max_length=500)] = ""

    def __repr__(self) -> str:
        return f"Plaintext({len(self.text)} characters)"


_PLAINTEXT = msgspec.json.Decoder(Plaintext)
MAX_BLOB_BYTES: Final = 1024 * 1024
SEAL_BYTES: Final = 48
"""What a sealed box is longer than its content (libsodium `crypto_box_SEALBYTES`)."""


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
            raise KeyFileError(f"no sealing key in {directory}; restore it from the backup, complaints need it")
        return cls({key_id(bytes(key.public_key)): key for key in keys})

    def without(self, others: "SealingKeys") -> dict[str, bytes]:
        """Content of the key files, by key id, of those that `others` do not have."""
        missing = self._keys.keys() - others._keys.keys()
        return {known: base64.b64encode(bytes(self._keys[known])) + b"\n" for known in sorted(missing)}

    def open(self, box: bodies.SealedBox) -> Plaintext:
        """What the citizen typed. SealingError when it is sealed to another key, damaged, or not a complaint."""
        key = self._key(box.key_id)
        try:
            plain = SealedBox(key).decrypt(box_bytes(box))
            return strictjson.decode(plain, _PLAINTEXT)
        except (CryptoError, WireError, ValueError) as error:
            # The plaintext must not come out through an error: no detail of what was inside.
            damaged = isinstance(error, CryptoError)
            raise SealingError(
                f"the sealed text cannot be opened: {'it was damaged' if damaged else 'it does not hold a complaint'}",
                f"isi tersegel tidak dapat dibuka: {'isinya rusak' if damaged else 'isinya bukan pengaduan'}",
            ) from None

    def open_blob(self, named: str, sealed: bytes) -> bytes:
        """What is in a sealed blob (a photograph). SealingError when the key `named` is not here, or it is damaged."""
        key = self._key(named)
        if len(sealed) > MAX_BLOB_BYTES:
            raise SealingError(
                f"a sealed blob of {len(sealed)} bytes is none of ours",
                f"berkas tersegel {len(sealed)} byte bukan milik Sandi",
            )
        try:
            return SealedBox(key).decrypt(sealed)
        except CryptoError:
            raise SealingError(
                "the sealed blob cannot be opened: it was damaged", "berkas tersegel tidak dapat dibuka: isinya rusak"
            ) from None

    def ids(self) -> tuple[str, ...]:
        """Which keys these are."""
        return tuple(sorted(self._keys))

    def _key(self, named: str) -> PrivateKey:
        key = self._keys.get(named)
        if key is None:
            raise SealingError(
                f"sealed to key {named}, which is not here; put seal-{named}.key back",
                f"disegel dengan kunci {named} yang tidak ada di sini; kembalikan seal-{named}.key",
            )
        return key


def seal_text(directory: Path, plain: Plaintext) -> bodies.SealedBox:
    """Seal what the desk enters to the centre's own key, padded like a kiosk's so that its length tells little."""
    public_key = load_public_key(directory)
    text = msgspec.json.encode(plain)
    padded = text + b" " * (-len(text) % PAD_BYTES)
    return make_box(public_key, SealedBox(PublicKey(public_key)).encrypt(padded))


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
        raise KeyFileError(f"{public} is there but {private} is not; restore it from the backup, complaints need it")
    key = PrivateKey.generate()
    write_atomic(private, base64.b64encode(bytes(key)) + b"\n", PRIVATE)
    write_atomic(public, base64.b64encode(bytes(key.public_key)) + b"\n", PUBLIC)
    return bytes(key.public_key)


def load_public_key(directory: Path) -> bytes:
    """The 32 bytes that nodes seal to. They are computed from the private key, so the two cannot differ; a process that
    may not read that one (the signer, where it has a user of its own) takes the public half as it lies."""
    private = directory / KEY_FILE
    if private.exists() and not os.access(private, os.R_OK):
        return _public_half(directory / PUBLIC_FILE)
    return bytes(_private_key(private).public_key)


def _public_half(path: Path) -> bytes:
    try:
        return bytes(PublicKey(base64.b64decode(path.read_bytes().strip(), validate=True)))
    except (OSError, ValueError, TypeError) as error:  # NaCl's TypeError: of another length
        raise KeyFileError(f"cannot read the public sealing key {path}: {error}") from error


def refuse_readable(path: Path) -> None:
    """Whoever reads this key reads what citizens wrote: a file that group or others may read is not used.

    Raises:
        SealingError: says how to mend it.
        OSError: there is no such file.
    """
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise KeyFileError(
            f"{path} may be read by others (mode {mode:04o}); nothing is opened with it until: chmod 600 {path}",
            f"{path} dapat dibaca orang lain (izin {mode:04o}); kunci tidak dipakai sebelum: chmod 600 {path}",
        )


def _private_key(path: Path) -> PrivateKey:
    try:
        refuse_readable(path)
        content = base64.b64decode(path.read_bytes().strip(), validate=True)
        return PrivateKey(content)
    except OSError as error:
        raise KeyFileError(f"cannot read the sealing key {path}: {error.strerror or error}") from error
    except (binascii.Error, ValueError, CryptoError, TypeError):
        raise KeyFileError(f"{path} is not a sealing key (32 bytes in base64)") from None
