"""The command keys (Ed25519): one signs, a second may lie ready for the change. They are made here and never leave.

DATA/commander/keys/ring.json says which keys there are and which one signs; KEYID.key beside it holds each private half
(base64 of 32 bytes, 0600). ring.json is written last when a key comes and first when one goes, so whatever is cut, it
names keys that are there. DATA/commander/command.pub is what boxes pin; it follows ring.json and may be written anew.

    prepare   a second key is made and published; the first still signs
    switch    the second one signs; both are published
    retire    the one that no longer signs is taken away
"""

import base64
import binascii
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct

from center.errors import CenterError
from center.files import PRIVATE, PUBLIC, exclusive, make_directory, write_atomic
from wire.errors import WireError
from wire.keys import FILE_NAME, MAX_FILE_BYTES, decode_key, key_id, key_line, parse_keys

FOLDER: Final = "commander"
RING: Final = "ring.json"
MAX_RING_BYTES: Final = 4096


class CommandKeyError(CenterError):
    """The command keys are missing, damaged, or not in the state this step needs. The message says what to do."""


class Held(Struct, frozen=True):
    """One key: its id, its public half (base64), and since when it is published (Unix ms)."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]
    public: str
    made_ms: int


class Ring(Struct, frozen=True):
    """Which keys there are, oldest first, and which one signs."""

    signing: str
    keys: Annotated[tuple[Held, ...], Meta(min_length=1, max_length=2)]

    @property
    def other(self) -> Held | None:
        """The key that does not sign."""
        return next((held for held in self.keys if held.id != self.signing), None)

    def in_order(self) -> tuple[Held, ...]:
        """The signing one first."""
        return tuple(sorted(self.keys, key=lambda held: held.id != self.signing))


class KeyRing:
    """The keys in `directory` (DATA/commander). Reads the disk each time it is asked for the ring."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._keys = directory / "keys"
        self._loaded: tuple[str, Ed25519PrivateKey] | None = None

    def __repr__(self) -> str:
        return f"KeyRing({self.directory})"

    def make(self, now_ms: int) -> Ring:
        """The ring, with a first key if there is none yet; command.pub is as the ring says afterwards.

        Raises:
            CommandKeyError: there are keys but no ring that names them.
        """
        make_directory(self.directory, 0o700)
        make_directory(self._keys, 0o700)
        with self._alone():
            if not (self._keys / RING).exists():
                held = self._new_key(now_ms)
                self._write(Ring(held.id, (held,)))
            ring = self.ring()
            self._publish(ring)
        return ring

    def ring(self) -> Ring:
        """As it lies on the disk. Raises CommandKeyError."""
        path = self._keys / RING
        try:
            raw = path.read_bytes()
            ring = msgspec.json.decode(raw[: MAX_RING_BYTES + 1], type=Ring)
            for held in ring.keys:
                if key_id(decode_key(held.public)) != held.id:
                    raise ValueError("a key with another one's id")
            if ring.signing not in {held.id for held in ring.keys}:
                raise ValueError("the signing key is not among them")
        except OSError as error:
            raise CommandKeyError(
                f"cannot read the command keys {path}: {error.strerror or error}; run this as the user they belong to, "
                "or restore them from the backup",
                f"kunci perintah {path} tidak dapat dibaca: {error.strerror or error}; jalankan sebagai pemiliknya, "
                "atau pulihkan dari cadangan",
            ) from error
        except (ValueError, WireError) as error:
            raise CommandKeyError(f"{path} is damaged ({error}); restore it from the backup") from error
        return ring

    def sign(self, content: bytes) -> tuple[str, str]:
        """Id of the key, and the signature in base64. Raises CommandKeyError."""
        ring = self.ring()
        if self._loaded is None or self._loaded[0] != ring.signing:
            self._loaded = ring.signing, self._private(ring.signing)
        return ring.signing, base64.b64encode(self._loaded[1].sign(content)).decode()

    def prepare(self, now_ms: int) -> Ring:
        """Make the next key and publish it. CommandKeyError when one lies ready already."""
        with self._alone():
            ring = self.ring()
            if ring.other is not None:
                raise CommandKeyError(
                    f"there are two keys already; finish that change first: key {ring.other.id} does not sign",
                    f"sudah ada dua kunci; selesaikan dulu pergantian itu: kunci {ring.other.id} tidak menandatangani",
                )
            ring = Ring(ring.signing, (*ring.keys, self._new_key(now_ms)))
            self._write(ring)
            self._publish(ring)
        return ring

    def switch(self) -> Ring:
        """The other key signs from now on. CommandKeyError when there is none."""
        with self._alone():
            ring = self.ring()
            if ring.other is None:
                raise CommandKeyError(
                    "there is no second key; make one first: sandi-center commander keys prepare",
                    "belum ada kunci kedua; buat dulu: sandi-center commander keys prepare",
                )
            ring = Ring(ring.other.id, ring.keys)
            self._private(ring.signing)  # a damaged one never becomes the one that signs
            self._write(ring)
            self._publish(ring)
        return ring

    def retire(self) -> Ring:
        """Take away the key that does not sign. CommandKeyError when there is none."""
        with self._alone():
            ring = self.ring()
            if ring.other is None:
                raise CommandKeyError(
                    "there is one key only, and it signs", "hanya ada satu kunci, dan itulah yang dipakai"
                )
            gone = ring.other.id
            ring = Ring(ring.signing, tuple(held for held in ring.keys if held.id == ring.signing))
            self._write(ring)
            self._publish(ring)
            (self._keys / f"{gone}.key").unlink(missing_ok=True)
        return ring

    def _alone(self) -> AbstractContextManager[None]:
        return exclusive(self.directory / ".lock")

    def _new_key(self, now_ms: int) -> Held:
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw()
        held = Held(key_id(public), base64.b64encode(public).decode(), now_ms)
        write_atomic(self._keys / f"{held.id}.key", base64.b64encode(key.private_bytes_raw()) + b"\n", PRIVATE)
        return held

    def _private(self, named: str) -> Ed25519PrivateKey:
        path = self._keys / f"{named}.key"
        try:
            if path.stat().st_mode & 0o077:
                raise CommandKeyError(
                    f"{path} may be read by others; nothing is signed with it until: chmod 600 {path}",
                    f"{path} dapat dibaca orang lain; kunci tidak dipakai sebelum: chmod 600 {path}",
                )
            key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(path.read_bytes().strip(), validate=True))
        except OSError as error:
            raise CommandKeyError(f"cannot read the command key {path}: {error.strerror or error}") from error
        except (binascii.Error, ValueError) as error:
            raise CommandKeyError(f"{path} is not a command key (32 bytes in base64)") from error
        if key_id(key.public_key().public_bytes_raw()) != named:
            raise CommandKeyError(f"{path} holds another key than its name says; restore it from the backup")
        return key

    def _write(self, ring: Ring) -> None:
        write_atomic(self._keys / RING, msgspec.json.encode(ring), PRIVATE)

    def _publish(self, ring: Ring) -> None:
        text = public_text(ring)
        path = self.directory / FILE_NAME
        if not _is_as(path, text):
            write_atomic(path, text.encode(), PUBLIC)


def _is_as(path: Path, text: str) -> bool:
    """Whether the file holds this text and everybody may read it (what a restore unpacks, nobody else may)."""
    try:
        return path.read_bytes() == text.encode() and path.stat().st_mode & PUBLIC == PUBLIC
    except OSError:
        return False


def public_text(ring: Ring) -> str:
    """The lines of command.pub: the signing key first."""
    return "".join(key_line(decode_key(held.public), held.id) for held in ring.in_order())


def published(data: Path) -> str:
    """What boxes are to pin, as it lies in DATA/commander; "" where there is no commander yet, or it is damaged."""
    try:
        text = (data / FOLDER / FILE_NAME).read_bytes()[: MAX_FILE_BYTES + 1].decode("ascii")
        parse_keys(text)
    except (OSError, UnicodeDecodeError, WireError):
        return ""
    return text
