"""Bytes to messages and back, for every topic. Any byte string either decodes or raises WireError.

A payload starts with `{` (JSON) or 0x78 (zlib of JSON, when that is smaller). Sizes are checked before decoding
and again while inflating, so that a bomb costs at most MAX_DECODED_BYTES.
"""

import hashlib
import zlib
from typing import TypeVar

import msgspec

from wire import PROTOCOL_VERSION, strictjson
from wire.attachment import MAX_ATTACHMENT_BYTES, Attachment
from wire.attachment import unpack as unpack_attachment
from wire.bodies import BODIES, DOWNLINK_BODIES
from wire.dictionary import DICTIONARY
from wire.errors import WireError
from wire.messages import Ack, Batch, CenterState, Downlink, Record, State, content_hash
from wire.snapshot import MAX_SNAPSHOT_BYTES, Snapshot
from wire.snapshot import extract as extract_snapshot
from wire.topics import parse

MAX_PAYLOAD_BYTES = 256 * 1024
"""A batch as published. Well under the 2,000,000 bytes at which newer brokers hang up."""
MAX_DECODED_BYTES = 1024 * 1024
MAX_RECORD_BODY_BYTES = 64 * 1024
MAX_CONTROL_BYTES = 64 * 1024
"""States, acknowledgements, downlinks."""
COMPRESS_FROM_BYTES = 256
"""Below this, zlib's header eats what it saves (measured on one-record batches)."""

Message = Batch | State | Ack | CenterState | Downlink
_ENCODER = msgspec.json.Encoder()
_BATCH = msgspec.json.Decoder(Batch)
_STATE = msgspec.json.Decoder(State)
_ACK = msgspec.json.Decoder(Ack)
_CENTER_STATE = msgspec.json.Decoder(CenterState)
_DOWNLINK = msgspec.json.Decoder(Downlink)
_BODY_DECODERS = {
    struct: msgspec.json.Decoder(struct) for table in (*BODIES.values(), DOWNLINK_BODIES) for struct in table.values()
}
S = TypeVar("S", State, Ack, CenterState, Downlink)


def encode(message: Message) -> bytes:
    """Plain JSON; for batches use `encode_batch`."""
    return _ENCODER.encode(message)


def encode_batch(batch: Batch) -> bytes:
    """A batch as it is published: zlib when that pays. WireError("too_large") when no reader would accept it."""
    plain = _ENCODER.encode(batch)
    if len(plain) > MAX_DECODED_BYTES:
        raise WireError("too_large", f"batch of {len(plain)} bytes, at most {MAX_DECODED_BYTES}")
    packed = _deflate(plain) if len(plain) >= COMPRESS_FROM_BYTES else plain
    payload = packed if len(packed) < len(plain) else plain
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WireError("too_large", f"payload of {len(payload)} bytes, at most {MAX_PAYLOAD_BYTES}")
    return payload


def _deflate(plain: bytes) -> bytes:
    deflater = zlib.compressobj(
        6, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_DEFAULT_STRATEGY, DICTIONARY
    )
    return deflater.compress(plain) + deflater.flush()


def decode_up(topic: str, payload: bytes) -> Batch | Snapshot | Attachment:
    """What a node published under `up/`. The topic's node and stream must be the payload's own."""
    parsed = parse(topic)
    if parsed.kind != "up":
        raise WireError("topic", f"{topic!r} is not under up/")
    message: Batch | Snapshot | Attachment
    if parsed.leaf == "snapshot":
        message = extract_snapshot(payload)
        _own(message.record.node, parsed.node)
        return message
    if parsed.leaf == "attachment":
        message = unpack_attachment(payload)
        _own(message.record.node, parsed.node)
        return message
    batch = decode_batch(payload)
    _own(batch.node, parsed.node)
    if batch.stream != parsed.leaf:
        raise WireError("stream_mismatch", f"a batch of {batch.stream} on the topic of {parsed.leaf}")
    return batch


def decode_batch(payload: bytes) -> Batch:
    """A batch whose records ascend, lie within `head` and are what their hashes say."""
    plain = inflate(payload)
    batch = strictjson.decode(plain, _BATCH)
    _speaks(batch.v)
    previous = 0
    for record in batch.records:
        if record.seq <= previous:
            raise WireError("range", f"sequence {record.seq} after {previous}")
        previous = record.seq
        _check_record(record)
    if batch.records and previous > batch.head:
        raise WireError("range", f"sequence {previous} beyond the head {batch.head}")
    return batch


def decode_state(payload: bytes) -> State:
    """A birth, death or will."""
    return _control(payload, _STATE)


def decode_ack(payload: bytes) -> Ack:
    """An acknowledgement whose ranges ascend and do not overlap."""
    ack = _control(payload, _ACK)
    end = 0
    for first, last in ack.stored:
        if not end < first <= last:
            raise WireError("range", f"range {first}..{last} after {end}")
        end = last
    return ack


def decode_center_state(payload: bytes) -> CenterState:
    """The centre's presence and generation."""
    return _control(payload, _CENTER_STATE)


def decode_downlink(payload: bytes) -> Downlink:
    """A reply, notice, command or config envelope; its body is read with `decode_downlink_body`."""
    return _control(payload, _DOWNLINK)


def decode_body(stream: str, kind: str, body: bytes) -> msgspec.Struct | None:
    """The body of a record of a decoded batch; None for a kind this version does not know."""
    struct = BODIES.get(stream, {}).get(kind)
    return None if struct is None else strictjson.decode_part(body, _BODY_DECODERS[struct])


def decode_downlink_body(leaf: str, body: bytes) -> msgspec.Struct:
    """The body of a downlink by the leaf it arrived on."""
    struct = DOWNLINK_BODIES.get(leaf)
    if struct is None:
        raise WireError("topic", f"{leaf!r} carries no downlink")
    return strictjson.decode(body, _BODY_DECODERS[struct])


def payload_digest(payload: bytes) -> str:
    """16 hex characters that name a payload in a refusal (BLAKE2b-64 of its bytes as published)."""
    return hashlib.blake2b(payload, digest_size=8).hexdigest()


def inflate(payload: bytes) -> bytes:
    """The JSON in a payload: as it stands, or out of zlib, never more than MAX_DECODED_BYTES."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WireError("too_large", f"payload of {len(payload)} bytes, at most {MAX_PAYLOAD_BYTES}")
    if payload[:1] == b"{":
        return payload
    if payload[:1] != b"\x78":
        raise WireError("json", "starts with neither { nor 0x78")
    inflater = zlib.decompressobj(zdict=DICTIONARY)  # used when the stream's header asks for it, else ignored
    try:
        plain = inflater.decompress(payload, MAX_DECODED_BYTES + 1)
    except zlib.error as error:
        raise WireError("zlib", str(error)) from error
    if len(plain) > MAX_DECODED_BYTES:
        raise WireError("bomb", f"inflates to more than {MAX_DECODED_BYTES} bytes")
    if not inflater.eof or inflater.unused_data:
        raise WireError("zlib", "truncated, or followed by other bytes")
    return plain


def _control(payload: bytes, decoder: "msgspec.json.Decoder[S]") -> S:
    if len(payload) > MAX_CONTROL_BYTES:
        raise WireError("too_large", f"payload of {len(payload)} bytes, at most {MAX_CONTROL_BYTES}")
    message = strictjson.decode(payload, decoder)
    _speaks(message.v)
    return message


def _check_record(record: Record) -> None:
    if len(bytes(record.body)) > MAX_RECORD_BODY_BYTES:
        raise WireError("too_large", f"record {record.seq} has a body over {MAX_RECORD_BODY_BYTES} bytes")
    if content_hash(record) != record.hash:
        raise WireError("hash_mismatch", f"record {record.seq} is not what its hash says")


def _speaks(version: int) -> None:
    if version != PROTOCOL_VERSION:
        raise WireError("version", f"protocol version {version}; this side speaks {PROTOCOL_VERSION}")


def _own(named: str, node: str) -> None:
    if named != node:
        raise WireError("node_mismatch", f"the payload names {named}, the topic {node}")


__all__ = [
    "COMPRESS_FROM_BYTES",
    "MAX_ATTACHMENT_BYTES",
    "MAX_CONTROL_BYTES",
    "MAX_DECODED_BYTES",
    "MAX_PAYLOAD_BYTES",
    "MAX_RECORD_BODY_BYTES",
    "MAX_SNAPSHOT_BYTES",
    "Message",
    "decode_ack",
    "decode_batch",
    "decode_body",
    "decode_center_state",
    "decode_downlink",
    "decode_downlink_body",
    "decode_state",
    "decode_up",
    "encode",
    "encode_batch",
    "inflate",
    "payload_digest",
]
