"""A consistent copy of the SQLite database beside its writers, who notice next to nothing.

1. One read transaction is held open, so every page copied is of one moment, however long it takes. (Without it
   SQLite's backup begins again whenever another process commits: under load it never ends, measured.)
2. The pages are copied in small steps, each synced: much unsynced data would hold up the fsync of the writers.
3. Meanwhile the write-ahead log cannot be folded into the database and grows. Whoever commits first after the copy
   would have to fold all of it; so that is done from here: with the writers' turn held for a few milliseconds the
   copy's transaction ends and the folding begins, and the writers go on beside it.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from center.backup.manifest import Facts
from center.errors import BackupError

STEP_PAGES: Final = 256
"""1 MiB at a time."""
_HEAD_START_S: Final = 0.005
_TURN_S: Final = 10.0
_ASK_EVERY_S: Final = 0.0005
Percent = Callable[[int, int], None]
"""percent(done, total)."""


def copy_database(source: Path, target: Path, percent: Percent = lambda done, total: None) -> None:
    """Copy `source`, which may be in use, to the new file `target`, synced.

    No other connection of this process may be open to it.

    Raises:
        BackupError: the database cannot be read. OSError: the copy cannot be written.
    """
    try:
        # Closed after all connections: closing any descriptor of the file drops SQLite's locks on it in this process.
        with source.open("rb") as file, contextlib.closing(_connect(source)) as reading:
            reading.execute("BEGIN")
            reading.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            _copy_pages(reading, target, percent)
            _hand_over(source, reading, file.fileno())
    except sqlite3.Error as error:
        raise BackupError(
            f"the database {source} cannot be copied: {error}; keep the older backups",
            f"basis data {source} tidak dapat disalin: {error}; simpanlah cadangan yang lebih lama",
        ) from error


def examine(copy: Path) -> Facts:
    """Check a copy from end to end and read what it holds.

    Raises:
        BackupError: it is damaged, or no database of a centre.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{copy.absolute().as_uri()}?immutable=1", uri=True)) as database:
            database.execute("PRAGMA mmap_size = 268435456")
            findings = [str(row[0]) for row in database.execute("PRAGMA integrity_check(3)")]
            if findings != ["ok"]:
                raise sqlite3.DatabaseError("; ".join(findings))
            return read_facts(lambda sql: database.execute(sql).fetchall())
    except sqlite3.Error as error:
        raise BackupError(
            f"the database is damaged or not of a centre: {error}; keep the older backups",
            f"basis data rusak atau bukan milik pusat: {error}; simpanlah cadangan yang lebih lama",
        ) from error


def read_facts(select: Callable[[str], list[tuple[object, ...]]]) -> Facts:
    """The same questions to either kind of database."""
    (generation,) = select("SELECT COALESCE(MAX(value), '') FROM ingest_generation")
    (nodes,) = select("SELECT COUNT(*) FROM sites_node WHERE NOT retired")
    (records,) = select("SELECT COUNT(*) FROM ingest_rawrecord")
    (complaints,) = select("SELECT COUNT(*) FROM complaints_complaint")
    steps = select("SELECT app, MAX(name) FROM django_migrations GROUP BY app ORDER BY app")
    return Facts(
        generation=str(generation[0]),
        nodes=int(str(nodes[0])),
        records=int(str(records[0])),
        complaints=int(str(complaints[0])),
        migrations={str(app): str(name) for app, name in steps},
    )


def _connect(source: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{source.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=10, check_same_thread=False
    )


def _copy_pages(reading: sqlite3.Connection, target: Path, percent: Percent) -> None:
    handle = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA synchronous = OFF")

            def step(_status: int, left: int, total: int) -> None:
                os.fdatasync(handle)
                percent(total - left, total)

            reading.backup(copy, pages=STEP_PAGES, progress=step)
        os.fsync(handle)
    finally:
        os.close(handle)


def _hand_over(source: Path, reading: sqlite3.Connection, handle: int) -> None:
    """Step 3. The write-ahead log is folded by a thread of ours that has begun before any writer can."""
    with contextlib.closing(_connect(source)) as turn, contextlib.closing(_connect(source)) as folding:
        folding.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # opened now, not while the turn is held
        thread = threading.Thread(target=_fold, args=(folding,))
        held = _take_turn(turn)
        try:
            reading.execute("COMMIT")
            thread.start()
            time.sleep(_HEAD_START_S)
        finally:
            if held:
                turn.execute("ROLLBACK")
        with _synced_in_portions(handle):
            thread.join()


def _take_turn(turn: sqlite3.Connection) -> bool:
    """Become the writer, asking often: SQLite's own waiting sleeps up to 0.1 s and loses against a busy writer.

    False when nobody let us: the copy is whole all the same, and a writer shares in the folding.
    """
    turn.execute("PRAGMA busy_timeout = 0")
    until = time.monotonic() + _TURN_S
    while time.monotonic() < until:
        try:
            turn.execute("BEGIN IMMEDIATE")
            return True
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(_ASK_EVERY_S)
    return False


def _fold(folding: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):  # the next commit of a writer does it then
        folding.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


@contextlib.contextmanager
def _synced_in_portions(handle: int) -> Iterator[None]:
    """Sync a file again and again, so that what others write to it never piles up unsynced."""
    done = threading.Event()

    def sync() -> None:
        while not done.wait(0.002):
            os.fdatasync(handle)

    syncing = threading.Thread(target=sync)
    syncing.start()
    try:
        yield
    finally:
        done.set()
        syncing.join()
