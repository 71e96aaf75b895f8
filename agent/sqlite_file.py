"""Damage in an SQLite file that SQLite itself lets pass, or takes for something else.

SQLite keeps each table's definition as text in the file. A changed byte in a column's name is still a definition: the
file opens, passes the check of its pages, and only the statements that name the column fail, hours later. So what is
in a file is held against what it was made with. And changed bytes in the header look like a newer SQLite's or Sandi's.
https://www.sqlite.org/fileformat2.html#the_database_header
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

Listed = Counter[tuple[object, ...]]
"""Type, name, table and definition of all there is in a file, in no order."""
LIST = "SELECT type, name, tbl_name, sql FROM sqlite_master"
MOST_VERSION = 255
"""A `user_version` beyond this is no newer Sandi's but damage."""
HEADER_BYTES = 100
HEADER = {
    0: b"SQLite format 3\0",
    18: bytes((2, 2, 0, 64, 32, 32)),  # a log, for writing and for reading; no room kept back; the fractions
    44: (4).to_bytes(4),  # the schema's format
    52: bytes(4),  # no automatic vacuum
    56: (1).to_bytes(4),  # UTF-8
}
"""What is the same in each of our files, and where."""
_WRITABLE = (1, 2)
_COMPLAINTS = (
    "malformed",
    "unsupported file format",
    "no such table",
    "no such column",
    "has no column named",
    "Could not decode",
)


def listed(rows: Iterable[tuple[object, ...]]) -> Listed:
    """What the rows of `LIST` say."""
    return Counter(rows)


def made_by(*statements: str) -> Listed:
    """What a file has in which these have been executed."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(";\n".join(statements))
        return listed(db.execute(LIST))


def is_damage(error: sqlite3.Error, path: Path) -> bool:
    """Whether SQLite's complaint, none about corruption by its code, comes of damage in the file all the same."""
    if any(words in str(error) for words in _COMPLAINTS):
        return True
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY and _forbids_writing(path)


def _forbids_writing(path: Path) -> bool:
    """A byte of the header that says a newer SQLite wrote the file, which an older one may only read."""
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
    except OSError:
        return False
    return len(header) == HEADER_BYTES and header[18] not in _WRITABLE
