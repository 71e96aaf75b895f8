"""Reading what is left of a damaged outbox into its successor.

SQLite stops at the first damaged page, so each table is read from the left until it fails, then from the right. Records
are taken when they are what their hash says. They get new numbers in the new epoch, after their old order; pictures do
not move (their signature covers the old epoch) and are counted in the ledger.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from agent.core.clock import Stamp
from agent.core.reasons import BLOB, CORRUPT
from agent.outbox import epochs, files, lanes, ledger, schema
from agent.outbox.draft import Draft
from agent.outbox.evidence import connected, epoch_of, slots_of
from agent.outbox.held import BadRowError, Held, from_row, new_file, renumbered
from wire.ranges import Ranges
from wire.shape import replace

UNKNOWN = "unknown"
"""In place of the old epoch's name where the damage took it: an entry must not speak of the new one's numbers."""
MOST_FROM_THE_RIGHT = 20_000
"""Rows held in memory while a table is read backwards (some 20 MB)."""


def move(draft: Draft, damaged: Path, between: tuple[str | None, str], folder: Path, at: Stamp) -> dict[str, int]:
    """Move what can be read into `draft`; returns how many records of each stream that were.

    `between` are the epoch that the damaged file is taken for when it does not say so itself, and the new one.
    """
    found: dict[str, int] = {}
    before, epoch = between
    try:
        with closing(connected(damaged)) as connection:
            epochs_of = (epoch_of(connection) or before or UNKNOWN, epoch)
            for stream in ("complaint", "attachment", "event", "health", "snapshot"):
                done = _done(connection, stream)
                if stream == "snapshot":
                    found[stream] = _count_pictures(draft, connection, done, folder, at)
                    continue
                count = 0
                for held in _records(connection, stream, folder):
                    # Acknowledged complaints go too: the centre knows them by their own id.
                    if stream == "complaint" or not done.contains(held.record.seq):
                        count += _take(draft, stream, held, epochs_of, folder)
                found[stream] = count
    except (sqlite3.Error, UnicodeError):
        return found
    return found


def _take(draft: Draft, stream: str, held: Held, epochs_of: tuple[str, str], folder: Path) -> int:
    """One record into the new epoch; `epochs_of` are the old one and the new one."""
    old, epoch = epochs_of
    seq = draft.lane(stream).head + 1
    if stream != "attachment":
        draft.insert(stream, renumbered(ledger.bound(held, old), seq))
        return 1
    content = files.read_if_possible(held.path) if held.path else None
    rewritten = epochs.rewritten_blob(content, seq, epoch) if content else None
    if rewritten is None:
        # The file is a citizen's: with its headstone it stays.
        name = held.path.name if content and held.path else None
        values = (stream, old, held.record.seq, BLOB, held.record.kind, b"", name)
        draft.db.execute(ledger.HEADSTONE, values)
        return 0
    path = folder / epochs.file_name(stream, epoch, seq)
    files.write(path, rewritten)
    record = held.record
    stamp = Stamp(record.boot, record.run, record.mono_ms, record.wall_ms, record.synced)
    draft.insert(stream, new_file(seq, record.kind, rewritten, stamp, path))
    return 1


def _count_pictures(draft: Draft, connection: sqlite3.Connection, done: Ranges, folder: Path, at: Stamp) -> int:
    lost = [held for held in _records(connection, "snapshot", folder) if not done.contains(held.record.seq)]
    if not lost:
        return 0
    lane = draft.lane("snapshot")
    numbers = Ranges.from_pairs([(lane.head + 1, lane.head + len(lost))])
    draft.memory.lanes["snapshot"] = replace(lane, head=lane.head + len(lost), done=lane.done.union(numbers))
    walls = [held.record.wall_ms for held in lost]
    draft.gap("snapshot", numbers, span=(min(walls), max(walls)), why=CORRUPT, at=at)
    return 0


def _records(connection: sqlite3.Connection, stream: str, folder: Path) -> Iterator[Held]:
    """Readable records in order: from the left, then those beyond the damage."""
    last = 0
    for held in _until_damage(connection, stream, "", 0, folder):
        if held.record.seq > last:  # a stale page of the tree may show a record a second time
            last = held.record.seq
            yield held
    beyond: list[Held] = []
    for held in _until_damage(connection, stream, " DESC", last, folder):
        beyond.append(held)
        if len(beyond) >= MOST_FROM_THE_RIGHT:
            break
    yield from reversed(beyond)
    if stream == "health":
        yield from _from_slots(connection, max([last, *(held.record.seq for held in beyond)]))


def _from_slots(connection: sqlite3.Connection, after: int) -> Iterator[Held]:
    found = slots_of(connection)
    for held in found.ascending() if found else ():
        if held.record.seq > after:
            yield held


def _until_damage(connection: sqlite3.Connection, stream: str, order: str, after: int, folder: Path) -> Iterator[Held]:
    try:
        for row in connection.execute(schema.AFTER[stream] + order, (after,)):
            try:
                yield from_row(stream, row, folder)
            except (BadRowError, ValueError):
                continue
    except (sqlite3.Error, UnicodeError):
        return


def _done(connection: sqlite3.Connection, stream: str) -> Ranges:
    """What the old file knew as acknowledged; nothing when that is damaged: rather offered twice than lost."""
    try:
        row = connection.execute("SELECT state, seal FROM stream WHERE name = ?", (stream,)).fetchone()
        if row is None or row[1] != lanes.seal(stream, row[0]):
            return Ranges()
        return lanes.stored_done(row[0])
    except (sqlite3.Error, UnicodeError, msgspec.DecodeError, TypeError):
        return Ranges()
