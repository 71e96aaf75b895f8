"""From a picture in the spool to a signed, chained file in the outbox: the only way a picture leaves this node.

1. The file is opened inside the spool by its bare name (no links, regular, bounded) and checked as a JPEG.
2. Under the sequence number the outbox gives, the record is built: who, where, when, how old, SHA-256 of the picture
   and of the picture before it from the same camera.
3. The chain's new end is written down, then the file is given to the outbox. A crash in between leaves an end for a
   sequence number that was never used; the next picture gets that number and its entry replaces it (`core.chain`).
4. The record is signed with the node's Ed25519 key and put into the file as a comment segment.
"""

import base64
import binascii
import hashlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from agent.cameras.base import CameraError, PictureRefusedError
from agent.cameras.picture import check_picture, read_bounded
from agent.cameras.supervisor import Picture
from agent.core import chain
from agent.core.clock import Stamp
from agent.files import write_durably
from agent.outbox.errors import OutboxError
from wire import PROTOCOL_VERSION
from wire.errors import WireError
from wire.seal import key_id
from wire.snapshot import SnapshotRecord, embed

if TYPE_CHECKING:
    from nacl.signing import SigningKey

log: Final = logging.getLogger("agent.snapshots")
CHAIN_FILE: Final = "snapshot-chain.json"
Build = Callable[[int, str], bytes]


class FileOutbox(Protocol):
    """What is needed of the outbox: append a file built for the (seq, epoch) it gets."""

    def append_file(self, stream: str, kind: str, build: Build, stamp: Stamp) -> Awaitable[int]: ...


class SnapshotMaker:
    """Signs pictures of one node. Reads its key when the first picture comes: a node without cameras never loads it."""

    def __init__(self, node: str, outbox: FileOutbox, data_dir: Path, sign_key_path: Path) -> None:
        self._node = node
        self._outbox = outbox
        self._chain_path = data_dir / CHAIN_FILE
        self._sign_key_path = sign_key_path
        self._key: SigningKey | None = None

    async def store(self, picture: Picture, stamp: Stamp) -> int:
        """The picture's sequence number in the outbox. PictureRefusedError says why it could not be kept."""
        key = self._signing_key()
        try:
            image, _ = read_bounded(picture.spool / picture.file, picture.size_bytes)
        except OSError as error:
            raise PictureRefusedError(f"cannot read {picture.file} in the spool: {error.strerror or error}") from error
        except CameraError as error:
            raise PictureRefusedError(error.message) from error
        width, height = _checked(image, picture)
        taken_age_ms = picture.age_now_ms()

        def build(seq: int, epoch: str) -> bytes:
            sha256 = hashlib.sha256(image).hexdigest()
            record = SnapshotRecord(
                v=PROTOCOL_VERSION,
                node=self._node,
                epoch=epoch,
                seq=seq,
                boot=stamp.boot,
                run=stamp.run,
                mono_ms=stamp.mono_ms,
                wall_ms=stamp.wall_ms,
                synced=stamp.synced,
                camera=picture.camera,
                purpose=picture.purpose,
                taken_age_ms=taken_age_ms,
                width=width,
                height=height,
                size_bytes=len(image),
                sha256=sha256,
                previous_sha256=self._link(epoch, picture.camera, seq, sha256),
                key_id=key_id(bytes(key.verify_key)),
            )
            return sign(record, image, key)

        try:
            return await self._outbox.append_file("snapshot", "snapshot", build, stamp)
        except (WireError, OutboxError, OSError) as error:
            raise PictureRefusedError(f"the picture cannot be stored: {error}") from error

    def _link(self, epoch: str, camera: str, seq: int, sha256: str) -> str:
        """Enter this picture into the chain, durably; the SHA-256 of the one before it."""
        previous, ends = chain.follow(read_ends(self._chain_path), epoch, camera, seq, sha256)
        write_ends(self._chain_path, ends)
        return previous

    def _signing_key(self) -> "SigningKey":
        if self._key is None:
            self._key = load_signing_key(self._sign_key_path)
        return self._key


def sign(record: SnapshotRecord, image: bytes, key: "SigningKey") -> bytes:
    """The file that explains itself: `image` with the record and its Ed25519 signature."""
    record_json = msgspec.json.encode(record)
    return embed(image, record_json, key.sign(record_json).signature)


def load_signing_key(path: Path) -> "SigningKey":
    """The node's Ed25519 key from `sign.key` (base64 of the 32-byte seed)."""
    from nacl.signing import SigningKey

    try:
        return SigningKey(base64.b64decode(path.read_bytes().strip(), validate=True))
    except OSError as error:
        raise PictureRefusedError(f"cannot read the signing key {path}: {error.strerror or error}") from error
    except (binascii.Error, ValueError, TypeError):  # PyNaCl's own errors are ValueError and TypeError too
        raise PictureRefusedError(f"{path} is not a signing key; enrol this node again") from None


def read_ends(path: Path) -> chain.Ends:
    """The chain's ends as last written; an absent or damaged file starts the chain anew (seen in the pictures)."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=chain.Ends)
    except FileNotFoundError:
        return chain.Ends()
    except (msgspec.DecodeError, UnicodeDecodeError):
        log.warning("snapshot-chain-damaged", extra={"path": str(path)})
        return chain.Ends()


def write_ends(path: Path, ends: chain.Ends) -> None:
    """On the disk on return. Raises OSError."""
    write_durably(path, msgspec.json.encode(ends))


def _checked(image: bytes, picture: Picture) -> tuple[int, int]:
    """Width and height, when the file is what the worker said; a worker's word alone is not signed."""
    try:
        size = check_picture(image, picture.file)
    except CameraError as error:
        raise PictureRefusedError(error.message) from error
    if (*size, len(image)) != (picture.width, picture.height, picture.size_bytes):
        raise PictureRefusedError(f"{picture.file} is not the picture the worker announced")
    return size
