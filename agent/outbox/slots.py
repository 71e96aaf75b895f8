"""Health reports wait for their acknowledgement in slots: fixed rows that are overwritten in place.

A report every 30 s, committed on its own, makes an ordinary insert touch the leaf, its parent, the free list and the
file's first page, and the deletion after the acknowledgement touches them again. A slot costs one page per report and
nothing at all for its deletion: it is simply used again. Measured for 2,880 reports a day: 15 MB instead of 22..35.

1. A report goes into as many free slots as it needs (normally one).
2. Acknowledged, its slots are free; nothing is written.
3. When no slot is free (the centre is away), all of them move into the ordinary table in one transaction, and a commit
   of many rows is cheap again.
After a crash every slot is read: what is not known as acknowledged is offered (again). A slot that was moved to the
table has its number there too, and is ignored.

A slot that was never used is all zeros. Any other is head, content, the head's own checksum (older versions left zeros
there) and ones to its end, so that a sector of zeros from a bad card does not make it look unused. Anything else is
damage, and which report it held, if one that still waited, nobody can say: see `loading`.
"""

import struct
import zlib
from collections.abc import Iterable, Mapping

import msgspec

from agent.outbox.database import Database
from agent.outbox.held import ENVELOPE_BYTES, Held
from agent.outbox.packing import pack, unpack
from wire.codec import MAX_RECORD_BODY_BYTES
from wire.messages import Record, content_hash
from wire.shape import Struct, replace

SLOT_COUNT = 64
SLOT_BYTES = 980
"""One slot per 1 kB page: 985 is the most that stays in a leaf (SQLite file format, section 1.6, less row overhead)."""
MOST_SLOTS = 8
_HEAD = struct.Struct(">QBBHI")  # seq, part, parts, length, crc32 of the content
_HEAD_SUM = struct.Struct(">I")  # behind the content: crc32 of the head
_ROOM = SLOT_BYTES - _HEAD.size - _HEAD_SUM.size
_MOST_BYTES = MAX_RECORD_BODY_BYTES + 4096


class Slots(Struct, frozen=True):
    """What the slots hold that is not acknowledged. Immutable: a new one replaces it after the commit."""

    held: Mapping[int, tuple[Held, tuple[int, ...]]]
    damaged: tuple[int, ...] = ()
    """Slots whose content is neither a report nor nothing."""
    newest: int = 0
    """The highest number seen in any of them when they were read, acknowledged ones included."""

    def free(self) -> list[int]:
        """Slots that may be overwritten."""
        used = {slot for _, slots in self.held.values() for slot in slots}
        return [slot for slot in range(SLOT_COUNT) if slot not in used]

    def place(self, db: Database, held: Held) -> "Slots | None":
        """Write a record into free slots; None when they do not suffice."""
        content = pack(msgspec.json.encode(held.record))
        parts = [content[start : start + _ROOM] for start in range(0, len(content), _ROOM)]
        free = self.free()
        if len(parts) > min(len(free), MOST_SLOTS):
            return None
        for index, part in enumerate(parts):
            head = _HEAD.pack(held.record.seq, index, len(parts), len(part), zlib.crc32(part))
            data = (head + part + _HEAD_SUM.pack(zlib.crc32(head))).ljust(SLOT_BYTES, b"\xff")
            db.execute("UPDATE slot SET data = ? WHERE id = ?", (data, free[index]))
        return replace(self, held={**self.held, held.record.seq: (held, tuple(free[: len(parts)]))})

    def without(self, seqs: Iterable[int]) -> "Slots":
        """After these were acknowledged, moved or given up."""
        gone = set(seqs)
        kept = {seq: entry for seq, entry in self.held.items() if seq not in gone}
        return replace(self, held=kept) if gone else self

    def mended(self, db: Database) -> "Slots":
        """Empty the damaged ones, in the caller's transaction."""
        for slot in self.damaged:
            db.execute("INSERT OR REPLACE INTO slot (id, data) VALUES (?, ?)", (slot, bytes(SLOT_BYTES)))
        return replace(self, damaged=())

    def ascending(self) -> list[Held]:
        """The records, oldest first."""
        return [self.held[seq][0] for seq in sorted(self.held)]


def load(db: Database) -> Slots:
    """What the slots held when the process ended."""
    return read(db.rows("SELECT id, data FROM slot"))


class _Piece(Struct, frozen=True):
    """The content of one slot. `sure`: its head has not changed since it was written."""

    slot: int
    seq: int
    part: int
    parts: int
    content: bytes
    sure: bool


def read(rows: Iterable[tuple[object, ...]]) -> Slots:
    """Slots from their rows (id, data). What is left of a report whose other slots were used again counts as empty."""
    pieces: list[_Piece] = []
    damaged = set(range(SLOT_COUNT))
    for row_id, data in rows:
        slot = int(str(row_id))
        piece = _piece(slot, data)
        if piece is not None:
            pieces.append(piece)
        if piece is not None or data == bytes(SLOT_BYTES):
            damaged.discard(slot)
    found: dict[int, tuple[Held, tuple[int, ...]]] = {}
    for group in _groups(pieces):
        held = _joined([piece.content for piece in group])
        if held is not None and (len(group) == 1 or held.record.seq == group[0].seq):
            found[held.record.seq] = (held, tuple(piece.slot for piece in group))
    used = {slot for _, slots in found.values() for slot in slots}
    lost = damaged | {piece.slot for piece in pieces if not piece.sure and piece.slot not in used}
    newest = max([0, *found, *(piece.seq for piece in pieces if piece.sure)])
    return Slots(found, tuple(sorted(lost)), newest)


def _piece(slot: int, data: object) -> _Piece | None:
    if not isinstance(data, bytes) or len(data) != SLOT_BYTES:
        return None
    seq, part, parts, length, checksum = _HEAD.unpack_from(data)
    end = _HEAD.size + length
    content = data[_HEAD.size : end]
    if not length or end > SLOT_BYTES or zlib.crc32(content) != checksum:
        return None
    head_sum = data[end : end + _HEAD_SUM.size]
    older = not any(data[end:])
    return _Piece(slot, seq, part, parts, content, older or head_sum == _HEAD_SUM.pack(zlib.crc32(data[: _HEAD.size])))


def _groups(pieces: list[_Piece]) -> Iterable[list[_Piece]]:
    """Pieces that may be a whole report: those of one number, and each alone whose head may not be believed."""
    by_number: dict[int, dict[int, _Piece]] = {}
    for piece in pieces:
        by_number.setdefault(piece.seq, {})[piece.part] = piece
    for group in by_number.values():
        if len(group) > 1 and sorted(group) == list(range(max(piece.parts for piece in group.values()))):
            yield [group[part] for part in sorted(group)]
    for piece in pieces:
        if piece.parts == 1 or not piece.sure:
            yield [piece]


def _joined(pieces: list[bytes]) -> Held | None:
    try:
        record = msgspec.json.decode(unpack(b"".join(pieces), _MOST_BYTES), type=Record)
    except (zlib.error, msgspec.DecodeError):
        return None
    # The record's body is cut out of a larger buffer; a copy lets go of that.
    record = msgspec.structs.replace(record, body=msgspec.Raw(bytes(record.body)))
    return Held(record, len(bytes(record.body)) + ENVELOPE_BYTES) if content_hash(record) == record.hash else None
