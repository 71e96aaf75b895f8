"""The envelopes on the wire: record, batch, birth and death, acknowledgement, downlink.

All are frozen. Unknown keys are ignored on reading, so that a newer side may add some; a missing key without a
default, a wrong type or a number out of range is a WireError("schema") in `wire.codec`.
"""

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from wire import PROTOCOL_VERSION

MAX_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact (RFC 8259 section 6)."""

Version = Annotated[int, Meta(ge=1, le=1000)]
Seq = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
Head = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
Millis = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
WallMillis = Annotated[int, Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$(?!\n)")]
NodeName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9-]+$(?!\n)")]
StreamName = Literal["complaint", "attachment", "event", "health", "snapshot"]
HexHash = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]
Code = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$(?!\n)")]


class Record(msgspec.Struct, frozen=True):
    """One immutable thing a node noted down. `(node, epoch, stream, seq)` is its identity everywhere.

    `mono_ms` is CLOCK_BOOTTIME within `boot`; `wall_ms` (Unix time) is only a remark, trusted when `synced`.
    `hash` is `content_hash` of the rest: the same identity with another hash is a cloned card, not a repeat.
    """

    seq: Seq
    boot: Name
    run: Name
    mono_ms: Millis
    wall_ms: WallMillis
    synced: bool
    kind: Name
    body: Raw
    hash: HexHash


class Batch(msgspec.Struct, frozen=True):
    """Records of one stream, ascending by `seq`, with the bounds of what the node still holds.

    Below `oldest_held` the centre may expect each record to be stored or declared given up in the gap ledger.
    """

    v: Version
    node: NodeName
    epoch: Name
    stream: StreamName
    oldest_held: Head
    head: Head
    records: Annotated[tuple[Record, ...], Meta(max_length=5000)]


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """Birth and death of a node's session, retained; the will carries the same with status `offline`.

    `session` counts the connections of an epoch: a state is news only when its session is not older.
    `nonce` is fresh per birth; commands are bound to it.
    `warnings`: codes of the self-warnings that stand while the node's disk takes no report that could tell them.
    A birth that is published again within its session, with other warnings, is the same birth.
    """

    v: Version
    node: NodeName
    status: Literal["online", "offline"]
    reason: Literal["birth", "will", "stop"]
    boot: Name
    run: Name
    epoch: Name
    session: Seq
    nonce: Name
    version: Annotated[str, Meta(max_length=40)]
    warnings: Annotated[tuple[Code, ...], Meta(max_length=32)] = ()


class Rejection(msgspec.Struct, frozen=True):
    """A record the centre keeps only in quarantine, and why. Code `epoch_conflict` alone is not kept at all."""

    seq: Seq
    code: Code


class Refusal(msgspec.Struct, frozen=True):
    """A payload that could not be decoded at all, named by `codec.payload_digest`: the node halves it."""

    digest: Digest
    code: Code


class Ack(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the centre has committed, sent after the commit. Ranges are inclusive and ascending.

    A rejected record also counts as stored, except with code `epoch_conflict`: the identity is taken by other
    content, and the node must mint a new epoch. `epoch` is empty when only refusals are reported.
    """

    v: Version
    epoch: Annotated[str, Meta(max_length=64)]
    stream: StreamName
    stored: Annotated[tuple[tuple[Seq, Seq], ...], Meta(max_length=5000)] = ()
    rejected: Annotated[tuple[Rejection, ...], Meta(max_length=5000)] = ()
    refused: Annotated[tuple[Refusal, ...], Meta(max_length=100)] = ()


class CenterState(msgspec.Struct, frozen=True):
    """The centre's presence and the generation of its database: a hint for nodes, never a gate."""

    v: Version
    status: Literal["online", "offline"]
    generation: Name


class Downlink(msgspec.Struct, frozen=True):
    """One entry of the centre's downlink outbox; published again at every birth until its receipt arrives.

    `body` is by leaf: see `wire.bodies.DOWNLINK_BODIES`. A command or config also carries `nonce`, `expires_ms`
    and `signature` (Ed25519, base64, over `signed_bytes`): bound to node, id and session.
    """

    v: Version
    id: Name
    generation: Name
    created_ms: WallMillis
    body: Raw
    nonce: Annotated[str, Meta(max_length=64)] = ""
    expires_ms: WallMillis = 0
    key_id: Annotated[str, Meta(max_length=64)] = ""
    signature: Annotated[str, Meta(max_length=128)] = ""


def content_hash(record: Record) -> str:
    """32 hex characters: BLAKE2b-128 over the record's fields and the exact bytes of its body, line by line."""
    fields = (record.seq, record.boot, record.run, record.mono_ms, record.wall_ms, int(record.synced), record.kind)
    digest = hashlib.blake2b("\n".join(map(str, fields)).encode(), digest_size=16)
    digest.update(b"\n")
    digest.update(bytes(record.body))
    return digest.hexdigest()


def make_record(
    *, seq: int, boot: str, run: str, mono_ms: int, wall_ms: int, synced: bool, kind: str, body: bytes
) -> Record:
    """A record with its content hash. `body` is JSON as it will stand on the wire, byte for byte."""
    unhashed = Record(seq, boot, run, mono_ms, wall_ms, synced, kind, Raw(body), "")
    return msgspec.structs.replace(unhashed, hash=content_hash(unhashed))


def signed_bytes(node: str, leaf: str, downlink: Downlink) -> bytes:
    """The exact bytes a command's signature covers; a copy for another node, session or leaf does not verify."""
    head = (
        "sandi-downlink",
        PROTOCOL_VERSION,
        node,
        leaf,
        downlink.id,
        downlink.generation,
        downlink.created_ms,
        downlink.nonce,
        downlink.expires_ms,
    )
    return "\n".join(map(str, head)).encode() + b"\n" + bytes(downlink.body)
