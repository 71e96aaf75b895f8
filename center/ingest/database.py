"""Transactions of the writers, the same on SQLite and PostgreSQL, and a few words of SQL both understand."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction

RAW_LOCK = 0x53414E4449  # "SANDI": any constant of our own
CHANGES_LOCK = RAW_LOCK + 1
TRIES = 6
PAUSE_S = 0.01
"""Longest pause before a transaction is tried again that made way for another: that one ends within milliseconds."""
_MADE_WAY = {"40P01", "40001"}  # deadlock_detected, serialization_failure: PostgreSQL's manual, appendix A
_TURN = """
SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
                                        WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true),
       pg_advisory_xact_lock(%s)
"""
T = TypeVar("T")


@contextmanager
def writing() -> Iterator[None]:
    """One write transaction that takes its turn before it reads, and is durable when it has committed.

    SQLite begins IMMEDIATE and syncs (settings). On PostgreSQL an advisory lock does the same among all who write what
    ingest stores, so that ids become visible in their order (who follows by id never misses a row that committed
    late), and so that none of them waits for another's row. What we acknowledge hangs on the commit being on
    disk: that is not left to the server's configuration. `remote_apply` promises more than `on` and stays.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            select(_TURN, (RAW_LOCK,))
        yield


def write(work: Callable[[], T]) -> T:
    """Do `work` in one `writing()` transaction; when that had to make way for another (a deadlock), again at once.

    Raises:
        django.db.Error: whatever else went wrong, or it had to make way TRIES times.
    """
    for left in reversed(range(TRIES)):
        try:
            with writing():
                return work()
        except OperationalError as error:
            if not left or getattr(error.__cause__, "sqlstate", None) not in _MADE_WAY:
                raise
        time.sleep(random.uniform(0, PAUSE_S))
    raise AssertionError("unreachable")


def lock_until_commit(key: int) -> None:
    """Wait for the advisory lock of this key; nothing to do where the database has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def execute(sql: str, parameters: tuple[Any, ...] | list[Any] = ()) -> int:
    """Run one statement; returns how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return int(cursor.rowcount)


def execute_many(sql: str, rows: list[tuple[Any, ...]]) -> int:
    """Run one statement per row; returns how many rows were touched in all."""
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)
        return int(cursor.rowcount)


def checkpoint() -> None:
    """SQLite: fold the write-ahead log into the file and cut it short, unless somebody is reading it right now."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 20")  # writers are held up while it waits: not for 10 s
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                cursor.execute("PRAGMA busy_timeout = 10000")


def select(sql: str, parameters: tuple[Any, ...] | list[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of one query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return list(cursor.fetchall())
