"""Tables of the outbox and the statements over them.

Per stream one table of records, keyed by sequence number: new rows go to the right end of the tree, old ones leave
from the left. `stream` holds what must survive the deletion of rows (see `lanes`); `identity` and `note` hold single
values; `acked` says when kept records were acknowledged; `receipt` remembers downlinks dealt with; `dead` keeps what
the centre could not read; `slot` is the in-place group commit of health reports (see `slots`).
"""

from agent import sqlite_file
from agent.outbox.database import Database
from agent.outbox.errors import OutboxError
from agent.outbox.slots import SLOT_BYTES, SLOT_COUNT
from wire.topics import STREAMS

VERSION = 1
COLUMNS = "seq, boot, run, mono_ms, wall_ms, synced, kind, body, hash, size_bytes, file"

_RECORDS = """CREATE TABLE {table} (
  seq INTEGER PRIMARY KEY, boot TEXT NOT NULL, run TEXT NOT NULL, mono_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL,
  synced INTEGER NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL, hash TEXT NOT NULL, size_bytes INTEGER NOT NULL,
  file TEXT) STRICT"""
_OTHERS = (
    "CREATE TABLE stream (name TEXT PRIMARY KEY, state TEXT NOT NULL, seal TEXT NOT NULL) STRICT",
    "CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL, seal TEXT NOT NULL) STRICT",
    "CREATE TABLE acked (stream TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
    " at_life_ms INTEGER NOT NULL) STRICT",
    "CREATE TABLE receipt (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, outcome TEXT NOT NULL) STRICT",
    "CREATE TABLE dead (n INTEGER PRIMARY KEY, stream TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,"
    " code TEXT NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL, file TEXT) STRICT",
    "CREATE TABLE slot (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT",
)


def _each(template: str) -> dict[str, str]:
    return {stream: template.format(table=f"{stream}_record", columns=COLUMNS) for stream in STREAMS}


_TABLES = (*_each(_RECORDS).values(), *_OTHERS)

INSERT = _each("INSERT INTO {table} ({columns}) VALUES (?,?,?,?,?,?,?,?,?,?,?)")
AFTER = _each("SELECT {columns} FROM {table} WHERE seq > ? ORDER BY seq")
ONE = _each("SELECT {columns} FROM {table} WHERE seq = ?")
REPLACE_FILE = _each("UPDATE {table} SET hash = ?, size_bytes = ?, file = ? WHERE seq = ?")
DELETE_ONE = _each("DELETE FROM {table} WHERE seq = ?")
DELETE_RANGE = _each("DELETE FROM {table} WHERE seq BETWEEN ? AND ?")
WEIGHTS = _each("SELECT seq, size_bytes, wall_ms, kind, file FROM {table} WHERE seq BETWEEN ? AND ? ORDER BY seq")
NUMBERS = _each("SELECT seq FROM {table} ORDER BY seq")
NUMBERS_FROM = _each("SELECT seq FROM {table} WHERE seq >= ? ORDER BY seq")
NEWEST_BETWEEN = _each("SELECT max(seq) FROM {table} WHERE seq BETWEEN ? AND ?")
MOMENTS = _each("SELECT seq, boot, mono_ms, wall_ms, synced FROM {table} ORDER BY seq")
TIMES = _each("SELECT seq, boot, mono_ms, size_bytes, wall_ms FROM {table} WHERE seq BETWEEN ? AND ? ORDER BY seq")
TIME_BEFORE = _each("SELECT seq, boot, mono_ms, size_bytes FROM {table} WHERE seq <= ? ORDER BY seq DESC LIMIT 1")
GAPS = _each("SELECT {columns} FROM {table} WHERE kind = 'gap' ORDER BY seq DESC LIMIT ?")["event"]
DEAD = "SELECT n, stream, epoch, seq, code, kind, file FROM dead ORDER BY n DESC LIMIT ?"
DEAD_OF = "SELECT seq FROM dead WHERE stream = ? AND epoch = ? AND code IN (?, ?)"
NEWEST = _each("SELECT max(seq) FROM {table}")
FILES = _each("SELECT file FROM {table} WHERE file IS NOT NULL")
SINCE = _each("SELECT count(*), coalesce(sum(size_bytes), 0) FROM {table} WHERE seq > ?")


def create(db: Database) -> None:
    """All tables of a new file, and room for the slots, in the caller's transaction."""
    for statement in _TABLES:
        db.execute(statement)
    for slot in range(SLOT_COUNT):
        db.execute("INSERT INTO slot (id, data) VALUES (?, ?)", (slot, bytes(SLOT_BYTES)))
    db.execute(f"PRAGMA user_version={VERSION}")


def listed() -> sqlite_file.Listed:
    """All tables and indices of a whole file."""
    return sqlite_file.made_by(*_TABLES)


def check(db: Database) -> bool:
    """True for a file of ours, False for an empty one; OutboxError("newer") when a newer Sandi wrote it, and "corrupt"
    when the tables are not what this version makes, column for column."""
    version = db.integer("PRAGMA user_version")
    found = sqlite_file.listed(db.rows(sqlite_file.LIST))
    if not version and not found:
        return False
    if VERSION < version <= sqlite_file.MOST_VERSION:
        detail = f"the outbox has format {version}, this version of Sandi knows {VERSION}; install the newer one again"
        raise OutboxError("newer", detail, permanent=True)
    if version != VERSION:
        raise OutboxError("corrupt", "the number of the format is damaged")
    if found != listed():
        raise OutboxError("corrupt", "the definition of a table is damaged")
    return True
