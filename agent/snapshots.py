"""From a picture's bytes to a signed, chained file in the outbox: the only way a picture leaves this node.

1. The bytes are checked as a JPEG, and against what was announced.
2. Under the sequence number the outbox gives, the record is built: who, where, when, how old, why, how it was judged,
   SHA-256 of the picture and of the picture before it from the same camera, and the links of those given up meanwhile.
3. The chain's new end is written down, then the file is given to the outbox. A crash in between leaves an end for a
   sequence number that was never used; the next picture gets that number and its entry replaces it (`core.chain`).
4. The record is signed with the node's Ed25519 key and put into the file as a comment segment. The whole file stays
   within the camera's limit: where not all links fit, the oldest of them are only counted.
"""

import base64
import binascii
import errno
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Literal, Protocol

import msgspec

from agent.cameras.base import RECORD_ROOM, CameraError, PictureRefusedError, Purpose
from agent.cameras.handing import Offer
from agent.cameras.picture import check_picture
from agent.core import chain
from agent.core.clock import Stamp
from agent.files import write_durably
from agent.outbox.errors import OutboxError
from agent.signing import Signer
from wire import PROTOCOL_VERSION
from wire.errors import WireError
from wire.seal import key_id
from wire.shape import Struct
from wire.snapshot import EvictedPicture, SnapshotRecord, embed

log: Final = logging.getLogger("agent.snapshots")
CHAIN_FILE: Final = "snapshot-chain.json"
Build = Callable[[int, str, chain.Lost], bytes]
RefusalCode = Literal["disk_full", "storage", "key", "picture_invalid", "picture_too_large"]


class FileOutbox(Protocol):
    """What is needed of the outbox: append a picture built for the (seq, epoch, losses) it gets."""

    def append_picture(self, camera: str, build: Build, stamp: Stamp) -> Awaitable[int]: ...


class Picture(Struct, frozen=True):
    """What the camera process offered: its words, the bytes, and when the words came (time.monotonic)."""

    offer: Offer
    image: bytes
    received_s: float
    purpose: Purpose
    max_bytes: int
    """Of the whole file, record included."""

    def age_now_ms(self) -> int:
        """How old the picture is by now."""
        return self.offer.age_ms + max(0, round((time.monotonic() - self.received_s) * 1000))


class Stored(Struct, frozen=True):
    """A picture in the outbox: its number and the file as the centre will get it."""

    seq: int
    file: bytes


class SnapshotMaker:
    """Signs pictures of one node. Reads its key when the first picture comes: a node without cameras never loads it."""

    def __init__(self, node: str, outbox: FileOutbox, data_dir: Path, sign_key_path: Path) -> None:
        self._node = node
        self._outbox = outbox
        self._chain_path = data_dir / CHAIN_FILE
        self._sign_key_path = sign_key_path
        self._signer: Signer | None = None

    async def store(self, picture: Picture, stamp: Stamp) -> Stored:
        """The picture as it is in the outbox now. PictureRefusedError says why it could not be kept."""
        signer = self._signing_key()
        _check(picture)
        age_ms = picture.age_now_ms()  # as old as it is at the stamp; the disk may take its time
        made: list[Stored] = []

        def build(seq: int, epoch: str, lost: chain.Lost) -> bytes:
            record = self._record(picture, stamp, (seq, epoch), key_id(signer.public), age_ms)
            file = self._fitted(record, picture, signer, lost)
            made[:] = [Stored(seq, file)]
            return file

        try:
            await self._outbox.append_picture(picture.offer.camera, build, stamp)
        except OutboxError as error:
            full = error.code in ("full", "disk_full")
            raise refused("disk_full" if full else "storage", f"the picture cannot be stored: {error}") from error
        except (WireError, OSError) as error:
            full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise refused("disk_full" if full else "storage", f"the picture cannot be stored: {error}") from error
        return made[-1]

    def _record(
        self, picture: Picture, stamp: Stamp, identity: tuple[int, str], key: str, age_ms: int
    ) -> SnapshotRecord:
        offer, (seq, epoch) = picture.offer, identity
        sha256 = hashlib.sha256(picture.image).hexdigest()
        return SnapshotRecord(
            v=PROTOCOL_VERSION,
            node=self._node,
            epoch=epoch,
            seq=seq,
            boot=stamp.boot,
            run=stamp.run,
            mono_ms=stamp.mono_ms,
            wall_ms=stamp.wall_ms,
            synced=stamp.synced,
            camera=offer.camera,
            purpose=picture.purpose,
            taken_age_ms=age_ms,
            width=offer.width,
            height=offer.height,
            size_bytes=len(picture.image),
            sha256=sha256,
            previous_sha256=self._link(epoch, offer.camera, seq, sha256),
            key_id=key,
            reason=offer.reason,
            request_id=offer.request_id,
            verdict=offer.verdict,
            mask_version=offer.mask_version,
        )

    def _fitted(self, record: SnapshotRecord, picture: Picture, signer: Signer, lost: chain.Lost) -> bytes:
        """The signed file, with as many of the newest links as there is room for."""
        limit = min(len(picture.image) + RECORD_ROOM, picture.max_bytes)
        links = [EvictedPicture(link.seq, link.sha256, link.previous_sha256) for link in lost.untold]
        for gone in range(len(links) + 1):
            told = msgspec.structs.replace(record, evicted=links[gone:], evicted_more=lost.more + gone)
            file = sign(told, picture.image, signer)
            if len(file) <= limit:
                return file
        raise refused("picture_too_large", f"with its record the picture has {len(file)} bytes, the limit is {limit}")

    def _link(self, epoch: str, camera: str, seq: int, sha256: str) -> str:
        """Enter this picture into the chain, durably; the SHA-256 of the one before it."""
        previous, ends = chain.follow(read_ends(self._chain_path), epoch, camera, seq, sha256)
        write_ends(self._chain_path, ends)
        return previous

    def _signing_key(self) -> Signer:
        if self._signer is None:
            self._signer = load_signer(self._sign_key_path)
        return self._signer


def refused(code: RefusalCode, message: str) -> PictureRefusedError:
    """Why a picture is not kept; `code` travels back to the camera process."""
    error = PictureRefusedError(message)
    error.code = code
    return error


def sign(record: SnapshotRecord, image: bytes, signer: Signer) -> bytes:
    """The file that explains itself: `image` with the record and its Ed25519 signature."""
    record_json = msgspec.json.encode(record)
    return embed(image, record_json, signer.sign(record_json))


def load_signer(path: Path) -> Signer:
    """The node's Ed25519 key from `sign.key` (base64 of the 32-byte seed)."""
    try:
        return Signer(base64.b64decode(path.read_bytes().strip(), validate=True))
    except OSError as error:
        raise refused("key", f"cannot read the signing key {path}: {error.strerror or error}") from error
    except (binascii.Error, ValueError):
        raise refused("key", f"{path} is not a signing key; enrol this node again") from None
    except RuntimeError as error:
        raise refused("key", f"this node cannot sign: {error}") from error


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


def _check(picture: Picture) -> None:
    """That the bytes are the picture that was announced; another process' word alone is not signed."""
    offer = picture.offer
    name = f"the picture of {offer.camera}"
    try:
        size = check_picture(picture.image, name)
    except CameraError as error:
        raise refused("picture_invalid", error.message) from error
    if (*size, len(picture.image)) != (offer.width, offer.height, offer.size_bytes):
        raise refused("picture_invalid", f"{name} is not the one that was announced")
