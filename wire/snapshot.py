"""A picture that explains itself: our record and its signature in a comment segment right after SOI.

The segment's payload is `SANDI1 ` + base64 of the Ed25519 signature + ` ` + the record as JSON. The signature
covers the JSON's exact bytes; the JSON holds the SHA-256 of the picture without the segment.
"""

import base64
import binascii
import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from wire import PROTOCOL_VERSION, strictjson
from wire.errors import WireError
from wire.jpeg import COM, SOI, insert_comment, segments
from wire.messages import Millis, Name, NodeName, Seq, Version, WallMillis
from wire.shape import Struct

MAX_SNAPSHOT_BYTES = 512 * 1024
MAGIC = b"SANDI1 "
SIGNATURE_BYTES = 64
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
Pixels = Annotated[int, Meta(ge=1, le=65_535)]


class SnapshotRecord(msgspec.Struct, frozen=True):
    """Who took the picture, where, when and how old it was when noted (`taken_age_ms`).

    `previous_sha256` chains the pictures of one camera (empty for the first of an epoch); `key_id` names the node's
    signing key.
    """

    v: Version
    node: NodeName
    epoch: Name
    seq: Seq
    boot: Name
    run: Name
    mono_ms: Millis
    wall_ms: WallMillis
    synced: bool
    camera: Name
    purpose: Literal["security", "disaster", "traffic"]
    taken_age_ms: Millis
    width: Pixels
    height: Pixels
    size_bytes: Annotated[int, Meta(ge=4, le=MAX_SNAPSHOT_BYTES)]
    sha256: Sha256
    previous_sha256: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$(?!\n)")]
    key_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]


class Snapshot(Struct, frozen=True):
    """A decoded picture: the record, its exact JSON, the signature over it, and the image without our segment."""

    record: SnapshotRecord
    record_json: bytes
    signature: bytes
    image: bytes

    @property
    def hash(self) -> str:
        """The content hash of the identity (node, epoch, snapshot, seq)."""
        return hashlib.blake2b(self.record_json, digest_size=16).hexdigest()


_RECORD = msgspec.json.Decoder(SnapshotRecord)


def embed(image: bytes, record_json: bytes, signature: bytes) -> bytes:
    """The self-explaining file: `image` with record and signature in its first segment."""
    payload = MAGIC + base64.b64encode(signature) + b" " + record_json
    file = insert_comment(image, payload)
    if len(file) > MAX_SNAPSHOT_BYTES:
        raise WireError("too_large", f"picture of {len(file)} bytes, at most {MAX_SNAPSHOT_BYTES}")
    return file


def extract(file: bytes) -> Snapshot:
    """Read a file made by `embed`, checking size and SHA-256. The signature is the caller's to verify."""
    if len(file) > MAX_SNAPSHOT_BYTES:
        raise WireError("too_large", f"picture of {len(file)} bytes, at most {MAX_SNAPSHOT_BYTES}")
    first = segments(file)[0]
    if first.marker != COM[1] or not first.payload.startswith(MAGIC):
        raise WireError("jpeg", "carries no record of ours in its first segment")
    signature_text, _, record_json = first.payload[len(MAGIC) :].partition(b" ")
    record = strictjson.decode(record_json, _RECORD)
    if record.v != PROTOCOL_VERSION:
        raise WireError("version", f"protocol version {record.v}; this side speaks {PROTOCOL_VERSION}")
    image = SOI + file[first.end :]
    if len(image) != record.size_bytes or hashlib.sha256(image).hexdigest() != record.sha256:
        raise WireError("hash_mismatch", "the picture is not the one its record describes")
    return Snapshot(record, record_json, _signature(signature_text), image)


def _signature(text: bytes) -> bytes:
    try:
        signature = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError("jpeg", "the signature is not base64") from error
    if len(signature) != SIGNATURE_BYTES:
        raise WireError("jpeg", f"a signature of {len(signature)} bytes")
    return signature
