"""A sealed blob (a complaint's photo) with a small header: `SANDI1 ` + JSON + newline + sealed bytes."""

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta

from wire import PROTOCOL_VERSION, strictjson
from wire.errors import WireError
from wire.messages import Millis, Name, NodeName, Seq, Version, WallMillis
from wire.shape import Struct

MAX_ATTACHMENT_BYTES = 1024 * 1024
MAGIC = b"SANDI1 "
MAX_HEADER_BYTES = 4096


class AttachmentRecord(msgspec.Struct, frozen=True):
    """Which complaint the blob belongs to. The blob is sealed to the key `key_id`; `sha256` is of its sealed bytes."""

    v: Version
    node: NodeName
    epoch: Name
    seq: Seq
    boot: Name
    run: Name
    mono_ms: Millis
    wall_ms: WallMillis
    synced: bool
    service_request_id: Annotated[str, Meta(pattern=r"^[0-9a-f-]{36}$(?!\n)")]
    size_bytes: Annotated[int, Meta(ge=1, le=MAX_ATTACHMENT_BYTES)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
    key_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]


class Attachment(Struct, frozen=True):
    """A decoded attachment: its record, that record's exact JSON, and the sealed bytes."""

    record: AttachmentRecord
    record_json: bytes
    sealed: bytes

    @property
    def hash(self) -> str:
        """The content hash of the identity (node, epoch, attachment, seq)."""
        return hashlib.blake2b(self.record_json, digest_size=16).hexdigest()


_RECORD = msgspec.json.Decoder(AttachmentRecord)


def pack(record_json: bytes, sealed: bytes) -> bytes:
    """The payload of `up/attachment`."""
    payload = MAGIC + record_json + b"\n" + sealed
    if len(record_json) > MAX_HEADER_BYTES or len(payload) > MAX_ATTACHMENT_BYTES:
        raise WireError("too_large", f"attachment of {len(payload)} bytes, at most {MAX_ATTACHMENT_BYTES}")
    return payload


def unpack(payload: bytes) -> Attachment:
    """Read what `pack` made, checking size and SHA-256."""
    if len(payload) > MAX_ATTACHMENT_BYTES:
        raise WireError("too_large", f"attachment of {len(payload)} bytes, at most {MAX_ATTACHMENT_BYTES}")
    if not payload.startswith(MAGIC):
        raise WireError("blob", "carries no header of ours")
    head, newline, sealed = payload[len(MAGIC) :].partition(b"\n")
    if not newline or len(head) > MAX_HEADER_BYTES:
        raise WireError("blob", "the header does not end")
    record = strictjson.decode(head, _RECORD)
    if record.v != PROTOCOL_VERSION:
        raise WireError("version", f"protocol version {record.v}; this side speaks {PROTOCOL_VERSION}")
    if len(sealed) != record.size_bytes or hashlib.sha256(sealed).hexdigest() != record.sha256:
        raise WireError("hash_mismatch", "the blob is not the one its header describes")
    return Attachment(record, head, sealed)
