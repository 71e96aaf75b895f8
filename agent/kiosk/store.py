"""The kiosk's own little database: which tickets were given out, and the answers that came for them.

Nothing a citizen typed is in here in the clear. A ticket is written as `pending`, with its sealed body, before the
outbox has it, and becomes `accepted` afterwards: `Intake` explains the order. Synchronous; call it from one thread.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from agent.files import sync_directory
from wire.shape import Struct

MOST_TICKETS: Final = 10_000
"""Some 30 years of a busy kelurahan; the oldest accepted ones go beyond it (the centre has them all)."""
MOST_REPLIES: Final = 50
"""Kept per ticket."""
SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE ticket (
    service_request_id TEXT PRIMARY KEY,
    client_hash TEXT NOT NULL UNIQUE,
    content_mac BLOB NOT NULL,
    code TEXT NOT NULL UNIQUE,
    category TEXT NOT NULL,
    urgent INTEGER NOT NULL,
    pin_salt BLOB NOT NULL,
    pin_hash BLOB NOT NULL,
    wall_ms INTEGER NOT NULL,
    stamp BLOB NOT NULL,
    body BLOB,
    epoch TEXT,
    seq INTEGER,
    wrong_pins INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX ticket_pending ON ticket (service_request_id) WHERE body IS NOT NULL;
CREATE TABLE reply (
    downlink_id TEXT PRIMARY KEY,
    service_request_id TEXT NOT NULL REFERENCES ticket (service_request_id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    text TEXT NOT NULL,
    at_ms INTEGER NOT NULL
);
CREATE INDEX reply_ticket ON reply (service_request_id, at_ms);
"""


class StoreError(Exception):
    """The database refused; nothing was changed. The message is SQLite's."""


class Ticket(Struct, frozen=True):
    """One row. `body` is the sealed complaint while the ticket is pending; (epoch, seq) where the outbox put it."""

    service_request_id: str
    client_hash: str
    content_mac: bytes
    code: str
    category: str
    urgent: bool
    pin_salt: bytes
    pin_hash: bytes
    wall_ms: int
    stamp: bytes
    body: bytes | None
    epoch: str | None = None
    seq: int | None = None
    wrong_pins: int = 0


_FIELDS: Final = Ticket.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)


class StoredReply(Struct, frozen=True):
    """One answer of the city."""

    status: str
    text: str
    at_ms: int


class KioskStore:
    """Open `kiosk.db` in a directory, or make it. A damaged file is put aside: its complaints are in the outbox."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "kiosk.db"
        self.put_aside: Path | None = None
        try:
            self._db = _open(self.path)
        except (OSError, sqlite3.OperationalError) as error:
            raise StoreError(f"{self.path}: {error}") from error
        except (sqlite3.DatabaseError, UnicodeDecodeError):  # the latter: SQLite's message quotes a damaged schema
            self.put_aside = _put_aside(self.path)
            self._db = _open(self.path)

    def close(self) -> None:
        self._db.close()

    def add(self, ticket: Ticket) -> None:
        """Write a pending ticket; on the disk on return."""
        values = tuple(getattr(ticket, name) for name in _FIELDS)
        with self._writing() as db:
            db.execute(f"INSERT INTO ticket ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608

    def accept(self, service_request_id: str, epoch: str, seq: int) -> None:
        """The outbox has it: forget the body."""
        with self._writing() as db:
            sql = "UPDATE ticket SET body = NULL, epoch = ?, seq = ? WHERE service_request_id = ?"
            db.execute(sql, (epoch, seq, service_request_id))
            db.execute(
                "DELETE FROM ticket WHERE body IS NULL AND service_request_id IN "
                "(SELECT service_request_id FROM ticket ORDER BY service_request_id DESC LIMIT -1 OFFSET ?)",
                (MOST_TICKETS,),
            )

    def withdraw(self, service_request_id: str) -> None:
        """The outbox certainly does not have it, and the citizen is told so."""
        with self._writing() as db:
            db.execute("DELETE FROM ticket WHERE service_request_id = ? AND body IS NOT NULL", (service_request_id,))

    def pending(self) -> list[Ticket]:
        """Tickets whose way into the outbox is not known to have ended, oldest first."""
        return self._tickets("body IS NOT NULL ORDER BY service_request_id")

    def by_client(self, client_hash: str) -> Ticket | None:
        return next(iter(self._tickets("client_hash = ?", client_hash)), None)

    def by_code(self, code: str) -> Ticket | None:
        return next(iter(self._tickets("code = ?", code)), None)

    def count_wrong(self, code: str, wrong_pins: int) -> None:
        """Remember across restarts how many wrong PINs in a row there were."""
        with self._writing() as db:
            db.execute("UPDATE ticket SET wrong_pins = ? WHERE code = ?", (wrong_pins, code))

    def add_reply(self, downlink_id: str, service_request_id: str, reply: StoredReply) -> bool:
        """Store an answer once; False when no such ticket was given out here."""
        with self._writing() as db:
            known = db.execute("SELECT 1 FROM ticket WHERE service_request_id = ?", (service_request_id,)).fetchone()
            if known is None:
                return False
            db.execute(
                "INSERT INTO reply VALUES (?, ?, ?, ?, ?) ON CONFLICT (downlink_id) DO NOTHING",
                (downlink_id, service_request_id, reply.status, reply.text, reply.at_ms),
            )
            db.execute(
                "DELETE FROM reply WHERE downlink_id IN (SELECT downlink_id FROM reply WHERE service_request_id = ? "
                "ORDER BY at_ms DESC, downlink_id DESC LIMIT -1 OFFSET ?)",
                (service_request_id, MOST_REPLIES),
            )
        return True

    def replies(self, service_request_id: str) -> list[StoredReply]:
        """The answers for a ticket in the order they were given, whatever the order they came in."""
        sql = "SELECT status, text, at_ms FROM reply WHERE service_request_id = ? ORDER BY at_ms, downlink_id"
        return [StoredReply(*row) for row in self._rows(sql, service_request_id)]

    def counts(self) -> dict[str, int]:
        """How many tickets, how many of them pending, how many replies."""
        sql = "SELECT count(*), count(body), (SELECT count(*) FROM reply) FROM ticket"
        ((tickets, pending, replies),) = self._rows(sql)
        return {"tickets": int(tickets), "pending": int(pending), "replies": int(replies)}

    def _tickets(self, where: str, *values: object) -> list[Ticket]:
        rows = self._rows(f"SELECT {_COLUMNS} FROM ticket WHERE {where}", *values)  # noqa: S608
        return [Ticket(**dict(zip(_FIELDS, row, strict=True)) | {"urgent": bool(row[5])}) for row in rows]

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(str(error)) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise StoreError(str(error)) from error


def _open(path: Path) -> sqlite3.Connection:
    new = not path.exists()
    if new:
        path.touch(mode=0o600)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA journal_size_limit = 1048576")
        db.execute("PRAGMA cache_size = -256")  # a handful of rows; memory is a promise
        ((version,),) = db.execute("PRAGMA user_version").fetchall()
        if version > SCHEMA_VERSION:
            raise StoreError(f"{path} was written by a newer version of Sandi; update this one")
        if version == 0:
            db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
            sync_directory(path.parent)
        ((verdict,),) = db.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
    except BaseException:
        db.close()
        raise
    return db


def _put_aside(path: Path) -> Path:
    """Keep the damaged file for whoever wants to look; its name says how many came before."""
    number = len(list(path.parent.glob("kiosk.corrupt-*.db"))) + 1
    aside = path.with_name(f"kiosk.corrupt-{number}.db")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    sync_directory(path.parent)
    return aside
