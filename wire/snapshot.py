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
PreviousSha256 = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$(?!\n)")]
Pixels = Annotated[int, Meta(ge=1, le=65_535)]
Reason = Literal["schedule", "event", "request"]
Verdict = Literal["ok", "covered", "dark", "blurred", "moved", "frozen", "learning"]
"""What the node's own judge said: `learning` = it does not know this camera well enough yet."""
MAX_EVICTED = 20
"""Links of given-up pictures one record has room for (200 bytes each); beyond it only their number is told."""


class EvictedPicture(msgspec.Struct, frozen=True):
    """A picture the node had to give up before it was sent: still a link of the chain."""

    seq: Seq
    sha256: Sha256
    previous_sha256: PreviousSha256


class SnapshotRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who took the picture, where, when and how old it was when noted (`taken_age_ms`).

    `previous_sha256` chains the pictures of one camera (empty for the first of an epoch); `key_id` names the node's
    signing key. `evicted` are links of pictures given up since the last one that was sent, ascending, `evicted_more`
    how many older ones found no room. `reason` and `request_id` say why the picture was taken, `verdict` what the node
    thinks of it, `mask_version` which privacy mask lies on it ("" = none).
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
    previous_sha256: PreviousSha256
    key_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]
    reason: Reason | None = None
    request_id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}$(?!\n)")] | None = None
    verdict: Verdict | None = None
    mask_version: Annotated[str, Meta(pattern=r"^([0-9a-f]{16})?$(?!\n)")] = ""
    evicted: Annotated[list[EvictedPicture], Meta(max_length=MAX_EVICTED)] = []
    evicted_more: Annotated[int, Meta(ge=0, le=2**53 - 1)] = 0


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


def record_of(start: bytes) -> SnapshotRecord:
    """The record in the first bytes of a file made by `embed`. Neither picture nor signature is looked at."""
    head = SOI + COM
    end = len(head) + int.from_bytes(start[len(head) : len(head) + 2], "big")
    payload = start[len(head) + 2 : end]
    if not start.startswith(head) or end > len(start) or not payload.startswith(MAGIC):
        raise WireError("jpeg", "carries no record of ours in its first segment")
    return strictjson.decode(payload[len(MAGIC) :].partition(b" ")[2], _RECORD)


def _signature(text: bytes) -> bytes:
    try:
        signature = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError("jpeg", "the signature is not base64") from error
    if len(signature) != SIGNATURE_BYTES:
        raise WireError("jpeg", f"a signature of {len(signature)} bytes")
    return signature
