"""What a damaged outbox still shows of itself: its epoch, and how far its numbers had come.

The successor names both, so that the centre can say what is missing. Nothing here is believed that does not carry its
own checksum; where the newest numbers may have been in what is destroyed, rather some too many than one too few.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from agent.outbox import epochs, files, lanes, mending, schema, slots
from agent.outbox.held import BadRowError, from_row
from wire.topics import STREAMS


class _State(msgspec.Struct):
    """What is wanted of a stream's saved state."""

    head: int
    mark: int = 0


def identity(damaged: Path) -> tuple[str | None, dict[str, int]]:
    """The damaged file's epoch and, per stream, the highest number that can still be seen in it.

    The sidecar knows both too, but its heads may be hours old: numbers it does not name would be missed by nobody.
    """
    heads: dict[str, int] = {}
    try:
        with closing(connected(damaged)) as connection:
            epoch = epoch_of(connection)
            for stream in STREAMS:
                heads[stream] = max(
                    _head(connection, stream), _newest_file(damaged.parent / files.FOLDER, stream, epoch)
                )
    except (sqlite3.Error, UnicodeError, TypeError):
        return None, {}
    return epoch, heads


def epoch_of(connection: sqlite3.Connection) -> str | None:
    """The epoch, when it is what was written."""
    with suppress(sqlite3.Error, UnicodeError, TypeError):
        row = connection.execute("SELECT value, seal FROM note WHERE name = 'epoch'").fetchone()
        if row is not None and row[1] == lanes.seal("epoch", str(row[0])):
            return str(row[0])
    return None


def _head(connection: sqlite3.Connection, stream: str) -> int:
    """The highest number that was given out, as far as rows, slots and the saved state show it."""
    seen = [_newest_row(connection, stream)]
    mark = 0
    with suppress(sqlite3.Error, UnicodeError, msgspec.DecodeError, TypeError):
        state, check = connection.execute("SELECT state, seal FROM stream WHERE name = ?", (stream,)).fetchone()
        if check == lanes.seal(stream, state):
            known = msgspec.json.decode(state, type=_State)
            seen.append(known.head)
            mark = known.mark
    if stream == "health":
        found = slots_of(connection)
        # Where slots are damaged the newest numbers may have been there: rather some too many than one too few.
        seen += [found.newest] if found else []
        seen += [mark] if found is None or found.damaged else []
    return max(seen)


def _newest_row(connection: sqlite3.Connection, stream: str) -> int:
    """Numbers have no gaps at the right end, so damaged rows behind the last whole one are counted, not believed."""
    backwards = _rows_until_damage(connection, stream, " DESC")
    for behind, (seq, whole) in enumerate(backwards):
        if whole:
            return seq + behind
    last = behind = 0
    for seq, whole in _rows_until_damage(connection, stream):
        last, behind = (seq, 0) if whole else (last, behind + 1)
    if last + behind:
        return last + behind
    with suppress(sqlite3.Error, UnicodeError, ValueError, TypeError):  # the damage may be in a column's name
        return int(connection.execute(schema.NEWEST[stream]).fetchone()[0])
    return 0


def _newest_file(folder: Path, stream: str, epoch: str | None) -> int:
    """A picture or blob may outlive its row."""
    start = epochs.file_name(stream, epoch or "*", 0)[:-1]
    numbers = [path.name.rpartition("-")[2] for path in folder.glob(f"{start}*")]
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def _rows_until_damage(connection: sqlite3.Connection, stream: str, order: str = "") -> Iterator[tuple[int, bool]]:
    with suppress(sqlite3.Error, UnicodeError, ValueError):
        for row in connection.execute(schema.AFTER[stream] + order, (0,)):
            try:
                yield from_row(stream, row, Path()).record.seq, True
            except BadRowError:
                yield int(str(row[0])), False


def connected(damaged: Path) -> sqlite3.Connection:
    """A damaged file, opened as far as it can be."""
    connection = sqlite3.connect(damaged, isolation_level=None)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    mending.mend_tables(connection)
    return connection


def slots_of(connection: sqlite3.Connection) -> slots.Slots | None:
    """What is left of the slots, row by row: damage may be anywhere in their tree. None when nothing is."""
    rows: dict[int, tuple[object, ...]] = {}
    for slot in range(slots.SLOT_COUNT):
        with suppress(sqlite3.Error, UnicodeError):
            for row in connection.execute("SELECT id, data FROM slot WHERE id = ?", (slot,)):
                rows[slot] = row
    return slots.read(rows.values()) if rows else None
