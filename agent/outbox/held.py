"""One record as the outbox holds it, and how it looks in a database row."""

import hashlib
import zlib
from pathlib import Path

import msgspec

from agent.core.clock import Stamp
from agent.outbox.errors import OutboxError
from agent.outbox.packing import pack, unpack
from wire.codec import MAX_RECORD_BODY_BYTES
from wire.messages import Record, content_hash, make_record
from wire.shape import Struct

ENVELOPE_BYTES = 240
"""What a record weighs on the wire beside its body: keys, boot, run, hash (measured: 231..246)."""
COMPRESS_FROM_BYTES = 200
HASH_LENGTH = 32
FILE_STREAMS = ("attachment", "snapshot")
"""Streams whose records travel inside a file of their own."""

RowValues = tuple[int, str, str, int, int, int, str, bytes, str, int, str | None]


class Held(Struct, frozen=True):
    """A record, what it weighs, and for pictures and sealed blobs the file that carries it."""

    record: Record
    size_bytes: int
    path: Path | None = None


class BadRowError(Exception):
    """A row that is not what was written: to be quarantined."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"row {seq} is damaged")
        self.seq = seq


def new_held(seq: int, kind: str, body: bytes, stamp: Stamp) -> Held:
    """A record made now."""
    record = make_record(
        seq=seq,
        boot=stamp.boot,
        run=stamp.run,
        mono_ms=stamp.mono_ms,
        wall_ms=stamp.wall_ms,
        synced=stamp.synced,
        kind=kind,
        body=body,
    )
    return Held(record, len(body) + ENVELOPE_BYTES)


def new_file(seq: int, kind: str, content: bytes, stamp: Stamp, path: Path) -> Held:
    """A record that travels inside `content`; its hash here is the file's own."""
    fields = (seq, stamp.boot, stamp.run, stamp.mono_ms, stamp.wall_ms, stamp.synced)
    return Held(Record(*fields, kind, msgspec.Raw(b"{}"), file_hash(content)), len(content), path)


def renumbered(held: Held, seq: int) -> Held:
    """The same record under another number: what happens when it moves to a new epoch."""
    record = msgspec.structs.replace(held.record, seq=seq)
    return Held(msgspec.structs.replace(record, hash=content_hash(record)), held.size_bytes, held.path)


def file_hash(content: bytes) -> str:
    """How a file's bytes are recognised when they are read again."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def check_body(kind: str, body: bytes) -> None:
    """Refuse at the door what no reader would take: it would be a poison record later."""
    if not 0 < len(kind) <= 64 or not kind.isascii() or not kind.isprintable() or " " in kind:
        raise OutboxError("invalid", f"{kind!r} is not the kind of a record", permanent=True)
    if len(body) > MAX_RECORD_BODY_BYTES:
        detail = f"a body of {len(body)} bytes, at most {MAX_RECORD_BODY_BYTES}"
        raise OutboxError("too_large", detail, permanent=True)
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
        body.decode("utf-8")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OutboxError("invalid", f"the body is not JSON: {error}", permanent=True) from error


def to_row(stream: str, held: Held) -> RowValues:
    """The values of a row of the stream's table, in the order of `schema.COLUMNS`."""
    record = held.record
    return (
        record.seq,
        record.boot,
        record.run,
        record.mono_ms,
        record.wall_ms,
        int(record.synced),
        record.kind,
        _packed(bytes(record.body)),
        marked(stream, record.hash),
        held.size_bytes,
        held.path.name if held.path else None,
    )


def marked(stream: str, digest: str) -> str:
    """The hash as a row keeps it, behind the first letter of its stream (they differ).

    A damaged pointer can make one table show rows of another; a record's own hash does not speak of its stream.
    """
    return stream[0] + digest


def from_row(stream: str, row: tuple[object, ...], files: Path) -> Held:
    """A row of the stream's table read back; BadRowError when its content is not what its hash says."""
    seq = int(str(row[0]))
    try:
        _, boot, run, mono_ms, wall_ms, synced, kind, body, digest, size_bytes, file = row
        plain = _unpacked(body if isinstance(body, bytes) else b"")
        texts = (str(boot), str(run), int(str(mono_ms)), int(str(wall_ms)), bool(synced))
        record = Record(seq, *texts, str(kind), msgspec.Raw(plain), _unmarked(stream, str(digest)))
    except (ValueError, zlib.error) as error:
        raise BadRowError(seq) from error
    if file is None and content_hash(record) != record.hash:
        raise BadRowError(seq)
    # Only the name counts: a damaged row must not point outside the folder.
    return Held(record, int(str(size_bytes)), files / Path(str(file)).name if file else None)


def _unmarked(stream: str, digest: str) -> str:
    """ValueError for the mark of another stream. Rows of before the mark have none."""
    if len(digest) > HASH_LENGTH and not digest.startswith(stream[0]):
        raise ValueError(f"the row is not of the stream {stream}")
    return digest[-HASH_LENGTH:]


def _packed(body: bytes) -> bytes:
    """zlib when it pays; told apart by the first byte, since no JSON text starts with 0x78."""
    if len(body) < COMPRESS_FROM_BYTES:
        return body
    packed = pack(body)
    return packed if len(packed) < len(body) else body


def _unpacked(stored: bytes) -> bytes:
    if stored[:1] != b"\x78":
        return stored
    return unpack(stored, MAX_RECORD_BODY_BYTES)
