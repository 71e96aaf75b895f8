"""The kiosk's own little database: which tickets were given out, what came for them, and what the idle screen shows.

Nothing a citizen typed is in here in the clear; `tables` says what a thief finds. A ticket is written as pending (no
place in the outbox yet), with its sealed body, before the outbox has it; `Intake` explains the order. Synchronous; call
it from one thread.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from agent import sqlite_file
from agent.files import sync_directory
from agent.kiosk import tables
from wire.shape import Struct
from wire.tickets import CODE_LENGTH

MOST_TICKETS: Final = 10_000
"""Some 30 years of a busy kelurahan; the oldest delivered ones go beyond it (the centre has them all)."""
MOST_REPLIES: Final = 50
"""Kept per ticket."""
MOST_NOTICES: Final = 20
MOST_ANSWERED: Final = 5


class StoreError(Exception):
    """The database refused; nothing was changed. The message is SQLite's."""


class Ticket(Struct, frozen=True):
    """One row. (epoch, seq): where the outbox put it, None while it is pending. `body` goes some days after `acked`.

    `code_index` is the code's handle. It and `reply_key` are missing in a ticket of the first version, `code` and
    `pin_hash` in all others; a survey answer has none of the four. `acked_ms` is 0 where nobody knew the time.
    """

    service_request_id: str
    client_hash: str
    content_mac: bytes
    salt: bytes
    category: str
    wall_ms: int
    stamp: bytes
    version: int = tables.VERSION
    kind: str = "complaint"
    code_index: bytes | None = None
    reply_key: bytes | None = None
    subject: str = ""
    classification: str = "real"
    reasons: str = "[]"
    urgent: bool = False
    photos: int = 0
    body: bytes | None = None
    epoch: str | None = None
    seq: int | None = None
    acked_ms: int | None = None
    acked_life_s: int | None = None
    heard_life_s: int | None = None
    wrong_pins: int = 0
    code: str | None = None
    pin_hash: bytes | None = None


class StoredReply(Struct, frozen=True):
    """One answer of the city: sealed to its ticket (`box`), in the clear only for a ticket of the first version."""

    status: str
    at_ms: int
    step: str = ""
    closed_reason: str = ""
    ask: bool = False
    box: bytes | None = None
    text: str | None = None


class StoredNotice(Struct, frozen=True):
    """One public announcement."""

    id: str
    title: str
    text: str
    from_ms: int
    until_ms: int
    created_ms: int


_COLUMNS: Final = ", ".join(tables.TICKET_COLUMNS)
_PLACES: Final = ", ".join("?" * len(tables.TICKET_COLUMNS))
_REPLY_COLUMNS: Final = ", ".join(StoredReply.__struct_fields__)


class KioskStore:
    """Open `kiosk.db` in a directory, or make it. A damaged file is put aside: its complaints are in the outbox."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "kiosk.db"
        self.put_aside: Path | None = None
        try:
            self._db = _open(self.path)
        except (OSError, sqlite3.Error, UnicodeDecodeError) as error:  # the last: SQLite quotes a damaged schema
            if not _is_damage(error, self.path):
                raise StoreError(f"{self.path}: {error}") from error
            self.put_aside = _put_aside(self.path)
            self._db = _open(self.path)

    def close(self) -> None:
        self._db.close()

    # -- tickets -------------------------------------------------------------------------------------------------------

    def add(self, ticket: Ticket, photos: Sequence[str] = ()) -> bool:
        """Write a pending ticket and give it its photos; on the disk on return. False when a photo is not free."""
        values = tuple(getattr(ticket, name) for name in tables.TICKET_COLUMNS)
        with self.writing() as db:
            db.execute(f"INSERT INTO ticket ({_COLUMNS}) VALUES ({_PLACES})", values)  # noqa: S608
            sql = (
                "UPDATE photo SET service_request_id = ?, number = ? "
                "WHERE photo_id = ? AND service_request_id IS NULL AND gone = 0"
            )
            for number, photo_id in enumerate(photos, 1):
                if db.execute(sql, (ticket.service_request_id, number, photo_id)).rowcount != 1:
                    db.execute("ROLLBACK")
                    return False
        return True

    def place(self, service_request_id: str, epoch: str, seq: int) -> None:
        """The outbox has it there. Another ticket that stood there stands there no more: its number was lost."""
        with self.writing() as db:
            sql = "UPDATE ticket SET epoch = NULL, seq = NULL WHERE epoch = ? AND seq = ? AND service_request_id <> ?"
            db.execute(sql, (epoch, seq, service_request_id))
            sql = "UPDATE ticket SET epoch = ?, seq = ? WHERE service_request_id = ?"
            db.execute(sql, (epoch, seq, service_request_id))

    def withdraw(self, service_request_id: str) -> None:
        """The outbox certainly does not have it, and the citizen is told so. Its photos are free again."""
        with self.writing() as db:
            db.execute("UPDATE photo SET service_request_id = NULL WHERE service_request_id = ?", (service_request_id,))
            db.execute("DELETE FROM ticket WHERE service_request_id = ? AND seq IS NULL", (service_request_id,))

    def undelivered(self) -> list[Ticket]:
        """Tickets of which nobody has said yet that the centre has them, and which can still be sent, oldest first."""
        return self._tickets("acked_life_s IS NULL AND (body IS NOT NULL OR seq IS NOT NULL) ORDER BY 1")

    def by_id(self, service_request_id: str) -> Ticket | None:
        return next(iter(self._tickets("service_request_id = ?", service_request_id)), None)

    def by_client(self, *client_hashes: str) -> Ticket | None:
        marks = ", ".join("?" * len(client_hashes))
        return next(iter(self._tickets(f"client_hash IN ({marks})", *client_hashes)), None)

    def by_index(self, code_index: bytes) -> Ticket | None:
        return next(iter(self._tickets("code_index = ?", code_index)), None)

    def has_former_indices(self) -> bool:
        """Whether a ticket is found by its code stretched with the box's salt, as before there were handles."""
        return bool(self.rows("SELECT 1 FROM ticket WHERE length(code_index) > ? LIMIT 1", CODE_LENGTH))

    def by_code(self, code: str) -> Ticket | None:
        """Of the first version only."""
        return next(iter(self._tickets("code = ?", code)), None)

    def count_wrong(self, service_request_id: str, wrong_pins: int) -> None:
        """Remember across restarts how many wrong PINs in a row there were."""
        with self.writing() as db:
            sql = "UPDATE ticket SET wrong_pins = ? WHERE service_request_id = ?"
            db.execute(sql, (wrong_pins, service_request_id))

    def convert(self, service_request_id: str, code_index: bytes, reply_key: bytes, boxes: dict[str, bytes]) -> None:
        """Rewrite a ticket of the first version: no code, no PIN, and its answers sealed (by downlink id)."""
        with self.writing() as db:
            sql = (
                "UPDATE ticket SET version = ?, code_index = ?, reply_key = ?, code = NULL, pin_hash = NULL, "
                "wrong_pins = 0 WHERE service_request_id = ?"
            )
            db.execute(sql, (tables.VERSION, code_index, reply_key, service_request_id))
            for downlink_id, box in boxes.items():
                db.execute("UPDATE reply SET box = ?, text = NULL WHERE downlink_id = ?", (box, downlink_id))
        self.scrub()

    # -- answers -------------------------------------------------------------------------------------------------------

    def add_reply(self, downlink_id: str, service_request_id: str, reply: StoredReply) -> bool:
        """Store an answer once; False when no such ticket was given out here."""
        with self.writing() as db:
            known = db.execute("SELECT 1 FROM ticket WHERE service_request_id = ?", (service_request_id,)).fetchone()
            if known is None:
                return False
            values = tuple(getattr(reply, name) for name in StoredReply.__struct_fields__)
            db.execute(
                f"INSERT INTO reply (downlink_id, service_request_id, {_REPLY_COLUMNS}) "  # noqa: S608
                f"VALUES (?, ?, {', '.join('?' * len(values))}) ON CONFLICT (downlink_id) DO NOTHING",
                (downlink_id, service_request_id, *values),
            )
            db.execute(
                "DELETE FROM reply WHERE downlink_id IN (SELECT downlink_id FROM reply WHERE service_request_id = ? "
                "ORDER BY at_ms DESC, downlink_id DESC LIMIT -1 OFFSET ?)",
                (service_request_id, MOST_REPLIES),
            )
        return True

    def replies(self, service_request_id: str) -> list[tuple[str, StoredReply]]:
        """The answers for a ticket by downlink id, in the order they were given, whatever the order they came in."""
        sql = (
            f"SELECT downlink_id, {_REPLY_COLUMNS} FROM reply "  # noqa: S608
            "WHERE service_request_id = ? ORDER BY at_ms, downlink_id"
        )
        found: list[tuple[str, StoredReply]] = []
        for downlink_id, status, at_ms, step, closed_reason, ask, box, text in self.rows(sql, service_request_id):
            found.append((downlink_id, StoredReply(status, at_ms, step, closed_reason, bool(ask), box, text)))
        return found

    def answered(self) -> list[tuple[str, str, int, int]]:
        """The newest answered tickets: (subject, category, handed in, answered), times in ms. Nothing else of them."""
        sql = (
            "SELECT subject, category, wall_ms, max(at_ms) FROM ticket JOIN reply USING (service_request_id) "
            "WHERE status IN ('answered', 'closed') GROUP BY service_request_id ORDER BY 4 DESC LIMIT ?"
        )
        return [tuple(row) for row in self.rows(sql, MOST_ANSWERED)]

    # -- notices -------------------------------------------------------------------------------------------------------

    def put_notice(self, notice: StoredNotice) -> None:
        """Take the place of the one of the same id, unless that was made later; the newest stay."""
        names = StoredNotice.__struct_fields__
        with self.writing() as db:
            db.execute(
                f"INSERT INTO notice ({', '.join(names)}) VALUES (?, ?, ?, ?, ?, ?) "  # noqa: S608
                f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names[1:])} "
                "WHERE excluded.created_ms >= created_ms",
                tuple(getattr(notice, name) for name in names),
            )
            db.execute(
                "DELETE FROM notice WHERE id NOT IN (SELECT id FROM notice ORDER BY created_ms DESC, id LIMIT ?)",
                (MOST_NOTICES,),
            )

    def notices(self) -> list[StoredNotice]:
        """All of them, newest first, also those whose time is over or has not come."""
        sql = "SELECT id, title, text, from_ms, until_ms, created_ms FROM notice ORDER BY created_ms DESC, id"
        return [StoredNotice(*row) for row in self.rows(sql)]

    # -- the rest ------------------------------------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """How many tickets, how many of them pending, how many replies."""
        sql = (
            "SELECT count(*), count(body) FILTER (WHERE seq IS NULL AND acked_life_s IS NULL), "
            "(SELECT count(*) FROM reply), (SELECT count(*) FROM photo WHERE gone = 0) FROM ticket"
        )
        ((tickets, pending, replies, photos),) = self.rows(sql)
        return {"tickets": int(tickets), "pending": int(pending), "replies": int(replies), "photos": int(photos)}

    def scrub(self) -> None:
        """What was deleted or written over stays readable in the log until the log itself is: empty it."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def salt(self) -> bytes:
        """This box's own, made with the file."""
        ((value,),) = self.rows("SELECT value FROM note WHERE name = 'salt'")
        return bytes(value)

    def _tickets(self, where: str, *values: object) -> list[Ticket]:
        found = self.rows(f"SELECT {_COLUMNS} FROM ticket WHERE {where}", *values)  # noqa: S608
        rows = (dict(zip(tables.TICKET_COLUMNS, row, strict=True)) for row in found)
        return [Ticket(**row | {"urgent": bool(row["urgent"])}) for row in rows]

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(str(error)) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; whoever rolls it back inside has nothing written."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                if self._db.in_transaction:
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
        db.execute("PRAGMA secure_delete = ON")  # what is purged shall not be found in a free page
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA journal_size_limit = 1048576")
        db.execute("PRAGMA cache_size = -256")  # a handful of rows; memory is a promise
        version = _version(db, path)
        if version < tables.VERSION:
            tables.make(db, version)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            sync_directory(path.parent)
        db.execute("PRAGMA foreign_keys = ON")
        ((verdict,),) = db.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        if sqlite_file.listed(db.execute(sqlite_file.LIST)) != tables.listed():
            raise sqlite3.DatabaseError("the definition of a table is damaged")
        db.execute("BEGIN IMMEDIATE")
        db.execute(f"PRAGMA user_version = {tables.VERSION}")  # a damaged header forbids writing
        db.execute("ROLLBACK")
    except BaseException:
        db.close()
        raise
    return db


def _version(db: sqlite3.Connection, path: Path) -> int:
    """The number of the file's format, 0 when it is empty. StoreError for a newer one."""
    ((version,),) = db.execute("PRAGMA user_version").fetchall()
    if not 0 <= version <= sqlite_file.MOST_VERSION or (not version and db.execute(sqlite_file.LIST).fetchall()):
        raise sqlite3.DatabaseError("the number of the format is damaged")
    if version > tables.VERSION:
        raise StoreError(f"{path} was written by a newer version of Sandi; update this one")
    return int(version)


def _is_damage(error: Exception, path: Path) -> bool:
    """An OperationalError is mostly the disk's or another process's."""
    if isinstance(error, sqlite3.OperationalError):
        return sqlite_file.is_damage(error, path)
    return isinstance(error, (sqlite3.DatabaseError, UnicodeDecodeError))


def _put_aside(path: Path) -> Path:
    """Keep the damaged file for whoever wants to look; its name says how many came before."""
    number = len(list(path.parent.glob("kiosk.corrupt-*.db"))) + 1
    aside = path.with_name(f"kiosk.corrupt-{number}.db")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    sync_directory(path.parent)
    return aside
