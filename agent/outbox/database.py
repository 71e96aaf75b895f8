"""The SQLite file: how it is opened, transactions, and SQLite's errors in our words."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agent import sqlite_file
from agent.outbox import files
from agent.outbox.errors import OutboxCode, OutboxError

PAGE_BYTES = 1024
"""Measured at 2,880 commits a day of one 490-byte row: 15 MB/day with 1 kB pages and slots (see `slots`), 35 MB/day
with 4 kB pages and plain inserts. A frame of the log carries a whole page, so small pages waste less of each commit."""
CHECKPOINT_PAGES = 1024
"""1 MiB of log before it is copied into the file: 250 kB or 1 MiB made no difference beyond 3 %, more only takes
longer to read at the next start."""
LOG_LIMIT_BYTES = 2 * 1024 * 1024
"""A log grown by a large transaction is cut back to this; below, it is overwritten in place, which spares the file
system's own journal."""
LOG_BYTES = 32 + (CHECKPOINT_PAGES + 64) * (24 + PAGE_BYTES)
"""How long the log becomes before it is overwritten from its beginning (SQLite file format, section 4.1)."""
_FILE_PAGE = 4096
CACHE_KIB = 256
BUSY_TIMEOUT_S = 5.0

_CODES: dict[int, OutboxCode] = {
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_PERM: "read_only",
    sqlite3.SQLITE_IOERR: "io",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_NOTADB: "corrupt",
    sqlite3.SQLITE_CANTOPEN: "unavailable",
}
_ADVICE: dict[OutboxCode, str] = {
    "disk_full": "the disk is full; free some space",
    "read_only": "the outbox cannot be written; the file system is read-only or belongs to another user",
    "io": "the disk fails; the card may be worn out",
    "locked": "another process uses the outbox; stop the other `sandi run`",
    "unavailable": "the outbox cannot be opened; check its folder and permissions",
}


class Database:
    """One connection with durable commits. Exclusive: a second process gets OutboxError("locked")."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.refusal: OutboxError | None = None
        """Why the disk did not take the last commit; None since one that wrote something was taken."""
        with translated(path):
            self._connection = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=64
            )
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")  # damage shows in the hash
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def execute(self, sql: str, values: Iterable[object] = ()) -> "sqlite3.Cursor":
        """One statement; OutboxError in place of sqlite3.Error."""
        with translated(self.path):
            return self._connection.execute(sql, tuple(values))

    def rows(self, sql: str, values: Iterable[object] = ()) -> Iterator[tuple[object, ...]]:
        """The rows of a query, fetched as they are used."""
        cursor = self.execute(sql, values)
        try:
            while True:
                with translated(self.path):
                    row = cursor.fetchone()
                if row is None:
                    return
                yield row
        finally:
            cursor.close()  # an unfinished reader would keep the log from being reset

    def integer(self, sql: str, values: Iterable[object] = ()) -> int:
        """The first column of the first row; 0 when there is none."""
        row = next(self.rows(sql, values), (0,))
        try:
            return int(str(row[0] or 0))
        except ValueError as error:
            raise OutboxError("corrupt", f"{row[0]!r} is no number") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; on return it is on the disk (synchronous=FULL)."""
        before = 0
        try:
            with translated(self.path):
                before = self._connection.total_changes
                self._connection.rollback()  # of the one before, should the disk not even have let go of that
            self.execute("BEGIN IMMEDIATE")
            yield
            self.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):  # the first error says more
                self._connection.rollback()
            if isinstance(error, OutboxError) and error.of_disk:
                self.refusal = error
            raise
        if self._connection.total_changes != before:
            self.refusal = None

    def reusable_bytes(self) -> int:
        """Free room inside the file."""
        return self.integer("PRAGMA freelist_count") * PAGE_BYTES

    def grow_log(self) -> None:
        """Give the log the length it will have, in zeros; SQLite ignores what lies behind its last frame.

        A file that grows takes its inode and the file system's journal along with each commit: 22 kB reach the disk per
        report instead of 13, for the nine hours until the log is full (measured on ext4, counted at the block device).
        And its room is there before the disk is full. OSError when there is none.
        """
        path = Path(f"{self.path}-wal")
        size = path.stat().st_size
        if not 0 < size < LOG_BYTES:
            return
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            # One page at a time: a large write gets large pages in Linux' cache (on ext4 since 6.16), and all of such a
            # page counts as written whenever one frame in it changes.
            for at in (size, *range(size - size % _FILE_PAGE + _FILE_PAGE, LOG_BYTES, _FILE_PAGE)):
                os.pwrite(fd, bytes(min(_FILE_PAGE - at % _FILE_PAGE, LOG_BYTES - at)), at)
        finally:
            os.close(fd)

    def close(self) -> None:
        """Copy the log into the file and let go of it."""
        with translated(self.path):
            self._connection.close()

    def _prepare(self) -> None:
        self.execute(f"PRAGMA page_size={PAGE_BYTES}")
        self.execute("PRAGMA locking_mode=EXCLUSIVE")
        self.execute("PRAGMA journal_mode=WAL")
        self.execute("PRAGMA synchronous=FULL")
        self.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        self.execute(f"PRAGMA journal_size_limit={LOG_LIMIT_BYTES}")
        self.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self.execute("PRAGMA temp_store=MEMORY")
        self.execute("PRAGMA secure_delete=OFF")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """sqlite3.Error -> OutboxError."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translation(error, path) from error
    except UnicodeDecodeError as error:  # SQLite's own message quotes a damaged schema
        raise OutboxError("corrupt", f"{path.name} has a damaged schema") from error


def _translation(error: sqlite3.Error, path: Path) -> OutboxError:
    number = getattr(error, "sqlite_errorcode", None)
    if number is None:
        closed = "closed database" in str(error)
        return OutboxError("closed" if closed else "database", str(error), permanent=closed)
    code = _CODES.get(number & 0xFF, "database")
    if sqlite_file.is_damage(error, path):
        code = "corrupt"
    if code in ("io", "unavailable", "database") and files.is_read_only(path.parent):
        code = "read_only"
    advice = _ADVICE.get(code)
    return OutboxError(code, f"{advice} ({error})" if advice else str(error))
