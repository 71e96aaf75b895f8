"""What the outbox remembers of each stream beyond its rows: the head, what is done, what it weighs.

`done` are the numbers that need no sending any more: acknowledged, or given up with a ledger entry. It is a watermark
plus holes, so it stays short. It is written together with each deletion of rows, not with each acknowledgement.

A thinned stretch would be nothing but holes, thousands of them. There the table itself says what is left: up to
`thinned_to`, a number that is neither in `done` nor in a row has been given up. `absent` counts those. When a record
of such a stretch is done, the absent numbers behind it are done with it (`sparse`), so that `done` stays short and the
first number that is not done is always a record.
"""

import hashlib

import msgspec

from agent.outbox import schema
from agent.outbox.database import Database
from agent.outbox.errors import OutboxError
from wire.ranges import Ranges
from wire.shape import Struct, field
from wire.topics import STREAMS

KEPT_STREAMS = ("complaint", "event")
"""Kept for some days after their acknowledgement, to be offered again to a centre restored from an older backup."""
MARK_AHEAD = 64
"""One page more for each 64 reports, in a commit that writes a page anyway."""


class Lane(Struct, frozen=True):
    """One stream: `head` is the last number given out; `rows` and `size_bytes` count the rows of its table."""

    head: int = 0
    done: Ranges = field(default_factory=Ranges)
    rows: int = 0
    size_bytes: int = 0
    thinned: tuple[int, int] = (0, 0)
    """How far each of `thinning.LEVELS` has come."""
    absent: int = 0
    mark: int = 0
    """Of health: no number behind this one was ever given out, whatever the slots say (0: an older version wrote it).
    A report's number is only in its slot until the state is saved, so a damaged slot may hide how far it had come."""

    @property
    def thinned_to(self) -> int:
        """Up to here absence means given up."""
        return self.thinned[0]

    @property
    def watermark(self) -> int:
        """All numbers up to here are done."""
        return self.done.pairs[0][1] if self.done.pairs and self.done.pairs[0][0] == 1 else 0

    @property
    def pending(self) -> int:
        """How many records wait for their acknowledgement."""
        return self.head - len(self.done) - self.absent

    @property
    def oldest_held(self) -> int:
        """The first number that is not done; head + 1 when all are."""
        return self.watermark + 1

    def not_done(self, first: int, last: int) -> Ranges:
        """Which numbers of first..last are not done, absent ones included; only numbers that were given out."""
        return self.done.missing(max(1, first), min(last, self.head))


class _Stored(msgspec.Struct):
    head: int
    done: tuple[tuple[int, int], ...]
    rows: int
    size_bytes: int
    thinned: tuple[int, int] = (0, 0)
    absent: int = 0
    mark: int = 0


def seal(*parts: str) -> str:
    """A checksum for values whose silent change would lose records."""
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def save(db: Database, stream: str, lane: Lane) -> None:
    """Write a stream's state, in the caller's transaction."""
    stored = _Stored(lane.head, lane.done.pairs, lane.rows, lane.size_bytes, lane.thinned, lane.absent, lane.mark)
    state = msgspec.json.encode(stored).decode()
    db.execute("INSERT OR REPLACE INTO stream VALUES (?, ?, ?)", (stream, state, seal(stream, state)))


def load(db: Database) -> dict[str, Lane]:
    """Every stream as it was last saved, plus the rows inserted since. OutboxError("corrupt") for a damaged state."""
    stored = {str(name): (str(state), str(check)) for name, state, check in db.rows("SELECT * FROM stream")}
    lanes: dict[str, Lane] = {}
    for stream in STREAMS:
        state, check = stored.get(stream, ("", ""))
        if check != seal(stream, state):
            raise OutboxError("corrupt", f"the state of stream {stream} is damaged")
        known = msgspec.json.decode(state, type=_Stored)
        count, size = next(db.rows(schema.SINCE[stream], (known.head,)))
        lanes[stream] = Lane(
            head=max(known.head, db.integer(schema.NEWEST[stream])),
            done=Ranges(known.done),
            rows=known.rows + int(str(count)),
            size_bytes=known.size_bytes + int(str(size)),
            thinned=known.thinned,
            absent=known.absent,
            mark=known.mark,
        )
    return lanes


def stored_done(state: str) -> Ranges:
    """What is done according to a saved state."""
    return Ranges(msgspec.json.decode(state, type=_Stored).done)


def note(db: Database, name: str) -> str | None:
    """A single remembered value. OutboxError("corrupt") when it is not what was written."""
    for value, check in db.rows("SELECT value, seal FROM note WHERE name = ?", (name,)):
        if str(check) != seal(name, str(value)):
            raise OutboxError("corrupt", f"the note {name} is damaged")
        return str(value)
    return None


def set_note(db: Database, name: str, value: str) -> None:
    """Remember a single value, in the caller's transaction."""
    db.execute("INSERT OR REPLACE INTO note VALUES (?, ?, ?)", (name, value, seal(name, value)))


def life_ms(db: Database) -> int:
    """For how long the agent has run with this file; from zero when the note is damaged: kept records stay longer."""
    try:
        return int(note(db, "life_ms") or 0)
    except OutboxError as error:
        if error.code != "corrupt":
            raise
        return 0
