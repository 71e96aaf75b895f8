"""The commander's book: DATA/commander/book.db. Orders, approvals, stops, signatures, people and keys, append-only.

Each entry carries the SHA-256 of the one before it and of itself; the database refuses to change or delete one. What is
not history lies beside it: the people's secrets with the last code taken, and counted refusals (bounded).

Every write is on the disk before anybody is told of it (synchronous=EXTRA with a rollback journal: also its removal).
Several processes may have the book open: the commander, and `sandi-center commander` on its terminal.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from center.commander.entries import Approved, Body, Ordered, Stopped, decode
from center.errors import CenterError
from center.files import PRIVATE, make_directory

FILE: Final = "book.db"
FIRST_HASH: Final = "0" * 64
BUSY_S: Final = 10.0
MOST_REFUSALS: Final = 2000
"""Rows of counted refusals: a week of hours with a dozen reasons each; older ones give way."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS entry (
    n INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
    hash TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entry_subject ON entry (subject, kind);
CREATE INDEX IF NOT EXISTS entry_moment ON entry (kind, at_ms);
CREATE TABLE IF NOT EXISTS asked (key TEXT PRIMARY KEY, n INTEGER NOT NULL REFERENCES entry (n));
CREATE TRIGGER IF NOT EXISTS entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS entry_remains BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TABLE IF NOT EXISTS person (
    name TEXT PRIMARY KEY, secret BLOB NOT NULL, added_ms INTEGER NOT NULL, last_step INTEGER NOT NULL DEFAULT 0,
    tries TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS refusal (
    hour_ms INTEGER NOT NULL, code TEXT NOT NULL, who TEXT NOT NULL, count INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    PRIMARY KEY (hour_ms, code, who));
"""


class BookError(CenterError):
    """The book cannot be read or written, or is not as it was written. The message says what to do."""


class EditedError(BookError):
    """An entry is not as it was written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the book as it lies there."""

    n: int
    at_ms: int
    kind: str
    subject: str
    body: str
    hash: str


@dataclass(frozen=True, slots=True)
class Standing:
    """An order and what became of it: who approved it, whether it was cancelled, whether it is paused."""

    order: Ordered
    approved: Approved | None = None
    cancelled: Stopped | None = None
    paused: bool = False
    stops: tuple[Stopped, ...] = ()

    @property
    def may_run(self) -> bool:
        """Somebody who may has said so, and nobody has cancelled it."""
        return self.cancelled is None and (self.order.gravity != "grave" or self.approved is not None)


class Book:
    """Open for one thread. `directory`: DATA/commander."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE
        make_directory(directory, 0o700)
        with _told(self.path):
            self._db = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self.path.chmod(PRIVATE)
            if os.geteuid() == 0:  # made by root on the terminal, it is the commander's all the same
                owner = directory.stat()
                os.chown(self.path, owner.st_uid, owner.st_gid)
            for pragma in ("journal_mode=DELETE", "synchronous=EXTRA", "foreign_keys=ON", "trusted_schema=OFF"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, on the disk at its end. Raises BookError."""
        with _told(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    def append(self, kind: str, subject: str, body: Body, at_ms: int) -> Entry:
        """One more entry, in the caller's transaction."""
        last = self._one("SELECT n, hash FROM entry ORDER BY n DESC LIMIT 1") or (0, FIRST_HASH)
        text = msgspec.json.encode(body).decode()
        entry = Entry(last[0] + 1, at_ms, kind, subject, text, "")
        digest = hash_of(last[1], entry)
        row = (entry.n, at_ms, kind, subject, text, digest)
        self._run("INSERT INTO entry (n, at_ms, kind, subject, body, hash) VALUES (?, ?, ?, ?, ?, ?)", row)
        return Entry(*row)

    def order(self, order: Ordered) -> Entry:
        """Write an order down under its key, in the caller's transaction."""
        entry = self.append("order", order.id, order, order.at_ms)
        self._run("INSERT INTO asked (key, n) VALUES (?, ?)", (order.key, entry.n))
        return entry

    def asked(self, key: str) -> Ordered | None:
        """The order that was made under this key."""
        row = self._one("SELECT body FROM entry WHERE n = (SELECT n FROM asked WHERE key = ?)", (key,))
        found: Ordered | None = None if row is None else _decoded("order", row[0])
        return found

    def standing(self, operation: str) -> Standing | None:
        """An order as it stands now; None for one that is not in the book. Raises EditedError."""
        rows = self._all(
            "SELECT n, at_ms, kind, subject, body, hash FROM entry WHERE subject = ?"
            " AND kind IN ('order', 'approve', 'stop') ORDER BY n",
            (operation,),
        )
        entries = [Entry(*row) for row in rows]
        if not entries or entries[0].kind != "order":
            return None
        for entry in entries:
            self._require_whole(entry)
        order: Ordered = _decoded("order", entries[0].body)
        approvals = [_decoded("approve", entry.body) for entry in entries if entry.kind == "approve"]
        stops: list[Stopped] = [_decoded("stop", entry.body) for entry in entries if entry.kind == "stop"]
        cancelled = next((stop for stop in stops if stop.what == "cancel"), None)
        paused = bool(stops) and stops[-1].what == "pause"
        return Standing(order, approvals[0] if approvals else None, cancelled, paused, tuple(stops))

    def first_signed(self, operation: str) -> dict[str, int]:
        """Target -> when it was signed for the first time."""
        rows = self._all(
            "SELECT at_ms, body FROM entry WHERE subject = ? AND kind = 'sign' ORDER BY n DESC", (operation,)
        )
        return {one.id: at_ms for at_ms, body in rows for one in _decoded("sign", body).signatures}

    def since(self, kind: str, at_ms: int) -> list[Any]:
        """Bodies of the entries of one kind from this moment on, oldest first."""
        rows = self._all("SELECT body FROM entry WHERE kind = ? AND at_ms >= ? ORDER BY n", (kind, at_ms))
        return [_decoded(kind, row[0]) for row in rows]

    def newest_revision(self, generation: str) -> int:
        """The highest number a configuration of this generation has; 0: none yet."""
        row = self._one(
            "SELECT MAX(json_extract(body, '$.revision')) FROM entry WHERE kind = 'order'"
            " AND json_extract(body, '$.generation') = ? AND json_extract(body, '$.command') = 'config'",
            (generation,),
        )
        return int(row[0] or 0) if row else 0

    def head(self) -> tuple[int, str]:
        """How many entries there are, and the hash of the last one."""
        n, digest = self._one("SELECT n, hash FROM entry ORDER BY n DESC LIMIT 1") or (0, FIRST_HASH)
        return int(n), str(digest)

    def entries(self, after: int = 0, most: int = 1000) -> list[Entry]:
        """Entries behind number `after`, oldest first."""
        rows = self._all(
            "SELECT n, at_ms, kind, subject, body, hash FROM entry WHERE n > ? ORDER BY n LIMIT ?", (after, most)
        )
        return [Entry(*row) for row in rows]

    def rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """For the parts of the book that are not entries. Raises BookError."""
        return self._all(sql, values)

    def run(self, sql: str, values: tuple[Any, ...] = ()) -> int:
        """The same, writing, in the caller's transaction; how many rows it touched."""
        return self._run(sql, values)

    def _require_whole(self, entry: Entry) -> None:
        before = self._one("SELECT hash FROM entry WHERE n = ?", (entry.n - 1,)) if entry.n > 1 else (FIRST_HASH,)
        if before is None or hash_of(before[0], entry) != entry.hash:
            raise EditedError(
                f"entry {entry.n} of {self.path} is not as it was written; nothing of it is signed. "
                "See: sandi-center commander audit",
                f"catatan {entry.n} di {self.path} tidak seperti saat ditulis; tidak ada yang ditandatangani darinya. "
                "Lihat: sandi-center commander audit",
            )

    def _one(self, sql: str, values: tuple[Any, ...] = ()) -> tuple[Any, ...] | None:
        with _told(self.path):
            row: tuple[Any, ...] | None = self._db.execute(sql, values).fetchone()
        return row

    def _all(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with _told(self.path):
            return self._db.execute(sql, values).fetchall()

    def _run(self, sql: str, values: tuple[Any, ...] = ()) -> int:
        with _told(self.path):
            return self._db.execute(sql, values).rowcount


def hash_of(before: str, entry: Entry) -> str:
    """The hash of an entry behind one with the hash `before`."""
    head = (before, entry.n, entry.at_ms, entry.kind, entry.subject)
    return hashlib.sha256(msgspec.json.encode(head) + b"\n" + entry.body.encode()).hexdigest()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BookError(
            f"the commander's book {path} cannot be used: {error}; run this as the user it belongs to, "
            "and see whether the disk is full",
            f"buku komandan {path} tidak dapat dipakai: {error}; jalankan sebagai pemiliknya, "
            "dan periksa apakah disk penuh",
        ) from error


def _decoded(kind: str, body: str) -> Any:
    try:
        return decode(kind, body)
    except (msgspec.MsgspecError, KeyError) as error:
        raise BookError(f"an entry of the commander's book cannot be read: {error}") from error


class Problem(Struct, frozen=True):
    """What an audit found: at which entry, and what (a word)."""

    n: int
    what: str
