"""Transactions of the writers, the same on SQLite and PostgreSQL, and a few words of SQL both understand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

RAW_LOCK = 0x53414E4449  # "SANDI": any constant of our own
CHANGES_LOCK = RAW_LOCK + 1


@contextmanager
def writing() -> Iterator[None]:
    """One write transaction that takes its turn before it reads.

    SQLite begins IMMEDIATE (settings). On PostgreSQL an advisory lock does the same among writers of raw records, so
    that ids become visible in their order: who follows by id never misses a row that committed late.
    """
    with transaction.atomic():
        lock_until_commit(RAW_LOCK)
        yield


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
